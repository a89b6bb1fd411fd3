//! The six acts: headless, and on a person's own display.

use std::time::Duration;

use timbre_domain::dial::DialState;
use timbre_domain::outbox::{OutboxItem, OutboxState};
use timbre_domain::ports::Clock as _;
use timbre_engine::api::event::Event;
use timbre_simulator::CallHandle;

use super::cast::{Cast, Person};
use super::office::{self, Saved};
use super::stage::{ENDPOINT, Stage};
use super::words::Words;
use super::{Options, Trouble};
use crate::story::key_of;

/// What was told, and what was meant to be.
pub(super) struct Told {
    pub(super) events: Vec<Event>,
    /// What the agent wrote of each call.
    pub(super) results: Vec<Saved>,
    /// For each act: the vendor's ids of its calls, and the match each pop-up was to show.
    pub(super) expected: Vec<(Vec<String>, &'static str)>,
    /// How many dials were asked for, and talked.
    pub(super) dials: usize,
    /// Whether whoever dialled was told that it went well.
    pub(super) dialled_well: bool,
}

pub(super) async fn play(stage: &mut Stage, options: &Options, words: &Words) -> Result<Told, Trouble> {
    let cast = Cast::of(options.seed);
    for person in cast.contacts() {
        office::employ(&stage.crm, &person);
    }
    let known = stage.sync().await?;
    println!("{}", words.synced(known));
    let dialled = stage.contact(&cast.dialled).await?;
    let mut expected = Vec::new();
    let mut story = Story { stage, words, talk: cast.talk, results: Vec::new() };

    story.title("known");
    let call = story.stage.sim.rings(&cast.known.number, ENDPOINT);
    story.answered_call("known", &call, 0).await?;
    story.result(&call.callid(), 0).await?;
    expected.push((vec![call.callid()], "one"));

    story.title("sharing");
    let call = story.stage.sim.rings(&cast.sharing[0].number, ENDPOINT);
    story.answered_call("shared", &call, 1).await?;
    story.choose(&call.callid(), &cast.sharing[1], 1).await?;
    expected.push((vec![call.callid()], "several"));

    story.title("crm_down");
    story.stage.crm.go_down();

    story.title("stranger");
    let call = story.stage.sim.rings(&cast.stranger, ENDPOINT);
    story.answered_call("unknown", &call, 2).await?;
    story.result(&call.callid(), 2).await?;
    expected.push((vec![call.callid()], "unknown"));

    story.title("withheld");
    let call = story.stage.sim.rings(cast.withheld, ENDPOINT);
    story.pop_up(&call).await?;
    story.picture("withheld", &[call.callid()]).await?;
    call.hang_up();
    story.end(&call).await?;
    story.result(&call.callid(), 3).await?;
    expected.push((vec![call.callid()], "withheld"));

    story.title("pair");
    let calls = [&cast.pair[0], &cast.pair[1]].map(|person| story.stage.sim.rings(&person.number, ENDPOINT));
    for call in &calls {
        story.pop_up(call).await?;
    }
    let callids: Vec<_> = calls.iter().map(CallHandle::callid).collect();
    story.picture("two-at-once", &callids).await?;
    calls[0].answer();
    story.event("answered", &calls[0].callid(), |event| matches!(event, Event::Connected(_))).await?;
    calls[1].hang_up();
    story.end(&calls[1]).await?;
    story.pause(cast.talk[4]).await;
    calls[0].hang_up();
    story.end(&calls[0]).await?;
    for (n, callid) in callids.iter().enumerate() {
        story.result(callid, 4 + n).await?;
    }
    expected.extend(callids.into_iter().map(|callid| (vec![callid], "one")));

    story.title("crm_up");
    story.stage.crm.come_up();

    story.title("dial");
    let dialled_well = story.dial(&cast.dialled.number, dialled, cast.talk[5]).await?;
    let legs = story.stage.sim.ledger().dials.first().map(|dial| dial.callids.clone()).unwrap_or_default();
    let spoken = story.last_ended().ok_or("the dialled call never ended")?;
    story.result(&spoken, 6).await?;
    expected.push((legs, "dialled"));

    story.title("record");
    story.records(expected.len()).await?;
    story.title("sending");
    story.everything_sent().await?;
    let results = story.results;
    Ok(Told { results, events: stage.told().to_vec(), expected, dials: 1, dialled_well })
}

pub(super) struct Story<'a> {
    pub(super) stage: &'a mut Stage,
    pub(super) words: &'a Words,
    pub(super) talk: [u64; 6],
    pub(super) results: Vec<Saved>,
}

impl Story<'_> {
    pub(super) fn title(&self, of: &'static str) {
        println!("\n{}", self.words.title(of));
    }

    pub(super) async fn pause(&self, seconds: u64) {
        self.stage.clock.sleep(Duration::from_secs(seconds)).await;
    }

    /// Shows the pop-ups of these calls.
    async fn picture(&mut self, name: &str, callids: &[String]) -> Result<(), Trouble> {
        self.stage.painted(callids).await?;
        self.stage.situation(name).await
    }

    async fn answered_call(&mut self, picture: &str, call: &CallHandle, act: usize) -> Result<(), Trouble> {
        self.pop_up(call).await?;
        self.picture(picture, &[call.callid()]).await?;
        call.answer();
        self.event("answered", &call.callid(), |event| matches!(event, Event::Connected(_))).await?;
        self.pause(self.talk.get(act).copied().unwrap_or(2)).await;
        call.hang_up();
        self.end(call).await
    }

    /// The agent writes what came of the call.
    async fn result(&mut self, callid: &str, n: usize) -> Result<(), Trouble> {
        self.write(callid, n, Vec::new()).await
    }

    /// The same, of a call whose caller the agent has picked among several.
    async fn choose(&mut self, callid: &str, person: &Person, n: usize) -> Result<(), Trouble> {
        let contact = self.stage.contact(person).await?;
        self.write(callid, n, vec!["--contact".to_owned(), contact.to_string()]).await
    }

    async fn write(&mut self, callid: &str, n: usize, more: Vec<String>) -> Result<(), Trouble> {
        let key = self.stage.told().iter().filter_map(key_of).find(|key| key.external_id == callid).cloned();
        let saved = office::result(key.ok_or("a result of an unknown call")?, n);
        let args: Vec<String> = saved.args().into_iter().chain(more).collect();
        self.stage.save(&args).await?;
        println!("{}", self.words.saved(&saved));
        self.results.push(saved);
        Ok(())
    }

    pub(super) fn last_ended(&self) -> Option<String> {
        self.stage.told().iter().rev().find_map(|event| match event {
            Event::Ended(call) => Some(call.call_key.external_id.clone()),
            _ => None,
        })
    }

    /// Waits until nothing is left to send.
    pub(super) async fn everything_sent(&mut self) -> Result<(), Trouble> {
        let words = self.words;
        loop {
            let items = self.stage.outbox().await?;
            let on_its_way = |item: &&OutboxItem| matches!(item.state, OutboxState::Waiting | OutboxState::Sending);
            if !items.iter().any(|item| on_its_way(&item)) {
                return Ok(());
            }
            self.stage
                .until("what is left to send", |event| {
                    tell(words, event);
                    matches!(event, Event::OutboxSent(_) | Event::OutboxParked(_)).then_some(())
                })
                .await?;
        }
    }

    pub(super) async fn pop_up(&mut self, call: &CallHandle) -> Result<(), Trouble> {
        self.event("a pop-up", &call.callid(), |event| matches!(event, Event::Popup(_))).await
    }

    pub(super) async fn end(&mut self, call: &CallHandle) -> Result<(), Trouble> {
        self.event("the end", &call.callid(), |event| matches!(event, Event::Ended(_))).await
    }

    /// Tells the story until this event of this call has been told, now or before.
    pub(super) async fn event(&mut self, what: &str, callid: &str, is: impl Fn(&Event) -> bool) -> Result<(), Trouble> {
        let is =
            |event: &Event| (is(event) && key_of(event).is_some_and(|key| key.external_id == callid)).then_some(());
        if self.stage.told().iter().any(|event| is(event).is_some()) {
            return Ok(());
        }
        let words = self.words;
        self.stage
            .until(&format!("{what} of {callid}"), |event| {
                tell(words, event);
                is(event)
            })
            .await
    }

    /// Dials, and follows the call to its end; gives whether `timbrectl dial` ended well.
    async fn dial(
        &mut self,
        number: &str,
        contact: timbre_domain::contact::ContactId,
        talk: u64,
    ) -> Result<bool, Trouble> {
        let sim = &self.stage.sim;
        sim.telephone(ENDPOINT).answers_after(Some(Duration::from_secs(2)));
        sim.contact_telephone(number).answers_after(Some(Duration::from_secs(2)));
        sim.contact_telephone(number).talks_for(Some(Duration::from_secs(talk)));
        let mut dial = self.stage.dial(number, contact)?;
        let words = self.words;
        let key = self
            .stage
            .until("the dialled call's pop-up", |event| {
                tell(words, event);
                match event {
                    Event::Popup(popup) => Some(popup.call_key.clone()),
                    _ => None,
                }
            })
            .await?;
        self.picture("dialled", &[key.external_id]).await?;
        self.stage
            .until("the dialled call's end", |event| {
                tell(words, event);
                matches!(event, Event::Dial(step) if step.progress.state == DialState::Ended).then_some(())
            })
            .await?;
        Ok(dial.wait().await?.success())
    }

    /// Waits until the vendor's record has told of every call.
    pub(super) async fn records(&mut self, calls: usize) -> Result<(), Trouble> {
        let recorded = |told: &[Event]| told.iter().filter(|event| matches!(event, Event::Recorded(_))).count();
        for event in self.stage.told().iter().filter(|event| matches!(event, Event::Recorded(_))) {
            if let Some(line) = self.words.line(event) {
                println!("{line}");
            }
        }
        let words = self.words;
        while recorded(self.stage.told()) < calls {
            self.stage
                .until("the vendor's record", |event| {
                    matches!(event, Event::Recorded(_)).then(|| {
                        if let Some(line) = words.line(event) {
                            println!("{line}");
                        }
                    })
                })
                .await?;
        }
        Ok(())
    }
}

/// Records come when they come; they are told at the end, together.
pub(super) fn tell(words: &Words, event: &Event) {
    if matches!(event, Event::Recorded(_)) || matches!(event, Event::Popup(popup) if popup.completed) {
        return;
    }
    if let Some(line) = words.line(event) {
        println!("{line}");
    }
}
