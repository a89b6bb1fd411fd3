//! What an agent types before, while and after they save: only what was saved is ever told, with whoever it was said to be.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use timbre_domain::call::CallKey;
use timbre_domain::caller::TypedCaller;
use timbre_domain::contact::{Contact, ContactId, PhoneKind};
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{Interaction, InteractionEdit, InteractionState};
use timbre_domain::matching::Match;
use timbre_domain::outbox::{OutboxState, RecordWait};
use timbre_domain::popup::PopupCard;
use timbre_engine::CommandError;
use timbre_engine::api::event::Event;
use timbre_engine::api::{InteractionRef, OutboxFilter, command};
use timbre_engine::calls::results::SaveInteraction;
use timbre_engine::calls::results::SavedInteraction;
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::crm::{Access, ApiUser, CrmConfig, CustomField, DEFAULT_API_KEY, Role};
use timbre_tests::agent::ringing;
use timbre_tests::story::Story;

/// What no CRM must ever be told, wherever it is typed.
const UNSAVED: &str = "hola-sin-guardar";

async fn office() -> Story {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    let config = CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        ..CrmConfig::default()
    };
    let settings = "sync_contacts = false\n[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n";
    let mut story = Story::prepared_with_crm(config, settings).await;
    story.add_setting("[[dispositions]]\ncode = \"venta\"\nname = \"Venta\"\nrequires = [\"comment\"]\n");
    story.start().await;
    story
}

/// A call that was answered and is over.
async fn talked(story: &mut Story, number: &str) -> CallKey {
    let (key, call) = ringing(story, number).await;
    call.answer();
    story.polls(3).await;
    call.hang_up();
    story.until("its end", |event| matches!(event, Event::Ended(ended) if ended.call_key == key).then_some(())).await;
    key
}

async fn save(
    story: &mut Story,
    call: &CallKey,
    edit: InteractionEdit,
    caller: Option<TypedCaller>,
) -> Result<SavedInteraction, CommandError> {
    let save = SaveInteraction { which: InteractionRef::Call(call.clone()), edit, caller };
    story.execute(command::InteractionsSave(save)).await
}

fn sale(comment: &str) -> InteractionEdit {
    InteractionEdit {
        disposition: Some("venta".into()),
        comment: Some(comment.into()),
        finish: true,
        ..InteractionEdit::default()
    }
}

fn typed(comment: &str) -> InteractionEdit {
    InteractionEdit { comment: Some(comment.into()), ..InteractionEdit::default() }
}

async fn card(story: &mut Story, call: &CallKey) -> PopupCard {
    story.execute(command::CallCard { call: call.clone() }).await.unwrap()
}

async fn kept(story: &mut Story, call: &CallKey) -> Interaction {
    card(story, call).await.interaction.unwrap()
}

async fn contacts(story: &mut Story, text: &str) -> Vec<Contact> {
    let find = command::ContactsSearch { text: text.into(), limit: 9 };
    story.execute(find).await.unwrap()
}

async fn person(story: &mut Story, name: &str, number: &str) -> ContactId {
    let phones = vec![(number.to_owned(), PhoneKind::Mobile)];
    let edit = ContactEdit { name: Some(name.into()), phones: Some(phones), ..ContactEdit::default() };
    let contact = story.execute(command::ContactsAdd(edit)).await.unwrap();
    contact.id
}

/// Lets time go on until nothing is on its way any more.
async fn settled(story: &mut Story) {
    for _ in 0..400 {
        let filter =
            OutboxFilter { states: vec![OutboxState::Waiting, OutboxState::Sending], ..OutboxFilter::default() };
        let items = story.execute(command::OutboxList(filter)).await.unwrap();
        if items.is_empty() {
            return;
        }
        story.polls(1).await;
    }
    panic!("still on its way");
}

/// Everything that the CRM was ever sent.
fn told(story: &Story) -> String {
    format!("{:?}", story.crm().ledger())
}

#[tokio::test]
async fn what_is_typed_after_a_save_reaches_the_crm_when_it_is_saved_and_by_nothing_else() {
    let mut story = office().await;
    let key = talked(&mut story, "88884787").await;
    save(&mut story, &key, sale("Compró dos"), None).await.unwrap();
    settled(&mut story).await;
    let draft = format!("Compró dos {UNSAVED}");
    let after = save(&mut story, &key, typed(&draft), None).await.unwrap();
    assert_eq!((after.interaction.comment.as_str(), after.interaction.state), ("Compró dos", InteractionState::Final));
    settled(&mut story).await;

    // The vendor's record comes and amends what the CRM has.
    story.until("the record", |event| matches!(event, Event::Recorded(_)).then_some(())).await;
    settled(&mut story).await;
    // The agent says who it was; that goes out at once, with what was saved.
    let ana = person(&mut story, "Ana Rojas", "2222-3333").await;
    story.execute(command::CallAttach { call: key.clone(), contact: ana }).await.unwrap();
    settled(&mut story).await;
    // More is typed, and Timbre ends and starts again.
    let more = InteractionEdit {
        fields: [("pedido".to_owned(), UNSAVED.to_owned())].into(),
        follow_up: Some(Some(timbre_domain::interaction::FollowUp {
            at: "2027-01-01T15:00:00Z".parse().unwrap(),
            whom: None,
            what: UNSAVED.into(),
        })),
        ..typed(&draft)
    };
    save(&mut story, &key, more, None).await.unwrap();
    story.stop().await;
    story.start().await;
    story.polls(20).await;
    settled(&mut story).await;
    // A contact is changed: what hangs on it is told anew.
    let edit = ContactEdit { company: Some("Cafetal".into()), ..ContactEdit::default() };
    story.execute(command::ContactsEdit { id: ana, edit }).await.unwrap();
    settled(&mut story).await;

    assert!(!told(&story).contains(UNSAVED), "{:#?}", story.crm().ledger());
    let there = story.crm().records("Call").remove(0);
    assert!(there["description"].as_str().unwrap().starts_with("Compró dos\n"), "{there:#}");
    let interaction = kept(&mut story, &key).await;
    assert_eq!(interaction.contact, Some(ana));
    assert_eq!(interaction.change_draft.as_ref().unwrap().comment.as_deref(), Some(draft.as_str()), "nothing is lost");

    let finish = InteractionEdit { finish: true, ..InteractionEdit::default() };
    save(&mut story, &key, finish, None).await.unwrap();
    settled(&mut story).await;
    let there = story.crm().records("Call").remove(0);
    assert!(there["description"].as_str().unwrap().starts_with(&draft), "{there:#}");
    assert_eq!((story.crm().count("Call"), story.crm().count("Task")), (1, 1));
    story.stop().await;
}

#[tokio::test]
async fn a_draft_over_a_saved_result_can_be_forgotten_and_is_never_sent() {
    let mut story = office().await;
    let key = talked(&mut story, "88884787").await;
    save(&mut story, &key, sale("Compró dos"), None).await.unwrap();
    save(&mut story, &key, typed(UNSAVED), None).await.unwrap();
    let forget = InteractionEdit { forget_draft: true, ..InteractionEdit::default() };
    let saved = save(&mut story, &key, forget, None).await.unwrap();
    assert_eq!((saved.interaction.comment.as_str(), &saved.interaction.change_draft), ("Compró dos", &None));
    settled(&mut story).await;
    assert!(!told(&story).contains(UNSAVED));
    story.stop().await;
}

#[tokio::test]
async fn what_was_typed_is_kept_when_it_can_t_be_saved_so() {
    let mut story = office().await;
    let key = talked(&mut story, "88884787").await;
    let lacks = InteractionEdit { comment: None, fields: [("pedido".into(), "17".into())].into(), ..sale("") };
    let refused = save(&mut story, &key, lacks, None).await.unwrap_err();
    assert_eq!((refused.code, refused.place.as_deref()), (ErrorCode::Incomplete, Some("comment")));
    let interaction = kept(&mut story, &key).await;
    assert_eq!((interaction.state, interaction.fields["pedido"].as_str()), (InteractionState::Draft, "17"));
    assert_eq!(interaction.disposition[0].code, "venta");
    story.stop().await;
}

#[tokio::test]
async fn a_save_makes_the_contact_whose_name_was_typed_and_the_result_is_with_it() {
    let mut story = office().await;
    let key = talked(&mut story, "88884787").await;
    let caller = TypedCaller { name: " Rosa  Mora ".into(), company: "Panadería".into(), ..TypedCaller::default() };
    // A draft makes nobody.
    save(&mut story, &key, InteractionEdit { finish: false, ..sale("Compró") }, Some(caller.clone())).await.unwrap();
    assert_eq!(contacts(&mut story, "rosa").await, []);
    // Neither does a save that is refused.
    let refused = save(&mut story, &key, sale(" "), Some(caller.clone())).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Incomplete);
    assert_eq!(contacts(&mut story, "rosa").await, []);

    save(&mut story, &key, sale("Compró"), Some(caller)).await.unwrap();
    let rosa = contacts(&mut story, "rosa").await.remove(0);
    assert_eq!((rosa.name.as_str(), rosa.company.as_str()), ("Rosa Mora", "Panadería"));
    assert_eq!(rosa.phones[0].number.e164(), Some("+50688884787"));
    let card = card(&mut story, &key).await;
    assert_eq!(card.contact().map(|contact| contact.id), Some(rosa.id));
    assert_eq!(card.interaction.unwrap().contact, Some(rosa.id));
    settled(&mut story).await;
    let (call, contact) = (story.crm().records("Call").remove(0), story.crm().records("Contact").remove(0));
    assert_eq!(call["parentId"], contact["id"], "the sale is with the contact there, too");
    assert_eq!((story.crm().count("Call"), story.crm().count("Contact")), (1, 1));
    story.stop().await;
}

#[tokio::test]
async fn a_save_asks_where_only_the_agent_can_tell_who_is_meant() {
    let mut story = office().await;
    person(&mut story, "Ana Rojas", "8888-4787").await;
    person(&mut story, "Marco Rojas", "8888-4787").await;
    let key = talked(&mut story, "88884787").await;
    assert!(matches!(card(&mut story, &key).await.matched, Match::Several { .. }));
    for caller in [
        TypedCaller { search: "ana".into(), ..TypedCaller::default() },
        TypedCaller { offered: 2, ..TypedCaller::default() },
        TypedCaller { name: "Ana".into(), search: "ana".into(), ..TypedCaller::default() },
    ] {
        let refused = save(&mut story, &key, sale("Compró"), Some(caller)).await.unwrap_err();
        assert_eq!((refused.code, refused.place.as_deref()), (ErrorCode::CallerOpen, Some("caller")));
        assert_eq!(kept(&mut story, &key).await.state, InteractionState::Draft, "what was typed is kept");
    }
    // The agent answered: without.
    save(&mut story, &key, sale("Compró"), None).await.unwrap();
    assert_eq!(kept(&mut story, &key).await.contact, None);
    settled(&mut story).await;
    story.stop().await;
}

#[tokio::test]
async fn a_withheld_caller_can_be_named_too() {
    let mut story = office().await;
    let key = talked(&mut story, "anonymous").await;
    let caller = TypedCaller { name: "Rosa".into(), ..TypedCaller::default() };
    save(&mut story, &key, sale("Compró"), Some(caller)).await.unwrap();
    let rosa = contacts(&mut story, "rosa").await.remove(0);
    assert_eq!((rosa.phones.len(), kept(&mut story, &key).await.contact), (0, Some(rosa.id)));
    settled(&mut story).await;
    story.stop().await;
}

#[tokio::test]
async fn a_result_saved_during_the_call_waits_for_its_end_and_not_for_the_crm() {
    let mut story = office().await;
    let (key, call) = ringing(&mut story, "88884787").await;
    call.answer();
    story.polls(2).await;
    save(&mut story, &key, sale("Compró"), None).await.unwrap();
    story.polls(3).await;
    let waits = |card: &PopupCard| card.records.iter().map(|record| record.waits).collect::<Vec<_>>();
    assert_eq!(waits(&card(&mut story, &key).await), [Some(RecordWait::CallEnds)]);
    story.crm().go_down();
    call.hang_up();
    story.until("its end", |event| matches!(event, Event::Ended(_)).then_some(())).await;
    story.polls(3).await;
    assert_eq!(waits(&card(&mut story, &key).await), [Some(RecordWait::Crm)]);
    story.crm().come_up();
    story.polls(Duration::from_secs(60).as_secs() as usize / 4).await;
    settled(&mut story).await;
    assert_eq!(waits(&card(&mut story, &key).await), [None]);
    story.stop().await;
}
