//! "Los HTTPS solo se pueden activar cada 4 segundos" (seed 000, notes).

use super::harness::{Bench, OWN, seconds};
use crate::callmyway::{Ledger, RequestKind, ThrottleScope};

fn releases(ledger: &Ledger) -> Vec<u64> {
    ledger.requests.iter().map(|request| request.release.elapsed.as_secs()).collect()
}

#[tokio::test]
async fn early_readings_are_delayed_and_the_delays_add_up() {
    let bench = Bench::with(|config| config.reading_interval = seconds(4)).await;
    bench.json("getCdrs.php", OWN).await;
    let mut waiting = Vec::new();
    for n in 1..=3 {
        bench.clock.advance(seconds(1));
        waiting.push(bench.ask("getCdrs.php", OWN));
        bench.clock.wait_for_sleepers(n).await;
    }
    assert_eq!(bench.clock.next_deadline(), Some(seconds(4)));
    for (n, answer) in waiting.into_iter().enumerate() {
        let n = n as u64 + 1;
        bench.clock.advance(seconds(4 * n) - timbre_domain::ports::Clock::elapsed(&bench.clock));
        assert_eq!(answer.await.unwrap().unwrap().0, 200);
    }
    let ledger = bench.sim.ledger();
    assert_eq!(releases(&ledger), [0, 4, 8, 12]);
    let early: Vec<_> = ledger.requests.iter().map(|request| request.early).collect();
    assert_eq!(early, [false, true, true, true]);
    assert_eq!(ledger.requests[3].answered.unwrap().elapsed, seconds(12));
    assert_eq!(ledger.closest_reading(), Some(seconds(1)));
}

#[tokio::test]
async fn who_keeps_the_interval_waits_for_nothing() {
    let bench = Bench::with(|config| config.reading_interval = seconds(4)).await;
    for parameters in [OWN, "recent=1", OWN] {
        bench.json("getCdrs.php", parameters).await;
        bench.clock.advance(seconds(4));
    }
    let ledger = bench.sim.ledger();
    assert!(ledger.requests.iter().all(|request| !request.early));
    assert_eq!(ledger.closest_reading(), Some(seconds(4)));
}

#[tokio::test]
async fn a_delayed_answer_shows_the_calls_of_the_moment_it_is_let_through() {
    let bench = Bench::with(|config| config.reading_interval = seconds(4)).await;
    let call = bench.sim.rings("88884787", "8373456");
    bench.json("getCdrs.php", OWN).await;
    let late = bench.ask("getCdrs.php", OWN);
    bench.clock.wait_for_sleepers(1).await;
    call.hang_up();
    bench.clock.advance(seconds(4));
    late.await.unwrap().unwrap();
    let ledger = bench.sim.ledger();
    assert_eq!(ledger.requests[0].shown, [call.callid()]);
    assert!(ledger.requests[1].shown.is_empty());
}

#[tokio::test]
async fn the_scope_decides_whose_readings_count_together() {
    for (scope, together) in
        [(ThrottleScope::PerSignIn, false), (ThrottleScope::PerAccount, true), (ThrottleScope::PerAddress, true)]
    {
        let bench = Bench::with(|config| {
            config.reading_interval = seconds(4);
            config.throttle_scope = scope;
        })
        .await;
        bench.json("getCdrs.php", OWN).await;
        let other = bench.ask_raw("getCdrs.php", &format!("username=8615601&password=secreto2&{OWN}"));
        if together {
            bench.clock.wait_for_sleepers(1).await;
            bench.clock.advance(seconds(4));
        }
        other.await.unwrap().unwrap();
        assert_eq!(bench.sim.ledger().requests[1].early, together, "{scope:?}");
    }
}

#[tokio::test]
async fn endpoints_count_by_a_switch_and_click_to_dial_never() {
    for counted in [true, false] {
        let bench = Bench::with(|config| {
            config.reading_interval = seconds(4);
            config.endpoints_throttled = counted;
        })
        .await;
        bench.json("getCdrs.php", OWN).await;
        bench.dial("8373456", "88884787").await;
        let endpoints = bench.ask("getEndpoints.php", "");
        if counted {
            bench.clock.wait_for_sleepers(1).await;
            bench.clock.advance(seconds(4));
        }
        endpoints.await.unwrap().unwrap();
        let ledger = bench.sim.ledger();
        assert_eq!(ledger.requests_of(RequestKind::Dial).next().unwrap().scope, None);
        assert_eq!(ledger.requests_of(RequestKind::Endpoints).next().unwrap().early, counted);
    }
}

#[tokio::test]
async fn a_client_that_goes_away_keeps_its_place_but_leaves_no_sleeper() {
    let bench = Bench::with(|config| config.reading_interval = seconds(4)).await;
    bench.json("getCdrs.php", OWN).await;
    let impatient = bench.ask("getCdrs.php", OWN);
    bench.clock.wait_for_sleepers(1).await;
    impatient.abort();
    let patient = bench.ask("getCdrs.php", OWN);
    bench.clock.advance(seconds(4));
    // It is allowed at 8 s, after the one whose client disconnected.
    bench.clock.wait_for_sleepers(1).await;
    bench.clock.advance(seconds(4));
    patient.await.unwrap().unwrap();
    assert_eq!(releases(&bench.sim.ledger())[..2], [0, 4]);
}
