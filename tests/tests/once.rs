//! Each record once, whatever the CRM is like: what was never sent is not taken for sent, and what can't be found again is
//! not sent a second time.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use timbre_domain::crm::ConnectorTest;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{Charge, InteractionEdit};
use timbre_domain::outbox::{OutboxItem, OutboxState, RecordKind, RetryHow, RetryOutcome};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::command;
use timbre_engine::api::event::{Event, KindState};
use timbre_simulator::crm::{
    Access, ApiUser, CrmConfig, CustomEntity, CustomField, DEFAULT_API_KEY, Fault, FieldKind, Role,
};
use timbre_tests::agent::{MINUTE, call, one, outbox, records, retry, save, settled, try_save};
use timbre_tests::story::Story;
use uuid::Uuid;

const FIELDS: &str = "sync_contacts = false\n[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n";

async fn office() -> Story {
    let fields = [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into();
    let mut story = Story::prepared_with_crm(CrmConfig { custom_fields: fields, ..CrmConfig::default() }, FIELDS).await;
    story.start().await;
    story
}

#[tokio::test]
async fn a_sign_in_that_goes_wrong_leaves_nothing_to_be_searched_for() {
    let faults = [
        Fault::Refuse { status: 500, reason: None },
        Fault::Maintenance,
        Fault::Locked,
        Fault::CutBeforeStoring,
        Fault::HangBeforeStoring,
        Fault::Refuse { status: 429, reason: Some("Slow down".into()) },
    ];
    for fault in faults {
        let mut story = office().await;
        story.crm().faults().on("GET", "App", 2, fault.clone());
        let key = call(&mut story, "anonymous", None).await;
        save(&mut story, &key, "Una sola vez").await;
        let asked = story.clock.elapsed();
        let items = settled(&mut story).await;
        let took = story.clock.elapsed() - asked;
        assert!(items.iter().all(|item| item.state == OutboxState::Done), "{fault:?}: {items:#?}");
        let (searched, created) =
            story.crm().with_log(|log| (log.of("GET", "Call").count(), log.of("POST", "Call").count()));
        assert_eq!((searched, created), (1, 1), "{fault:?}: the one search shows that searching works");
        let at_most = if fault == Fault::Locked { 4 * MINUTE } else { MINUTE + Duration::from_secs(30) };
        assert!(took < at_most, "{fault:?}: it goes as soon as the pause is over, and not after a search: {took:?}");
        one(&story, "Call");
        story.stop().await;
    }
}

/// An EspoCRM with charges of its own: the field of the request id has a `c` on Call and none on the custom entity.
async fn shop(on: &str) -> Story {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("CCharge", Access::WRITE);
    let fields = [
        ("amount", FieldKind::Currency(vec!["CRC".to_owned()])),
        ("status", FieldKind::Choice(vec!["Open".to_owned(), "Canceled".to_owned()])),
        ("parent", FieldKind::Parent(vec!["Contact".to_owned()])),
        ("ctiRequestId", FieldKind::Text),
    ];
    let fields = fields.map(|(name, kind)| CustomField { name: name.to_owned(), kind, required: false }).to_vec();
    let config = CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        custom_entities: vec![CustomEntity { name: "CCharge".to_owned(), fields }],
        ..CrmConfig::default()
    };
    let settings = format!("{FIELDS}charge_entity = \"CCharge\"\nrequest_id_on = \"{on}\"\n");
    let mut story = Story::prepared_with_crm(config, &settings).await;
    story.start().await;
    story
}

/// A call and a charge of it.
async fn charged(story: &mut Story) {
    charged_in(story, "CRC").await;
}

async fn charged_in(story: &mut Story, currency: &str) {
    let key = call(story, "anonymous", None).await;
    let charge = Charge {
        id: Uuid::nil(),
        amount: "2500.10".parse().unwrap(),
        currency: currency.parse().unwrap(),
        concept: "Visita".into(),
    };
    let edit =
        InteractionEdit { comment: Some("Cobro".into()), charges: Some(vec![charge]), ..InteractionEdit::default() };
    try_save(story, &key, edit).await.unwrap();
}

/// Lets time go on until the call's own record is there.
async fn settled_call(story: &mut Story) {
    while outbox(story).await.iter().any(|item| item.kind == RecordKind::Call && item.state != OutboxState::Done) {
        story.polls(1).await;
    }
}

async fn charge(story: &mut Story) -> OutboxItem {
    outbox(story).await.into_iter().find(|item| item.kind == RecordKind::Charge).unwrap()
}

fn kinds(story: &Story) -> Vec<(RecordKind, KindState)> {
    let told = story.told.iter().filter_map(|event| match event {
        Event::Kind(event) => Some((event.kind, event.state)),
        _ => None,
    });
    told.collect()
}

#[tokio::test]
async fn each_entity_has_its_own_name_for_the_field_of_the_request_id() {
    let mut story = shop("Call, CCharge=ctiRequestId").await;
    charged(&mut story).await;
    let items = settled(&mut story).await;
    assert!(items.iter().all(|item| item.state == OutboxState::Done), "{items:#?}");
    let (there, charge) = (one(&story, "CCharge"), charge(&mut story).await);
    assert_eq!(there["ctiRequestId"], charge.id.to_string());
    assert_eq!(kinds(&story), []);
    story.stop().await;
}

#[tokio::test]
async fn a_kind_that_can_not_be_searched_for_is_held_and_told_and_freed_by_itself() {
    // One name for all: the custom entity has no such field, which EspoCRM ignores in silence.
    let mut story = shop("Call, CCharge").await;
    charged(&mut story).await;
    let held = |event: &Event| match event {
        Event::OutboxWaiting(one) => one.item.problem.as_ref().map(|_| one.item.kind),
        _ => None,
    };
    assert_eq!(story.until("that it is held", held).await, RecordKind::Charge);
    settled_call(&mut story).await;
    let held = charge(&mut story).await;
    assert_eq!((held.state, held.problem.as_ref().unwrap().code), (OutboxState::Waiting, ErrorCode::Unsearchable));
    assert!(held.problem.as_ref().unwrap().words.contains("cCtiRequestId"), "the CRM's words: {held:?}");
    assert_eq!(story.crm().with_log(|log| log.of("POST", "CCharge").count()), 0, "it is not sent");
    assert_eq!(kinds(&story), [(RecordKind::Charge, KindState::Held)]);
    one(&story, "Call");
    let notices = story.shell.notices();
    assert!(notices.iter().any(|notice| notice.about == "kind:crm:charge"), "{notices:#?}");
    let report = story.execute(command::Doctor).await.unwrap();
    assert!(report.checks.iter().any(|check| check.finding == "crm.held"), "{report:#?}");
    let tried = retry(&mut story, held.id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::Held, "{tried:?}");
    assert_eq!(story.crm().with_log(|log| log.of("POST", "CCharge").count()), 0, "a person is asked first");
    // The administrator makes the field; nobody does anything here.
    story.crm().make_field("CCharge", &CustomField::text("cCtiRequestId"));
    let items = settled(&mut story).await;
    assert!(items.iter().all(|item| item.state == OutboxState::Done), "{items:#?}");
    assert_eq!(one(&story, "CCharge")["cCtiRequestId"], held.id.to_string());
    assert_eq!(kinds(&story).last(), Some(&(RecordKind::Charge, KindState::Free)));
    story.stop().await;
}

#[tokio::test]
async fn a_trial_frees_at_once_what_was_held_and_holds_what_it_finds_wanting() {
    let mut story = shop("Call, CCharge").await;
    let trial = || command::TestConnector { name: "crm".parse().unwrap(), test: ConnectorTest::default() };
    story.execute(trial()).await.unwrap();
    story.collect();
    assert_eq!(kinds(&story), [(RecordKind::Charge, KindState::Held)], "before anything was to be sent");
    charged(&mut story).await;
    story.polls(10).await;
    assert_eq!(story.crm().with_log(|log| log.of("POST", "CCharge").count()), 0);
    story.crm().make_field("CCharge", &CustomField::text("cCtiRequestId"));
    let tried = story.clock.elapsed();
    story.execute(trial()).await.unwrap();
    story
        .until("the charge", |event| match event {
            Event::OutboxSent(sent) => (sent.item.kind == RecordKind::Charge).then_some(()),
            _ => None,
        })
        .await;
    assert!(story.clock.elapsed() - tried < MINUTE, "not after five minutes: {:?}", story.clock.elapsed() - tried);
    one(&story, "CCharge");
    story.stop().await;
}

/// The field is taken away, and a creation's answer is lost: the record is there without its id in the field.
#[tokio::test]
async fn a_record_that_was_stored_without_its_field_is_never_there_twice() {
    for read_only in [false, true] {
        let mut story = shop("Call, CCharge=ctiRequestId").await;
        charged(&mut story).await;
        settled(&mut story).await;
        let lose = |story: &Story| match read_only {
            true => story.crm().let_field_be_written("CCharge", "ctiRequestId", false),
            false => story.crm().remove_field("CCharge", "ctiRequestId"),
        };
        lose(&story);
        story.crm().faults().on("POST", "CCharge", 1, Fault::CutAfterStoring);
        let key = call(&mut story, "anonymous", None).await;
        let charge = Charge {
            id: Uuid::nil(),
            amount: "1".parse().unwrap(),
            currency: "CRC".parse().unwrap(),
            concept: "Otra".into(),
        };
        let edit = InteractionEdit { charges: Some(vec![charge]), ..InteractionEdit::default() };
        try_save(&mut story, &key, edit).await.unwrap();
        story.polls(100).await;
        assert_eq!(records(&story, "CCharge").len(), 2, "read-only: {read_only}");
        let other = outbox(&mut story).await.into_iter().rfind(|item| item.kind == RecordKind::Charge).unwrap();
        if !read_only {
            assert_eq!(other.state, OutboxState::Parked, "{other:?}");
            let tried = retry(&mut story, other.id, RetryHow::default()).await;
            assert_eq!(tried.outcome, RetryOutcome::Unsearchable, "by hand it is searched for first: {tried:?}");
        }
        // Whatever the administrator mends afterwards, nothing is created a second time.
        story.crm().make_field("CCharge", &CustomField::text("ctiRequestId"));
        story.crm().let_field_be_written("CCharge", "ctiRequestId", true);
        if !read_only {
            let tried = retry(&mut story, other.id, RetryHow::default()).await;
            assert_eq!(tried.outcome, RetryOutcome::Sent, "the description has its id: {tried:?}");
        }
        settled(&mut story).await;
        assert_eq!(records(&story, "CCharge").len(), 2, "read-only: {read_only}");
        story.stop().await;
    }
}

#[tokio::test]
async fn an_answer_that_does_not_show_the_id_is_told_and_the_record_is_found_by_its_description() {
    let mut story = office().await;
    story.crm().let_field_be_written("Call", "cCtiRequestId", false);
    let key = call(&mut story, "anonymous", None).await;
    let saved = save(&mut story, &key, "Sin campo").await;
    settled(&mut story).await;
    story.collect();
    assert_eq!(kinds(&story), [(RecordKind::Call, KindState::IdNotKept)]);
    let description = one(&story, "Call")["description"].as_str().unwrap().to_owned();
    assert!(description.ends_with(&format!("cti:{}", saved.outbox[0].id)), "{description}");
    let notices = story.shell.notices();
    assert!(notices.iter().any(|notice| notice.about == "kind:crm:call"), "{notices:#?}");
    let report = story.execute(command::Doctor).await.unwrap();
    assert!(report.checks.iter().any(|check| check.finding == "crm.id_not_kept"), "{report:#?}");
    // Its answer lost, the next one is found all the same.
    story.crm().faults().on("POST", "Call", 1, Fault::CutAfterStoring);
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Una sola vez").await;
    let items = settled(&mut story).await;
    assert!(items.iter().all(|item| item.state == OutboxState::Done), "{items:#?}");
    assert_eq!(records(&story, "Call").len(), 2);
    story.stop().await;
}

/// A person who has looked decides.
#[tokio::test]
async fn what_can_not_be_searched_for_is_created_only_if_a_person_says_so() {
    let mut story = office().await;
    let first = call(&mut story, "anonymous", None).await;
    save(&mut story, &first, "La primera").await;
    settled(&mut story).await;
    story.crm().faults().on("POST", "Call", 1, Fault::CutBeforeStoring);
    story.crm().faults().on("GET", "Call", 9, Fault::Refuse { status: 403, reason: Some("No read access.".into()) });
    let second = call(&mut story, "anonymous", None).await;
    save(&mut story, &second, "La segunda").await;
    let items = settled(&mut story).await;
    let parked = items.iter().find(|item| item.state == OutboxState::Parked).unwrap();
    assert_eq!(parked.problem.as_ref().unwrap().code, ErrorCode::Unsearchable);
    let tried = retry(&mut story, parked.id, RetryHow::default()).await;
    assert_eq!(tried.outcome, RetryOutcome::Unsearchable, "{tried:?}");
    assert_eq!(records(&story, "Call").len(), 1, "nothing was created");
    let tried = retry(&mut story, parked.id, RetryHow { unsearched: true, ..RetryHow::default() }).await;
    assert_eq!(tried.outcome, RetryOutcome::Sent, "{tried:?}");
    assert_eq!(records(&story, "Call").len(), 2);
    story.stop().await;
}

#[tokio::test]
async fn after_the_last_unsure_answer_it_is_searched_for_once_more_and_a_person_is_asked_only_if_it_is_not_there() {
    let refused = Fault::Refuse { status: 500, reason: None };
    for (third, state) in [(Fault::FailAfterStoring, OutboxState::Done), (refused.clone(), OutboxState::Parked)] {
        let mut story = office().await;
        story.crm().faults().on("POST", "Call", 2, refused.clone());
        story.crm().faults().on("POST", "Call", 1, third.clone());
        let key = call(&mut story, "anonymous", None).await;
        save(&mut story, &key, "Una sola vez").await;
        let items = settled(&mut story).await;
        let item = items.iter().find(|item| item.kind == RecordKind::Call).unwrap();
        assert_eq!(item.state, state, "{third:?}: {item:#?}");
        if state == OutboxState::Parked {
            assert_eq!(item.problem.as_ref().unwrap().code, ErrorCode::VendorFailed, "it is known not to be there");
            assert_eq!(item.begun_at, None);
            retry(&mut story, item.id, RetryHow::default()).await;
            settled(&mut story).await;
        }
        one(&story, "Call");
        story.stop().await;
    }
}

#[tokio::test]
async fn a_last_search_that_gets_no_answer_is_asked_again_and_nothing_is_sent_meanwhile() {
    let mut story = office().await;
    let refused = Fault::Refuse { status: 500, reason: None };
    story.crm().faults().on("POST", "Call", 2, refused.clone());
    story.crm().faults().on("POST", "Call", 1, Fault::FailAfterStoring);
    // One search shows that searching works, two follow the first two answers; then the CRM says nothing of use.
    story.crm().faults().on("GET", "Call", 3, Fault::Slow(Duration::ZERO));
    story.crm().faults().on("GET", "Call", 4, refused);
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Una sola vez").await;
    let items = settled(&mut story).await;
    assert!(items.iter().all(|item| item.state == OutboxState::Done), "{items:#?}");
    let (searched, created) =
        story.crm().with_log(|log| (log.of("GET", "Call").count(), log.of("POST", "Call").count()));
    assert_eq!((searched, created), (8, 3));
    one(&story, "Call");
    story.stop().await;
}

#[tokio::test]
async fn a_second_trial_of_writing_goes_well_although_the_samples_of_the_first_stayed() {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    let config = CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        ..CrmConfig::default()
    };
    let mut story = Story::prepared_with_crm(config, FIELDS).await;
    story.start().await;
    for _ in 0..2 {
        let test = ConnectorTest { number: None, write: true, dry_run: false };
        let tried = command::TestConnector { name: "crm".parse().unwrap(), test };
        let steps = story.execute(tried).await.unwrap();
        let problems: Vec<_> = steps.iter().filter(|step| step.problem.is_some()).collect();
        assert!(problems.is_empty(), "{problems:#?}");
        let stays = steps.iter().flat_map(|step| &step.read).filter(|line| line.starts_with("stays")).count();
        assert!(stays >= 2, "{steps:#?}");
    }
    story.stop().await;
}

#[tokio::test]
async fn a_charge_that_the_crm_refuses_says_why_in_its_words() {
    let mut story = shop("Call, CCharge=ctiRequestId").await;
    charged_in(&mut story, "USD").await;
    settled(&mut story).await;
    let refused = charge(&mut story).await;
    let why = refused.problem.as_ref().unwrap();
    assert_eq!((refused.state, why.code), (OutboxState::Parked, ErrorCode::Refused));
    assert!(why.words.contains("field: amount, type: validCurrency"), "{why:?}");
    assert_eq!(story.crm().with_log(|log| log.created("CCharge")), 0);
    story.stop().await;
}

/// A call whose creation got no answer and whose search was refused once: parked, though the CRM has it.
async fn parked_unsearchable(story: &mut Story) -> OutboxItem {
    let first = call(story, "anonymous", None).await;
    save(story, &first, "La primera").await;
    settled(story).await;
    story.crm().faults().on("POST", "Call", 1, Fault::CutAfterStoring);
    story.crm().faults().on("GET", "Call", 1, Fault::Refuse { status: 403, reason: Some("No read access.".into()) });
    let second = call(story, "anonymous", None).await;
    save(story, &second, "La segunda").await;
    let items = settled(story).await;
    let parked = items.into_iter().find(|item| item.state == OutboxState::Parked).unwrap();
    assert_eq!(parked.problem.as_ref().unwrap().code, ErrorCode::Unsearchable);
    parked
}

#[tokio::test]
async fn what_was_parked_for_a_refused_search_is_found_by_itself_once_searching_works() {
    let mut story = office().await;
    let parked = parked_unsearchable(&mut story).await;
    let freed = |event: &Event| matches!(event, Event::OutboxSent(one) if one.item.id == parked.id).then_some(());
    let asked = story.clock.elapsed();
    story.until("that it is found", freed).await;
    assert!(story.clock.elapsed() - asked < 11 * MINUTE, "a search is tried every five minutes");
    assert_eq!(records(&story, "Call").len(), 2);
    story.stop().await;
}

#[tokio::test]
async fn a_try_by_hand_always_asks_the_crm_at_once_however_the_outbox_was_woken() {
    for _ in 0..20 {
        let mut story = office().await;
        let parked = parked_unsearchable(&mut story).await;
        let searched = story.crm().with_log(|log| log.of("GET", "Call").count());
        let tried = retry(&mut story, parked.id, RetryHow::default()).await;
        assert_eq!(tried.outcome, RetryOutcome::Sent, "{tried:?}");
        assert_eq!(story.crm().with_log(|log| log.of("GET", "Call").count()), searched + 1);
        story.stop().await;
    }
}

#[tokio::test]
async fn what_was_held_is_tried_again_at_once_by_an_engine_that_starts_anew() {
    let mut story = shop("Call, CCharge").await;
    charged(&mut story).await;
    settled_call(&mut story).await;
    assert_eq!(charge(&mut story).await.problem.unwrap().code, ErrorCode::Unsearchable);
    story.stop().await;
    story.crm().make_field("CCharge", &CustomField::text("cCtiRequestId"));
    story.start().await;
    let started = story.clock.elapsed();
    let sent =
        |event: &Event| matches!(event, Event::OutboxSent(one) if one.item.kind == RecordKind::Charge).then_some(());
    story.until("the charge", sent).await;
    assert!(story.clock.elapsed() - started < MINUTE, "{:?}", story.clock.elapsed() - started);
    one(&story, "CCharge");
    story.stop().await;
}

#[tokio::test]
async fn what_was_parked_for_a_refused_search_is_found_by_an_engine_that_starts_anew() {
    let mut story = office().await;
    let parked = parked_unsearchable(&mut story).await;
    story.stop().await;
    story.start().await;
    let started = story.clock.elapsed();
    let freed = |event: &Event| matches!(event, Event::OutboxSent(one) if one.item.id == parked.id).then_some(());
    story.until("that it is found", freed).await;
    assert!(story.clock.elapsed() - started < MINUTE, "{:?}", story.clock.elapsed() - started);
    assert_eq!(records(&story, "Call").len(), 2);
    story.stop().await;
}

#[tokio::test]
async fn a_record_that_was_created_without_its_field_keeps_its_id_when_it_is_amended_after_the_field_is_back() {
    let mut story = office().await;
    story.crm().let_field_be_written("Call", "cCtiRequestId", false);
    let key = call(&mut story, "anonymous", None).await;
    let saved = save(&mut story, &key, "Sin campo").await;
    settled(&mut story).await;
    let id = saved.outbox[0].id.to_string();
    assert!(one(&story, "Call")["description"].as_str().unwrap().contains(&id));
    story.crm().let_field_be_written("Call", "cCtiRequestId", true);
    // The next one shows that the field keeps ids again.
    let next = call(&mut story, "anonymous", None).await;
    save(&mut story, &next, "Con campo").await;
    settled(&mut story).await;
    save(&mut story, &key, "Cambiado").await;
    settled(&mut story).await;
    let amended: Vec<_> =
        records(&story, "Call").into_iter().filter(|call| call.to_string().contains("Cambiado")).collect();
    assert_eq!(amended.len(), 1, "{:?}", records(&story, "Call"));
    assert!(amended[0].to_string().contains(&id), "{}", amended[0]);
    story.stop().await;
}
