//! An engine without windows, for any number of agents: whose call it is is decided for those whom it serves.

use timbre_domain::call::Direction;
use timbre_domain::endpoint::EndpointNumber;
use timbre_engine::api::event::Event;
use timbre_engine::api::{Agent, command};
use timbre_simulator::SimulatorConfig;
use timbre_tests::story::{ENDPOINT, Story};
use timbre_wiring::Serves;

const SECOND: &str = "8615601";

fn agent(name: &str, endpoint: &str) -> Option<Agent> {
    let (account, number) = ("main".parse().ok()?, EndpointNumber::new(endpoint)?);
    Some(Agent { name: name.to_owned(), endpoints: vec![(account, number)] })
}

async fn serving(serves: Serves) -> Story {
    let mut story = Story::prepared(SimulatorConfig::default(), "full_account = true\n").await;
    story.serves = serves;
    story.start().await;
    story
}

/// The endpoint and the direction of the next call that is detected.
async fn detected(story: &mut Story) -> (String, Direction) {
    let call = |event: &Event| match event {
        Event::Detected(call) => Some((call.endpoint.to_string(), call.direction)),
        _ => None,
    };
    story.until("a call", call).await
}

#[tokio::test]
async fn each_of_two_agents_has_the_calls_of_their_own_endpoint_in_one_engine() {
    let agents = [agent("Ana", ENDPOINT), agent("Bruno", SECOND)].into_iter().flatten().collect();
    let mut story = serving(Serves::Agents(agents)).await;
    story.sim.rings("88884787", ENDPOINT);
    assert_eq!(detected(&mut story).await, (ENDPOINT.to_owned(), Direction::In));
    story.sim.calls_out(SECOND, "22223333");
    assert_eq!(detected(&mut story).await, (SECOND.to_owned(), Direction::Out));
    story.stop().await;
}

#[tokio::test]
async fn one_number_that_rings_two_agents_at_once_is_a_call_for_each_of_them() {
    let agents = [agent("Ana", ENDPOINT), agent("Bruno", SECOND)].into_iter().flatten().collect();
    let mut story = serving(Serves::Agents(agents)).await;
    story.sim.rings_group("88884787", &[ENDPOINT, SECOND]);
    let mut rung = [detected(&mut story).await.0, detected(&mut story).await.0];
    rung.sort();
    assert_eq!(rung, [ENDPOINT, SECOND]);
    story.stop().await;
}

#[tokio::test]
async fn a_supervisors_engine_has_every_call_of_the_account_and_a_desktops_has_its_agents_alone() {
    let mut story = serving(Serves::WholeAccounts).await;
    let call = story.sim.rings("88884787", SECOND);
    assert_eq!(detected(&mut story).await.0, SECOND);
    call.hang_up();
    story.until("the record", |event| matches!(event, Event::Recorded(_)).then_some(())).await;
    story.stop().await;

    let mut desktop = serving(Serves::ThisAgent).await;
    desktop.sim.rings("88884787", SECOND);
    desktop.polls(3).await;
    assert_eq!(desktop.count("call.detected"), 0);
    desktop.stop().await;
}

#[tokio::test]
async fn an_agent_in_a_call_keeps_no_other_agent_from_dialling() {
    let agents = [agent("Ana", ENDPOINT), agent("Bruno", SECOND)].into_iter().flatten().collect();
    let mut story = Story::prepared(SimulatorConfig::default(), "full_account = true\n").await;
    story.add_setting(&format!("[[identities]]\nlabel = \"Ana\"\naccount = \"main\"\nendpoint = \"{ENDPOINT}\"\n"));
    story.add_setting(&format!("[[identities]]\nlabel = \"Bruno\"\naccount = \"main\"\nendpoint = \"{SECOND}\"\n"));
    story.serves = Serves::Agents(agents);
    story.start().await;
    story.sim.rings("88884787", ENDPOINT).answer();
    detected(&mut story).await;
    let dial = |from: &str| {
        command::Dial(timbre_engine::calls::dialler::DialRequest {
            number: "22223333".to_owned(),
            from: Some(from.to_owned()),
            ..Default::default()
        })
    };
    assert!(story.execute(dial("Ana")).await.is_err());
    assert!(matches!(
        story.execute(dial("Bruno")).await,
        Ok(timbre_engine::calls::dialler::Dialled { accepted: true, .. })
    ));
    story.stop().await;
}
