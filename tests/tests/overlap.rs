//! A pass reads the last moments again; what its list shows as before is not fetched again, contact by contact.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use serde_json::json;
use timbre_engine::api::command;
use timbre_engine::api::event::{Event, SyncPhase};
use timbre_simulator::crm::CrmConfig;
use timbre_tests::story::Story;

const MANY: usize = 130;

/// How many contacts were asked for one by one since `before` requests.
fn fetched(story: &Story, before: usize) -> usize {
    story
        .crm()
        .with_log(|log| log.requests.iter().skip(before).filter(|request| request.path.starts_with("Contact/")).count())
}

fn requests(story: &Story) -> usize {
    story.crm().with_log(|log| log.requests.len())
}

/// A pass and everything that follows from it. Gives how many contacts were fetched.
async fn sync(story: &mut Story) -> usize {
    let before = requests(story);
    let reply = story.execute(command::ContactsSync { connector: None, full: false }).await.unwrap();
    let reports = reply;
    assert_eq!(reports[0].problem, None);
    if reports[0].details_left > 0 {
        let none_left = |event: &Event| match event {
            Event::Sync(at) => (at.phase == SyncPhase::Details && at.details_left == 0).then_some(()),
            _ => None,
        };
        story.until("the last telephones", none_left).await;
    }
    fetched(story, before)
}

#[tokio::test]
async fn one_new_contact_among_many_that_changed_in_the_same_minute_is_the_only_one_fetched() {
    let mut story = Story::prepared_with_crm(CrmConfig::default(), "").await;
    let ids: Vec<_> = (0..MANY)
        .map(|n| {
            let number = format!("+5068888{n:04}");
            story
                .crm()
                .create_contact(&json!({"firstName": "Ana", "lastName": format!("Nº {n}"), "phoneNumber": number}))
        })
        .collect();
    story.start().await;
    story
        .until("all telephones", |event| match event {
            Event::Sync(at) => (at.phase == SyncPhase::Details && at.details_left == 0).then_some(()),
            _ => None,
        })
        .await;
    let before = requests(&story);
    assert_eq!(fetched(&story, 0), MANY);
    // Nothing happened: nothing is fetched, although the list shows the last moments again.
    assert_eq!(sync(&mut story).await, 0, "{before}");
    for id in &ids {
        story.crm().edit("Contact", id, &json!({"title": "Gerente"}));
    }
    assert_eq!(sync(&mut story).await, MANY, "all of them have changed, and a telephone may have");
    let eva = json!({"firstName": "Eva", "lastName": "Solís", "phoneNumber": "+50670000000"});
    let _ = story.crm().create_contact(&eva);
    assert_eq!(sync(&mut story).await, 1, "the new one alone");
    // A telephone that the list leaves out changes: the list shows that something did.
    let data = json!([{"phoneNumber": "+50688880000", "primary": true, "type": "Mobile"},
                      {"phoneNumber": "+50622220000", "primary": false, "type": "Office"}]);
    story.crm().edit("Contact", &ids[0], &json!({"phoneNumberData": data}));
    assert_eq!(sync(&mut story).await, 1);
    let found = story.execute(command::ContactsLookup { number: "22220000".into() }).await.unwrap();
    assert!(!found.contacts.is_empty(), "{found:?}");
    story.stop().await;
}
