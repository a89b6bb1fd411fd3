//! Whatever happens, in whatever order: in the end both sides say the same.

use proptest::prelude::*;

use super::desk::{Desk, crm};
use super::*;

#[derive(Debug, Clone)]
enum Happens {
    MadeThere(u8),
    ChangedThere(u8),
    NumberChangedThere(u8),
    GoneThere(u8),
    StoredLate(u8),
    TypedHere(u8),
    MadeHere(u8),
    Sent,
    Pass,
    FullPass,
    Killed(u8),
    Fails,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => any::<u8>().prop_map(Happens::MadeThere),
        3 => any::<u8>().prop_map(Happens::ChangedThere),
        3 => any::<u8>().prop_map(Happens::NumberChangedThere),
        2 => any::<u8>().prop_map(Happens::GoneThere),
        2 => any::<u8>().prop_map(Happens::StoredLate),
        2 => any::<u8>().prop_map(Happens::TypedHere),
        1 => any::<u8>().prop_map(Happens::MadeHere),
        2 => Just(Happens::Sent),
        3 => Just(Happens::Pass),
        1 => Just(Happens::FullPass),
        2 => (1..6_u8).prop_map(Happens::Killed),
        1 => Just(Happens::Fails),
    ]
}

fn some_id(desk: &Desk, n: u8) -> Option<String> {
    let remote = desk.remote();
    let visible: Vec<_> = remote.records.values().filter(|r| r.visible).map(|r| r.contact.id.clone()).collect();
    visible.get(usize::from(n) % visible.len().max(1)).cloned()
}

async fn happen(desk: &Desk, step: usize, what: Happens) {
    // Several things on one second, and passes in between on another.
    desk.remote().second += if step.is_multiple_of(3) { 7 } else { 0 };
    match what {
        Happens::MadeThere(n) => {
            let second = format!("2{:03}{step:04}", n);
            desk.remote().put(&format!("r{step}"), &format!("Persona {step}"), &[&format!("8{step:07}"), &second]);
        }
        Happens::ChangedThere(n) => {
            if let Some(id) = some_id(desk, n) {
                desk.remote().change(&id, |contact| contact.name = format!("Cambio {step}"));
            }
        }
        Happens::NumberChangedThere(n) => {
            if let Some(id) = some_id(desk, n) {
                desk.remote().second += 1;
                desk.remote().change(&id, |contact| {
                    let place = usize::from(n) % contact.phones.len().max(1);
                    if let Some(phone) = contact.phones.get_mut(place) {
                        phone.number = format!("7{step:07}");
                    }
                });
            }
        }
        Happens::GoneThere(n) => {
            if let Some(id) = some_id(desk, n) {
                desk.remote().records.remove(&id);
            }
        }
        Happens::StoredLate(n) => {
            let mut remote = desk.remote();
            match remote.records.values_mut().find(|record| !record.visible) {
                Some(record) => record.visible = true,
                None => {
                    remote.put(&format!("late{step}"), "Tardía", &[&format!("6{n:03}{step:04}")]);
                    let id = format!("late{step}");
                    remote.records.get_mut(&id).unwrap().visible = false;
                }
            }
        }
        Happens::TypedHere(n) => {
            let cached = desk.cached();
            if let Some(contact) = cached.get(usize::from(n) % cached.len().max(1)) {
                edits(desk, contact.id, &format!("Escrito {step}")).await;
            }
        }
        Happens::MadeHere(n) => {
            let phones = vec![(format!("8999{n:04}"), timbre_domain::contact::PhoneKind::Mobile)];
            let edit =
                ContactEdit { name: Some(format!("Mía {step}")), phones: Some(phones), ..ContactEdit::default() };
            desk.context.execute(crate::api::command::ContactsAdd(edit)).await.unwrap();
        }
        Happens::Sent => desk.sends().await,
        Happens::Pass => drop(now(&desk.context, None, false).await),
        Happens::FullPass => drop(now(&desk.context, None, true).await),
        Happens::Killed(questions) => {
            let until = desk.remote().asked.len() + usize::from(questions);
            let mut looked = 0;
            desk.runs_until(|desk| {
                looked += 1;
                desk.remote().asked.len() >= until || looked > 2_000
            })
            .await;
        }
        Happens::Fails => {
            desk.remote().failures.push_back(Verdict::BackOff);
            let _ = now(&desk.context, None, false).await;
            desk.clock.advance(600);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn both_sides_say_the_same_in_the_end(
        all in proptest::collection::vec(happens(), 1..60),
        partial in any::<bool>(),
        page in 1..7_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async {
            let desk = Desk::with(partial);
            desk.remote().page = page;
            for (step, what) in all.into_iter().enumerate() {
                happen(&desk, step, what).await;
            }
            // What was being stored shows, everything is sent, and nobody fails any more.
            desk.remote().records.values_mut().for_each(|record| record.visible = true);
            desk.remote().failures.clear();
            desk.clock.advance(600);
            desk.sends().await;
            desk.sync(false).await;
            // An ordinary day: passes that bring what changed, and once a look at what is gone.
            let before = desk.state().reconciled_at;
            desk.clock.advance(3_600);
            desk.runs_until(|desk| desk.state().reconciled_at > before && desk.state().reconciliation.is_none()).await;
            desk.sync(false).await;
            let typed: Vec<_> = desk.cached().into_iter().filter(|contact| !contact.typed.is_empty()).collect();
            let parked = desk.context.core.store.outbox_counts(&crm()).unwrap().parked;
            assert!(typed.len() as u64 <= parked, "what was typed here was sent, unless the CRM refused it");
            desk.assert_equal_but_for_ours();
            let before = desk.cached();
            desk.sync(true).await;
            assert_eq!(desk.cached(), before, "another pass changes nothing");
        });
    }
}
