//! Starting and stopping, a whole day, and the ledger.

use std::collections::BTreeSet;
use std::sync::Arc;

use timbre_domain::ports::Clock;

use super::harness::{AGENT, Bench, OWN, WHOLE, seconds};
use crate::ManualClock;
use crate::callmyway::{DayPlan, Simulator, SimulatorConfig, WorkingDay};

#[tokio::test]
async fn a_stopped_simulator_frees_its_port_for_the_next() {
    let bench = Bench::new().await;
    bench.cdrs(OWN).await;
    let port = bench.sim.port();
    bench.sim.stop().await;
    assert!(bench.ask("getCdrs.php", OWN).await.unwrap().is_err());
    let config = SimulatorConfig { port, ..SimulatorConfig::default() };
    let again = Simulator::start(config, Arc::new(ManualClock::default())).await.unwrap();
    assert_eq!(again.port(), port);
    bench.ask("getCdrs.php", OWN).await.unwrap().unwrap();
    assert_eq!((bench.sim.ledger().requests.len(), again.ledger().requests.len()), (1, 1));
}

#[tokio::test]
async fn a_day_polled_through_shows_every_call_of_the_ledger_and_nothing_else() {
    let bench = Bench::new().await;
    let plan = DayPlan { length: seconds(3600), longest_talk: seconds(60), ..DayPlan::default() };
    let day = WorkingDay::generate(3, &plan);
    let laid_out: BTreeSet<_> = day.play_on(&bench.sim).iter().map(|call| call.callid()).collect();
    let mut seen = BTreeSet::new();
    while bench.clock.elapsed() < seconds(4000) {
        let now = bench.clock.elapsed();
        let shown: BTreeSet<_> = bench.callids(WHOLE).await.into_iter().collect();
        let ledger = bench.sim.ledger();
        let going_on: BTreeSet<_> =
            ledger.calls.iter().filter(|call| call.ended.is_none()).map(|call| call.callid.clone()).collect();
        assert_eq!(shown, going_on, "at {now:?}");
        seen.extend(shown);
        bench.clock.advance(seconds(4));
    }
    let ledger = bench.sim.ledger();
    let true_calls: BTreeSet<_> = ledger.calls.iter().map(|call| call.callid.clone()).collect();
    assert_eq!((&seen, &true_calls), (&laid_out, &laid_out));
    let recorded: BTreeSet<_> = bench.callids("recent=1").await.into_iter().collect();
    assert_eq!(recorded, laid_out);
    let served: BTreeSet<_> = ledger.requests.iter().flat_map(|request| request.shown.clone()).collect();
    assert_eq!(served, laid_out);
    assert_eq!(ledger.closest_reading(), Some(seconds(4)));
}

#[tokio::test]
async fn the_same_seed_plays_the_same_day_with_the_same_callids() {
    let mut days = Vec::new();
    for _ in 0..2 {
        let bench = Bench::new().await;
        WorkingDay::generate(5, &DayPlan::default()).play_on(&bench.sim);
        bench.clock.advance(seconds(10 * 3600));
        days.push(bench.sim.ledger().calls);
    }
    assert_eq!(days[0], days[1]);
    assert!(days[0].len() > 50);
}

#[tokio::test]
async fn the_ledger_tells_only_what_has_happened() {
    let bench = Bench::new().await;
    let call = bench.sim.rings_at(seconds(10), "88884787", AGENT).answers_after(seconds(5)).lasts(seconds(5));
    let cancelled = bench.sim.rings_at(seconds(500), "71022296", AGENT);
    assert!(bench.sim.ledger().calls.is_empty());
    bench.clock.advance(seconds(12));
    let ledger = bench.sim.ledger();
    let entry = ledger.call(&call.callid()).unwrap();
    assert_eq!((entry.began.elapsed, entry.answered, entry.ended), (seconds(10), None, None));
    assert!(cancelled.hang_up());
    bench.clock.advance(seconds(600));
    let ledger = bench.sim.ledger();
    assert_eq!(ledger.calls.len(), 1);
    assert_eq!(ledger.calls[0].ended.unwrap().elapsed, seconds(20));
    assert_eq!(ledger.calls[0].party, "88884787");
}
