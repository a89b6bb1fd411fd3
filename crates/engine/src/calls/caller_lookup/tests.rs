use timbre_domain::call::{CallKey, CallState, Direction, Party};
use timbre_domain::endpoint::EndpointNumber;
use timbre_domain::matching::MatchName;
use timbre_domain::number::Country;
use timbre_domain::ports::Clock as _;
use timbre_domain::tracker::{CallTracker, CallTransition};
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::crm::contact_sync::tests::desk::{Desk, crm};
use crate::runtime::bus::TransitionBatch;

/// The call flow at work.
struct Flow {
    desk: Desk,
    events: Receiver<Event>,
    stop: CancellationToken,
    flow: tokio::task::JoinHandle<()>,
}

impl Flow {
    fn of(desk: Desk) -> Self {
        let (events, stop) = (desk.context.subscribe(), CancellationToken::new());
        let flow = tokio::spawn(crate::calls::flow::run(desk.context.clone(), stop.clone()));
        Self { desk, events, stop, flow }
    }

    /// A call comes in.
    fn rings(&self, callid: &str, number: &str) -> CallKey {
        let key = CallKey::try_from(format!("callmyway:main:{callid}")).unwrap();
        let call = Call {
            key: key.clone(),
            endpoint: EndpointNumber::new("8373456").unwrap(),
            direction: Direction::In,
            party: Party::Number { number: PhoneNumber::typed(number, Country::CR).unwrap() },
            state: CallState::Ringing,
            detected_at: self.desk.clock.now(),
            connected_at: None,
            ended_at: None,
            dial: None,
            legs: vec![callid.to_owned()],
            transferred: false,
        };
        let transitions = vec![CallTransition::Detected(call)];
        let tracker = CallTracker::new(key.vendor.clone(), key.account.clone());
        self.desk
            .context
            .core
            .store
            .save_transitions(&key.account, &tracker, &transitions, &[], self.desk.clock.now())
            .unwrap();
        self.desk.context.core.bus.transitions(TransitionBatch {
            account: key.account.clone(),
            transitions,
            observed: Duration::ZERO,
        });
        key
    }

    async fn popup(&mut self) -> PopupEvent {
        loop {
            if let Event::Popup(popup) = self.events.recv().await.unwrap() {
                return *popup;
            }
        }
    }

    async fn stops(self) -> Desk {
        self.stop.cancel();
        self.flow.await.unwrap();
        self.desk
    }
}

fn cards(desk: &Desk) -> Vec<&'static str> {
    desk.screen.0.lock().unwrap().iter().map(|(how, _)| *how).collect()
}

#[tokio::test]
async fn a_stranger_whom_the_crm_knows_is_filled_in_after_the_pop_up_is_shown() {
    let desk = Desk::with(true);
    // Found by its second number, which no list shows; the other one merely ends alike.
    desk.remote().put("1", "Ana", &["22223333", "88848787"]);
    desk.remote().put("2", "Otra", &["+1 305 8884 8787"]);
    desk.fake.gate.send_replace(false);
    let mut flow = Flow::of(desk);
    let key = flow.rings("a", "+506 8884 8787");
    let first = flow.popup().await;
    assert_eq!((first.matched, first.completed), (MatchName::Unknown, false), "it does not wait for the CRM");
    flow.desk.fake.gate.send_replace(true);
    let second = flow.popup().await;
    assert_eq!((second.matched, second.completed), (MatchName::One, true));
    assert_eq!(second.contacts[0].name, "Ana");
    let desk = flow.stops().await;
    assert_eq!(cards(&desk), ["shown", "completed"]);
    assert_eq!(desk.cached().len(), 2, "the one that ends alike is kept too");
    let call = desk.context.core.store.call(&key).unwrap().unwrap();
    assert_eq!(call.contact, Some(second.contacts[0].id));
}

#[tokio::test]
async fn whom_the_cache_knows_is_not_asked_for_and_what_lists_left_out_is_fetched_first() {
    let desk = Desk::with(true);
    for n in 1..=3 {
        desk.remote().put(&n.to_string(), "Ana", &[&format!("8884000{n}"), &format!("2222000{n}")]);
    }
    // Only the list: nobody fetched anything yet.
    let asked = desk.context.core.store.contact_pushes();
    let list = desk.remote().records.values().map(|r| RemoteContact { complete: false, ..r.contact.clone() }).collect();
    let (contacts, _) = prepared(list, &crm(), Country::CR);
    desk.context
        .core
        .store
        .save_page(&crm(), contacts, &Default::default(), true, asked, desk.clock.now())
        .unwrap()
        .unwrap();
    let mut flow = Flow::of(desk);
    flow.rings("a", "88840003");
    assert_eq!(flow.popup().await.matched, MatchName::One);
    flow.desk.line().details_wanted.notified().await;
    let desk = flow.stops().await;
    let next = desk.context.core.store.next_detail(&crm()).unwrap().unwrap();
    assert_eq!((next.id.as_str(), next.urgent), ("3", true));
    assert_eq!(desk.remote().asked, Vec::<String>::new());
}

#[tokio::test]
async fn a_crm_that_is_slow_or_stopped_holds_nobody_up() {
    let desk = Desk::new();
    desk.remote().put("1", "Ana", &["88848787"]);
    desk.fake.gate.send_replace(false);
    let mut flow = Flow::of(desk);
    flow.rings("a", "88848787");
    flow.popup().await;
    while flow.desk.remote().asked.is_empty() {
        tokio::task::yield_now().await;
    }
    flow.desk.clock.advance(11);
    // The look-up that came too late is over by the time the next one is asked.
    flow.rings("b", "88840000");
    flow.popup().await;
    while flow.desk.remote().asked.len() < 2 {
        tokio::task::yield_now().await;
    }
    let error = timbre_domain::crm::CrmError::new(
        timbre_domain::error::ErrorCode::SignInFailed,
        timbre_domain::crm::Verdict::Stop,
        "refused",
    );
    flow.desk.line().stops(&flow.desk.context.core, &error).await.unwrap();
    flow.rings("c", "88848787");
    flow.popup().await;
    let desk = flow.stops().await;
    assert_eq!(cards(&desk), ["shown"; 3]);
    assert_eq!(desk.remote().asked.len(), 2);
    assert_eq!(desk.cached(), []);
}

#[tokio::test]
async fn only_a_handful_of_callers_is_asked_for_at_a_time() {
    let desk = Desk::new();
    desk.fake.gate.send_replace(false);
    let mut flow = Flow::of(desk);
    for n in 0..10 {
        flow.rings(&n.to_string(), &format!("8884878{n}"));
        flow.popup().await;
    }
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(flow.desk.remote().asked.len(), AT_A_TIME);
    flow.desk.fake.gate.send_replace(true);
    while flow.desk.remote().asked.len() < 10 {
        tokio::task::yield_now().await;
    }
    flow.stops().await;
}
