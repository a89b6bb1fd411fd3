//! Whatever part of Timbre ends badly is started again, and the agent sees the next call.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use timbre_domain::ports::Clock;
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use timbre_engine::runtime::component;
use timbre_simulator::crm::CrmConfig;
use timbre_tests::story::{ENDPOINT, Story};

/// A clock that panics the first time each component looks at it.
struct PanicsOnce {
    clock: Arc<dyn Clock>,
    panicked: Arc<Mutex<BTreeSet<&'static str>>>,
}

impl PanicsOnce {
    fn look(&self) {
        let Some(name) = component::current() else { return };
        let first = self.panicked.lock().unwrap_or_else(PoisonError::into_inner).insert(name);
        assert!(!first, "{name} panics once, as ordered");
    }
}

#[async_trait]
impl Clock for PanicsOnce {
    fn now(&self) -> DateTime<Utc> {
        self.look();
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.look();
        self.clock.elapsed()
    }

    async fn sleep_until(&self, deadline: Duration) {
        self.look();
        self.clock.sleep_until(deadline).await;
    }

    async fn give_up_after(&self, within: Duration) {
        self.look();
        self.clock.give_up_after(within).await;
    }
}

#[tokio::test]
async fn each_component_that_panics_once_is_started_again_and_the_next_call_pops_up() {
    let mut story = Story::prepared_with_crm(CrmConfig::default(), "").await;
    let panicked = Arc::<Mutex<BTreeSet<&'static str>>>::default();
    let clock: Arc<dyn Clock> = Arc::new(story.clock.clone());
    story.engine_clock = Arc::new(PanicsOnce { clock, panicked: panicked.clone() });
    story.start().await;
    let mut running = BTreeSet::new();
    let expected = [
        "call flow",
        "contact index",
        "contact sync",
        "database",
        "endpoints",
        "history catch-up",
        "history sync",
        "notices",
        "outbox",
        "placed calls",
        "poller",
    ];
    while running.len() < expected.len() {
        let name = story.until("a component runs again", |event| match event {
            Event::Component(event) if event.status.runs => {
                Some(event.status.component.split(" (").next().unwrap_or_default().to_owned())
            }
            _ => None,
        });
        running.insert(name.await);
    }
    assert_eq!(running.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    assert_eq!(panicked.lock().unwrap().len(), expected.len());

    let call = story.sim.rings("8888-4787", ENDPOINT);
    let shown = story.until("the pop-up", |event| match event {
        Event::Popup(popup) => Some(popup.call_key.external_id.clone()),
        _ => None,
    });
    assert_eq!(shown.await, call.callid());

    // It is told in the status and by doctor.
    let status = story.execute(command::StatusShow).await.unwrap();
    assert_eq!(status.components.len(), expected.len());
    assert!(status.components.iter().all(|component| component.runs && component.failures == 1));
    let report = story.execute(command::Doctor).await.unwrap();
    let restarted = report.checks.iter().filter(|check| check.finding == "component.restarted").count();
    assert_eq!(restarted, expected.len());
    story.stop().await;
}

#[test]
fn every_component_has_a_name_that_people_understand() {
    let source = include_str!("../../crates/engine/src/lib.rs");
    let starts = source.split(".start").skip(1).map(|rest| rest.split('"').nth(1).unwrap_or_default());
    let started: Vec<_> = starts.filter(|name| !name.is_empty()).collect();
    for expected in ["call flow", "outbox", "poller"] {
        assert!(started.contains(&expected), "{started:?}");
    }
    // All languages have the same texts; in Spanish no name is the English one.
    let texts = Catalogue::of(Language::Es);
    let nameless: Vec<_> = started
        .iter()
        .filter(|name| {
            texts.component(name) == **name || !texts.component(&format!("{name} (main)")).ends_with(" (main)")
        })
        .collect();
    assert_eq!(nameless, [&""; 0]);
}
