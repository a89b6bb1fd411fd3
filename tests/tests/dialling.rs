//! Click-to-dial, from the request to its outcome.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use timbre_domain::call::Direction;
use timbre_domain::contact::{ContactId, PhoneKind};
use timbre_domain::dial::{DialId, DialState};
use timbre_domain::error::{ErrorCode, VendorReason};
use timbre_domain::matching::Match;
use timbre_engine::CommandError;
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use timbre_engine::calls::dialler::DialRequest;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::{AgentLegCaller, BusyStyle, ClickToDialLegs, DialAnswer, Fault, RequestKind, SimulatorConfig};
use timbre_tests::story::{ENDPOINT, Story};

const NUMBER: &str = "8888-4787";

async fn dial_to(story: &mut Story, number: &str, contact: Option<ContactId>) -> Result<DialId, CommandError> {
    let request = DialRequest { number: number.into(), contact, ..DialRequest::default() };
    Ok(story.execute(command::Dial(request)).await?.dial_id)
}

async fn ana(story: &mut Story) -> ContactId {
    let phones = vec![(NUMBER.to_owned(), PhoneKind::Mobile)];
    let ana = ContactEdit { name: Some("Ana".into()), phones: Some(phones), ..ContactEdit::default() };
    let contact = story.execute(command::ContactsAdd(ana)).await.unwrap();
    contact.id
}

fn reaches(id: DialId, state: DialState) -> impl Fn(&Event) -> Option<()> {
    move |event| {
        matches!(event, Event::Dial(step) if step.progress.id == id && step.progress.state == state).then_some(())
    }
}

fn states(story: &Story, id: DialId) -> Vec<DialState> {
    let steps = story.told.iter().filter_map(|event| match event {
        Event::Dial(step) if step.progress.id == id => Some(step.progress.state),
        _ => None,
    });
    steps.collect()
}

fn kinds() -> Vec<(ClickToDialLegs, AgentLegCaller, &'static str)> {
    let mut kinds = Vec::new();
    for order in ["ring_first = \"agent\"\n", "ring_first = \"contact\"\n"] {
        kinds.push((ClickToDialLegs::OneLeg, AgentLegCaller::SelfCall, order));
        kinds.push((ClickToDialLegs::TwoLegs, AgentLegCaller::SelfCall, order));
        kinds.push((ClickToDialLegs::TwoLegs, AgentLegCaller::ContactNumber, order));
    }
    kinds
}

#[tokio::test]
async fn however_the_vendor_shows_it_a_dial_is_one_call_with_one_pop_up_and_the_contact_known() {
    for (legs, caller, order) in kinds() {
        let case = format!("{legs:?} {caller:?} {order}");
        let config =
            SimulatorConfig { click_to_dial_legs: legs, agent_leg_caller: caller, ..SimulatorConfig::default() };
        let mut story = Story::with(config, order).await;
        let ana = ana(&mut story).await;
        let id = dial_to(&mut story, NUMBER, Some(ana)).await.unwrap();
        story.until(&format!("{case}: over"), reaches(id, DialState::Ended)).await;
        story.polls(4).await;
        let states = states(&story, id);
        assert_eq!(states[0], DialState::Requested, "{case}");
        assert!(states.is_sorted(), "{case}: {states:?}");
        assert_eq!(states[states.len() - 2..], [DialState::Connected, DialState::Ended], "{case}: {states:?}");
        assert_eq!(
            [story.count("popup"), story.count("call.detected"), story.count("call.ended")],
            [1, 1, 1],
            "{case}"
        );
        let card = &story.shell.cards()[0];
        assert_eq!((card.call.direction, card.call.dial), (Direction::Out, Some(id)), "{case}");
        let Match::Dialled { contact } = &card.matched else { panic!("{case}: {:?}", card.matched) };
        assert_eq!(contact.id, ana, "{case}");
        let ledger = story.sim.ledger();
        assert_eq!(ledger.dials.len(), 1, "{case}");
        assert_eq!(ledger.dials[0].contact, "88884787", "{case}");
    }
}

#[tokio::test]
async fn a_caller_that_the_settings_name_is_the_vendor_ringing_the_agent() {
    let config =
        SimulatorConfig { agent_leg_caller: AgentLegCaller::Number("40000000".into()), ..SimulatorConfig::default() };
    let mut story = Story::with(config, "agent_leg_callers = [\"40000000\"]\n").await;
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    story.until("over", reaches(id, DialState::Ended)).await;
    assert_eq!([story.count("popup"), story.count("call.detected")], [1, 1]);
}

#[tokio::test]
async fn a_contact_who_does_not_answer_ends_the_dial_without_a_conversation() {
    let mut story = Story::begin().await;
    story.sim.contact_telephone("88884787").answers_after(None);
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    story.until("over", reaches(id, DialState::Ended)).await;
    assert!(!states(&story, id).contains(&DialState::Connected));
    assert_eq!(story.count("call.connected"), 0);
    story.until("in the record", |event| matches!(event, Event::Recorded(_)).then_some(())).await;
}

#[tokio::test]
async fn an_agents_telephone_that_never_rings_is_told_with_the_likely_reasons() {
    let mut story = Story::begin().await;
    story.sim.telephone(ENDPOINT).unregistered();
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    let reasons = story
        .until("no call appeared", |event| match event {
            Event::Dial(step) if step.progress.state == DialState::NoCallAppeared => {
                Some(step.progress.likely_reasons.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!(reasons, ["telephone_not_registered", "codec_pcma", "address_not_authorised"].map(VendorReason::known));
    assert_eq!(states(&story, id), [DialState::Requested, DialState::Accepted, DialState::NoCallAppeared]);
    story.sim.telephone(ENDPOINT).registered(true);
    dial_to(&mut story, NUMBER, None).await.unwrap();
}

#[tokio::test]
async fn dialling_while_in_a_call_is_refused_before_anything_is_sent() {
    let mut story = Story::begin().await;
    let call = story.sim.rings("22223333", ENDPOINT);
    story.until("the pop-up", |event| matches!(event, Event::Popup(_)).then_some(())).await;
    let error = dial_to(&mut story, NUMBER, None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::AlreadyInCall);
    assert!(story.sim.ledger().requests_of(RequestKind::Dial).count() == 0);
    call.hang_up();
    story.until("over", |event| matches!(event, Event::Ended(_)).then_some(())).await;
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    let error = dial_to(&mut story, "2222-3333", None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::AlreadyInCall, "a dial on its way counts");
    story.until("over", reaches(id, DialState::Ended)).await;
    assert_eq!(story.sim.ledger().requests_of(RequestKind::Dial).count(), 1);
}

#[tokio::test]
async fn an_engine_that_has_just_started_looks_first_whether_the_agent_is_in_a_call() {
    let mut story = Story::prepared(SimulatorConfig::default(), "").await;
    story.sim.rings("22223333", ENDPOINT);
    story.start().await;
    let error = dial_to(&mut story, NUMBER, None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::AlreadyInCall);
    assert!(story.sim.ledger().requests_of(RequestKind::Dial).count() == 0);
}

#[tokio::test]
async fn a_call_that_ended_while_timbre_was_off_does_not_keep_anybody_from_dialling() {
    let mut story = Story::begin().await;
    let call = story.sim.rings("22223333", ENDPOINT);
    story.until("the pop-up", |event| matches!(event, Event::Popup(_)).then_some(())).await;
    story.stop().await;
    call.hang_up();
    story.start().await;
    dial_to(&mut story, NUMBER, None).await.unwrap();
}

#[tokio::test]
async fn the_vendors_own_refusal_of_a_second_call_is_understood() {
    let mut story =
        Story::with(SimulatorConfig { busy: BusyStyle::Status(409), ..SimulatorConfig::default() }, "").await;
    story.polls(1).await;
    // Begun after the last poll: we can't know of it.
    story.sim.rings("22223333", ENDPOINT);
    let error = dial_to(&mut story, NUMBER, None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::AlreadyInCall);
}

#[tokio::test]
async fn a_dial_without_an_answer_is_never_repeated_and_is_followed_all_the_same() {
    for fault in [Fault::ConnectionReset, Fault::Hang, Fault::Html, Fault::TruncatedJson, Fault::EmptyBody] {
        let mut story = Story::begin().await;
        story.polls(1).await;
        story.sim.faults().on(RequestKind::Dial, 1, fault.clone());
        let id = dial_to(&mut story, NUMBER, None).await.unwrap();
        story.until("connected", reaches(id, DialState::Connected)).await;
        assert_eq!(story.count("popup"), 1, "{fault:?}");
        assert_eq!(story.sim.ledger().requests_of(RequestKind::Dial).count(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_vendor_that_fails_at_a_dial_leaves_it_unknown_and_says_so_when_no_call_appears() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    story.sim.faults().on(RequestKind::Dial, 1, Fault::Http500);
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    story.until("no call appeared", reaches(id, DialState::NoCallAppeared)).await;
    assert_eq!(states(&story, id), [DialState::Requested, DialState::NoCallAppeared]);
}

#[tokio::test]
async fn bare_text_answers_of_click_to_dial_are_accepted() {
    let mut story =
        Story::with(SimulatorConfig { dial_answer: DialAnswer::Text, ..SimulatorConfig::default() }, "").await;
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    story.until("connected", reaches(id, DialState::Connected)).await;
}

#[tokio::test]
async fn both_addresses_of_click_to_dial_serve() {
    let mut story = Story::prepared(SimulatorConfig::default(), "").await;
    let other = format!("{}/clickToDial.php", story.sim.base_url());
    story.add_setting(&format!("click_to_dial_url = \"{other}\"\n"));
    story.start().await;
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    story.until("connected", reaches(id, DialState::Connected)).await;
}

#[tokio::test]
async fn a_call_can_be_made_as_any_identity_and_as_no_other() {
    let settings = format!(
        "endpoints = [\"{ENDPOINT}\", \"8615601\"]\nfull_account = true\n\
         [[identities]]\nlabel = \"Ventas\"\naccount = \"main\"\nendpoint = \"{ENDPOINT}\"\n\
         [[identities]]\nlabel = \"Oculto\"\naccount = \"main\"\nendpoint = \"8615601\"\nwithheld = true\n"
    );
    let mut story = Story::with(SimulatorConfig::default(), &settings).await;
    let request = |from: &str| {
        command::Dial(DialRequest { number: NUMBER.into(), from: Some(from.into()), ..DialRequest::default() })
    };
    let error = story.execute(request("Nadie")).await.unwrap_err();
    assert_eq!((error.code, error.place.as_deref()), (ErrorCode::NotFound, Some("from")));
    assert!(error.detail.contains("Ventas, Oculto"));
    story.execute(request("Oculto")).await.unwrap();
    assert_eq!(story.sim.ledger().dials[0].agent, "8615601");
}

#[tokio::test]
async fn what_is_no_number_is_never_sent() {
    let mut story = Story::begin().await;
    for bad in ["", "abc", "8888-47x7", "88884787&first_num=1", "1234567890123456", "+"] {
        let error = dial_to(&mut story, bad, None).await.unwrap_err();
        assert_eq!((error.code, error.place.as_deref()), (ErrorCode::BadNumber, Some("number")), "{bad}");
    }
    let nobody = ContactId(uuid::Uuid::from_u128(9));
    assert_eq!(dial_to(&mut story, NUMBER, Some(nobody)).await.unwrap_err().code, ErrorCode::NotFound);
    assert!(story.sim.ledger().requests_of(RequestKind::Dial).count() == 0);
}

#[tokio::test]
async fn a_stranger_who_calls_while_a_dial_is_on_its_way_pops_up_too() {
    let mut story = Story::begin().await;
    let id = dial_to(&mut story, NUMBER, None).await.unwrap();
    let stranger = story.sim.rings("22223333", ENDPOINT);
    let callid = stranger.callid();
    story
        .until("the stranger", |event| {
            matches!(event, Event::Popup(p) if p.call_key.external_id == callid).then_some(())
        })
        .await;
    story.until("over", reaches(id, DialState::Ended)).await;
    assert_eq!(story.count("popup"), 2);
}

#[tokio::test]
async fn a_contact_who_does_not_want_to_be_called_is_called_only_on_purpose() {
    let mut story = Story::begin().await;
    story.polls(1).await;
    let ana = ana(&mut story).await;
    let edit = ContactEdit { do_not_call: Some(true), ..ContactEdit::default() };
    story.execute(command::ContactsEdit { id: ana, edit }).await.unwrap();
    for contact in [None, Some(ana)] {
        let refused = dial_to(&mut story, NUMBER, contact).await.unwrap_err();
        assert_eq!((refused.code, refused.place.as_deref()), (ErrorCode::DoNotCall, Some("number")));
    }
    assert!(story.sim.ledger().dials.is_empty(), "nothing was sent");
    let request = DialRequest { number: NUMBER.into(), despite_do_not_call: true, ..DialRequest::default() };
    story.execute(command::Dial(request)).await.unwrap();
    assert_eq!(story.sim.ledger().dials.len(), 1);
}
