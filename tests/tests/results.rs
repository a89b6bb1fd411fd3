//! What came of the calls gets to the CRM, exactly once, whatever the CRM does: the real engine, store and connector
//! against the simulated EspoCRM, on one clock.

use std::time::Duration;

use serde_json::Value;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{Charge, FollowUp, InteractionEdit};
use timbre_domain::outbox::{OutboxState, RecordKind, RetryHow};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use timbre_engine::crm::connector::ConnectorHealth;
use timbre_simulator::crm::{
    Access, ApiUser, CrmConfig, CustomEntity, CustomField, DEFAULT_API_KEY, Fault, FieldKind, Role,
};
use timbre_tests::agent::{MINUTE, call, contact, one, outbox, records, save, settled, try_save};
use timbre_tests::story::{ENDPOINT, Story};
use uuid::Uuid;

fn config() -> CrmConfig {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [(
            "Call".to_owned(),
            vec![CustomField::text("cCtiRequestId"), CustomField::text("cDisposition")],
        )]
        .into(),
        ..CrmConfig::default()
    }
}

fn number(name: &str) -> CustomField {
    CustomField { kind: FieldKind::Number, ..CustomField::text(name) }
}

const FIELDS: &str = "sync_contacts = false\n[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\ndisposition_field = \"cDisposition\"\n";

async fn office() -> Story {
    let mut story = Story::prepared_with_crm(config(), FIELDS).await;
    story.start().await;
    story
}

#[tokio::test]
async fn a_result_becomes_one_record_with_its_contact_and_what_the_call_cost_is_added_later() {
    let mut story = office().await;
    let ana = contact(&mut story, "Ana Rojas", "8888-4787").await;
    let key = call(&mut story, "88884787", Some(MINUTE)).await;
    let saved = save(&mut story, &key, "Compró dos <cajas> = \"sí\"").await;
    assert_eq!(saved.interaction.contact, Some(ana), "the call's contact is the result's");
    story.until("the record", |event| matches!(event, Event::Recorded(_)).then_some(())).await;
    let recorded = story.clock.elapsed();
    let items = settled(&mut story).await;
    let took = story.clock.elapsed() - recorded;
    assert!(took < 4 * MINUTE, "it is told soon, and not when the outbox happens to be looked at again: {took:?}");
    let there = one(&story, "Call");
    let contact = one(&story, "Contact");
    assert_eq!(there["parentId"], contact["id"], "{there:#}");
    assert_eq!((there["status"].as_str(), there["direction"].as_str()), (Some("Held"), Some("Inbound")));
    let description = there["description"].as_str().unwrap();
    assert!(description.starts_with("Compró dos <cajas> = \"sí\"\n"), "{description}");
    assert!(description.contains("Costo de la llamada"), "{description}");
    assert_eq!(contact["phoneNumber"], "+50688884787");
    let of_call = items.iter().find(|item| item.kind == RecordKind::Call).unwrap();
    assert_eq!(there["cCtiRequestId"], of_call.id.to_string());
    assert!(of_call.sent >= 2, "told again with the cost: {of_call:?}");
    story.stop().await;
}

#[tokio::test]
async fn a_call_nobody_writes_about_is_recorded_all_the_same_and_a_late_result_amends_it() {
    let mut story = office().await;
    let missed = call(&mut story, "22224444", None).await;
    settled(&mut story).await;
    assert_eq!(one(&story, "Call")["status"], "Not Held");
    let answered = call(&mut story, "22225555", Some(MINUTE)).await;
    story.polls(20).await;
    assert_eq!(records(&story, "Call").len(), 1, "the agent still has time for the wrap-up");
    settled(&mut story).await;
    assert_eq!(records(&story, "Call").len(), 2);
    save(&mut story, &answered, "Se quedó en pensarlo").await;
    save(&mut story, &missed, "Le devolví la llamada").await;
    settled(&mut story).await;
    let texts: Vec<_> =
        records(&story, "Call").iter().map(|call| call["description"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(
        texts.iter().any(|text| text.starts_with("Se quedó")) && texts.iter().any(|text| text.starts_with("Le dev"))
    );
    story.stop().await;
}

#[tokio::test]
async fn a_follow_up_and_charges_get_there_and_are_taken_back() {
    let mut story = office().await;
    let key = call(&mut story, "22224444", Some(MINUTE)).await;
    let charge = Charge {
        id: Uuid::nil(),
        amount: "2500.10".parse().unwrap(),
        currency: "CRC".parse().unwrap(),
        concept: "Visita".into(),
    };
    let at = "2026-12-01T15:00:00Z".parse().unwrap();
    let follow_up = FollowUp { at, whom: None, what: "Llamar por el contrato".into() };
    let edit = InteractionEdit {
        comment: Some("Pide visita".into()),
        follow_up: Some(Some(follow_up)),
        charges: Some(vec![charge]),
        ..InteractionEdit::default()
    };
    try_save(&mut story, &key, edit).await.unwrap();
    settled(&mut story).await;
    let task = one(&story, "Task");
    assert_eq!(
        (task["name"].as_str(), task["dateEnd"].as_str()),
        (Some("Llamar por el contrato"), Some("2026-12-01 15:00:00"))
    );
    let description = one(&story, "Call")["description"].as_str().unwrap().to_owned();
    assert!(description.contains("Cargo: 2500.10 CRC, Visita"), "no charges of its own in this CRM: {description}");
    let back = InteractionEdit { follow_up: Some(None), charges: Some(vec![]), ..InteractionEdit::default() };
    try_save(&mut story, &key, back).await.unwrap();
    settled(&mut story).await;
    assert_eq!(one(&story, "Task")["status"], "Canceled");
    assert!(!one(&story, "Call")["description"].as_str().unwrap().contains("Cargo"));
    story.stop().await;
}

#[tokio::test]
async fn whatever_is_recorded_of_an_unknown_caller_says_whom_to_call_back() {
    let mut config = config();
    let connector = config.api_keys.get_mut(DEFAULT_API_KEY).unwrap();
    connector.role = connector.role.clone().with("CCharge", Access::WRITE);
    config.custom_entities.push(CustomEntity { name: "CCharge".into(), fields: vec![number("amount")] });
    let fields = format!("{FIELDS}charge_entity = \"CCharge\"\n");
    let mut story = Story::prepared_with_crm(config, &fields).await;
    story.start().await;
    let edit = || InteractionEdit {
        comment: Some("Pide visita".into()),
        follow_up: Some(Some(FollowUp {
            at: "2026-12-01T15:00:00Z".parse().unwrap(),
            whom: None,
            what: "Devolver la llamada".into(),
        })),
        charges: Some(vec![Charge {
            id: Uuid::now_v7(),
            amount: "2500.10".parse().unwrap(),
            currency: "CRC".parse().unwrap(),
            concept: "Visita".into(),
        }]),
        ..InteractionEdit::default()
    };
    for (caller, written) in
        [("22224444", "2222 4444 (+50622224444)"), ("51902871550", "+51 902 871 550 (+51902871550)")]
    {
        let key = call(&mut story, caller, Some(MINUTE)).await;
        try_save(&mut story, &key, edit()).await.unwrap();
        settled(&mut story).await;
        for entity in ["Call", "Task", "CCharge"] {
            let all = records(&story, entity);
            let newest = all.iter().max_by_key(|record| record["id"].as_str().map(str::to_owned)).unwrap();
            assert_eq!(newest.get("parentId").and_then(Value::as_str), None, "{entity}");
            let description = newest["description"].as_str().unwrap_or_default();
            assert!(description.contains(written), "{entity}: {description}");
        }
    }
    story.stop().await;
}

#[tokio::test]
async fn a_call_that_rang_long_is_as_long_as_its_conversation() {
    let mut config = config();
    let fields = [number("cTalk"), number("cRing")];
    config.custom_fields.get_mut("Call").unwrap().extend(fields);
    let settings = format!("{FIELDS}talk_field = \"cTalk\"\nring_field = \"cRing\"\n");
    let mut story = Story::prepared_with_crm(config, &settings).await;
    story.start().await;
    let rings = story.sim.rings("22224444", ENDPOINT);
    story.polls(5).await;
    rings.answer();
    story.polls(15).await;
    rings.hang_up();
    let ended = |event: &Event| matches!(event, Event::Ended(_)).then_some(());
    story.until("its end", ended).await;
    settled(&mut story).await;
    let record = one(&story, "Call");
    let at = |name: &str| {
        let text = record[name].as_str().unwrap();
        chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    };
    let talk = (at("dateEnd") - at("dateStart")).num_seconds();
    assert!((50..=70).contains(&talk), "{talk} s");
    assert_eq!(record["cTalk"], talk);
    assert!(record["cRing"].as_i64().is_some_and(|ring| (12..=30).contains(&ring)), "{}", record["cRing"]);
    story.stop().await;
}

#[tokio::test]
async fn a_result_that_belongs_to_somebody_else_after_all_moves_in_the_crm_too() {
    let mut story = office().await;
    contact(&mut story, "Ana Rojas", "8888-4787").await;
    let eva = contact(&mut story, "Eva Solís", "8888-0000").await;
    let key = call(&mut story, "88884787", Some(MINUTE)).await;
    save(&mut story, &key, "Consulta").await;
    settled(&mut story).await;
    let edit = InteractionEdit { contact: Some(eva), ..InteractionEdit::default() };
    try_save(&mut story, &key, edit).await.unwrap();
    settled(&mut story).await;
    let eva_there = records(&story, "Contact").into_iter().find(|contact| contact["lastName"] == "Solís").unwrap();
    assert_eq!(one(&story, "Call")["parentId"], eva_there["id"]);
    let file = story.execute(command::CaseFile { contact: eva, before: None, limit: 0 }).await.unwrap();
    assert_eq!(file.entries.len(), 1);
    story.stop().await;
}

#[tokio::test]
async fn whatever_becomes_of_the_answer_the_record_is_there_once() {
    let late = Fault::StoredLate(Duration::from_secs(100));
    let faults = [
        Fault::CutBeforeStoring,
        Fault::CutAfterStoring,
        Fault::HangBeforeStoring,
        Fault::HangAfterStoring,
        Fault::FailAfterStoring,
        Fault::Refuse { status: 500, reason: None },
        Fault::Maintenance,
        Fault::Slow(Duration::from_secs(15)),
        late,
    ];
    for fault in faults {
        let mut story = office().await;
        story.crm().faults().on("POST", "Call", 1, fault.clone());
        let key = call(&mut story, "22224444", None).await;
        save(&mut story, &key, "Una sola vez").await;
        let items = settled(&mut story).await;
        assert!(items.iter().all(|item| item.state == OutboxState::Done), "{fault:?}: {items:#?}");
        let there = one(&story, "Call");
        assert!(there["description"].as_str().unwrap().starts_with("Una sola vez"), "{fault:?}");
        story.stop().await;
    }
}

#[tokio::test]
async fn a_crm_that_is_down_is_asked_ever_more_slowly_and_then_gets_everything_in_order() {
    let mut story = office().await;
    story.crm().go_down();
    let mut keys = Vec::new();
    for n in 0..3 {
        let key = call(&mut story, "22224444", None).await;
        save(&mut story, &key, &format!("Gestión {n}")).await;
        keys.push(key);
    }
    story.polls(150).await;
    let tries = story.crm().with_log(|log| log.cut_connections);
    assert!((3..20).contains(&tries), "{tries} tries in ten minutes");
    story.crm().come_up();
    settled(&mut story).await;
    let order: Vec<_> = story.crm().with_log(|log| {
        let created = log.of("POST", "Call").filter(|request| request.stored.is_some());
        let text = |body: &Value| body["description"].as_str().unwrap().lines().next().unwrap().to_owned();
        created.map(|request| text(request.body.as_ref().unwrap())).collect()
    });
    assert_eq!(order, ["Gestión 0", "Gestión 1", "Gestión 2"]);
    story.stop().await;
}

#[tokio::test]
async fn a_failed_sign_in_stops_the_connector_at_once_and_a_person_lets_it_go_on() {
    let mut story = office().await;
    assert!(story.crm().revoke_key(timbre_tests::story::PASSWORD));
    let key = call(&mut story, "22224444", None).await;
    save(&mut story, &key, "Espera").await;
    story.polls(100).await;
    let conditions = story.told.iter().filter_map(|event| match event {
        Event::Connector(state) => Some(state.condition.clone()),
        _ => None,
    });
    let conditions: Vec<_> = conditions.collect();
    let [ConnectorHealth::Stopped { why }] = conditions.as_slice() else { panic!("{conditions:?}") };
    assert_eq!(why.code, ErrorCode::SignInFailed);
    let asked = story.crm().with_log(|log| log.requests.len());
    assert_eq!(asked, 1, "one refused sign-in, and nothing after it: more would lock the address out");
    story.stop().await;
    story.start().await;
    story.polls(20).await;
    assert_eq!(story.crm().with_log(|log| log.requests.len()), asked, "a restart does not try again by itself");
    let refused = story.execute(command::ConnectorResume { name: "crm".parse().unwrap() }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::SignInFailed);
    let items = outbox(&mut story).await;
    assert_eq!(items[0].state, OutboxState::Waiting, "what was saved waits");
    story.stop().await;
}

#[tokio::test]
async fn an_address_that_is_locked_out_waits_for_more_than_a_minute() {
    let mut story = office().await;
    story.crm().faults().next(Fault::Locked);
    // Nobody asks the CRM who a withheld caller is.
    let key = call(&mut story, "anonymous", None).await;
    save(&mut story, &key, "Espera").await;
    settled(&mut story).await;
    let gaps = story.crm().with_log(|log| {
        let at: Vec<_> = log.requests.iter().map(|request| request.arrived.elapsed).collect();
        at[1] - at[0]
    });
    assert!(gaps > Duration::from_secs(61), "{gaps:?}");
    one(&story, "Call");
    story.stop().await;
}

#[tokio::test]
async fn what_the_crm_refuses_is_parked_with_its_words_and_holds_up_nobody() {
    let mut story = office().await;
    let no =
        Fault::Refuse { status: 403, reason: Some("Assignment failure: assigned user or team not allowed.".into()) };
    story.crm().faults().on("POST", "Call", 1, no);
    let first = call(&mut story, "22224444", None).await;
    let second = call(&mut story, "22224444", None).await;
    save(&mut story, &second, "La segunda").await;
    let items = settled(&mut story).await;
    let parked = items.iter().find(|item| item.state == OutboxState::Parked).unwrap();
    assert_eq!(parked.subject, first.to_string());
    let problem = parked.problem.as_ref().unwrap();
    assert_eq!(problem.code, ErrorCode::Refused);
    assert!(problem.words.contains("assigned user or team"), "{problem:?}");
    assert!(one(&story, "Call")["description"].as_str().unwrap().starts_with("La segunda"));
    save(&mut story, &first, "Y la primera").await;
    let items = settled(&mut story).await;
    assert!(items.iter().all(|item| item.state == OutboxState::Done), "mended by the agent, it goes: {items:#?}");
    assert_eq!(records(&story, "Call").len(), 2);
    story.stop().await;
}

#[tokio::test]
async fn a_discarded_record_never_goes_and_a_retried_one_does() {
    let mut story = office().await;
    let no = Fault::Refuse { status: 400, reason: Some("Bad".into()) };
    story.crm().faults().on("POST", "Call", 2, no);
    for _ in 0..2 {
        call(&mut story, "22224444", None).await;
    }
    let items = settled(&mut story).await;
    story.execute(command::OutboxDiscard { id: items[0].id }).await.unwrap();
    story.execute(command::OutboxRetry { id: items[1].id, how: RetryHow::default() }).await.unwrap();
    let items = settled(&mut story).await;
    assert_eq!(items.iter().map(|item| item.state).collect::<Vec<_>>(), [OutboxState::Discarded, OutboxState::Done]);
    one(&story, "Call");
    story.stop().await;
}

#[tokio::test]
async fn three_errors_in_a_row_park_a_record_and_a_retry_still_searches_first() {
    let mut story = office().await;
    // One before it: that records of this kind can be searched for is known.
    call(&mut story, "22223333", None).await;
    settled(&mut story).await;
    story.crm().faults().on("POST", "Call", 1, Fault::FailAfterStoring);
    story.crm().faults().on("GET", "Call", 9, Fault::Refuse { status: 500, reason: None });
    let key = call(&mut story, "22224444", None).await;
    save(&mut story, &key, "Una sola vez").await;
    story.polls(400).await;
    story.crm().faults().clear();
    for item in settled(&mut story).await {
        let _ = story.execute(command::OutboxRetry { id: item.id, how: RetryHow::default() }).await;
    }
    let items = settled(&mut story).await;
    assert!(items.iter().all(|item| item.state == OutboxState::Done), "{items:#?}");
    assert_eq!(records(&story, "Call").len(), 2, "each once");
    story.stop().await;
}

#[tokio::test]
async fn a_disposition_that_forbids_calling_tells_the_crm_of_the_contact_it_has_and_makes_no_second_one() {
    let dispositions = "[[dispositions]]\ncode = \"baja\"\nname = \"No llamar más\"\ndo_not_call = true\n";
    let mut story =
        Story::prepared_with_crm(config(), &format!("{}{dispositions}", FIELDS.replace("false", "true"))).await;
    let there = story.crm().create_contact(&serde_json::json!({
        "firstName": "Ana", "lastName": "Rojas", "phoneNumber": "+50688884787"
    }));
    story.start().await;
    story.until("her contact", |event| matches!(event, Event::Sync(sync) if sync.finished).then_some(())).await;
    let key = call(&mut story, "88884787", None).await;
    let edit = InteractionEdit { disposition: Some("baja".into()), ..InteractionEdit::default() };
    let saved = try_save(&mut story, &key, edit).await.unwrap();
    settled(&mut story).await;
    let contact = one(&story, "Contact");
    assert_eq!((contact["id"].as_str(), &contact["doNotCall"]), (Some(there.as_str()), &Value::Bool(true)));
    let here = story.execute(command::ContactsShow { id: saved.interaction.contact.unwrap() }).await.unwrap();
    assert!(here.do_not_call && here.typed.is_empty());
    story.stop().await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_an_hour_loses_nothing_and_holds_nothing_up() {
    let mut story = office().await;
    story.crm().faults().on("POST", "Call", 1, Fault::HangAfterStoring);
    let key = call(&mut story, "22224444", None).await;
    save(&mut story, &key, "Antes del cambio de hora").await;
    story.polls(8).await;
    let now = story.clock.now();
    story.clock.set_wall(now - chrono::TimeDelta::hours(1));
    let other = call(&mut story, "22225555", None).await;
    save(&mut story, &other, "Después").await;
    let before = story.clock.elapsed();
    settled(&mut story).await;
    let took = story.clock.elapsed() - before;
    assert!(took < Duration::from_secs(1_500), "{took:?}");
    assert_eq!(records(&story, "Call").len(), 2, "and the first one once");
    story.stop().await;
}

#[tokio::test]
async fn a_restart_at_any_time_goes_on_where_it_was() {
    let mut story = office().await;
    story.crm().faults().on("POST", "Call", 1, Fault::HangAfterStoring);
    let key = call(&mut story, "22224444", None).await;
    save(&mut story, &key, "Una sola vez").await;
    story.polls(2).await;
    story.stop().await;
    story.start().await;
    let items = settled(&mut story).await;
    assert_eq!(items.len(), 1);
    one(&story, "Call");
    story.stop().await;
}
