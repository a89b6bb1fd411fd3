//! The live calls (seed 000, section 2).

use chrono::TimeDelta;
use serde_json::{Value, json};
use timbre_domain::ports::Clock;

use super::harness::{AGENT, Bench, COLLEAGUE, OWN, WHOLE, seconds};

#[tokio::test]
async fn an_outgoing_call_looks_like_the_documents_example_field_by_field() {
    let bench = Bench::new().await;
    bench.clock.advance(seconds(103));
    let call = bench.sim.calls_out(AGENT, "88848787").answers_after(seconds(5));
    bench.clock.advance(seconds(60));
    let body = bench.body("getCdrs.php", OWN).await;
    let expected = format!(
        "{{\"status\":200,\"message\":\"\",\"cdrs\":[{{\"callid\":\"{}\",\"ani\":\"8373456\",\"dnis\":\"88848787\",\
         \"detect_time\":\"2026-03-02 08:01:43\",\"connect_time\":\"2026-03-02 08:01:48\",\"duration\":\"0\",\
         \"ani_user\":\"8373456\",\"dnis_user\":\"\",\"cost\":0,\"access_fee\":0,\"rate\":25.185,\
         \"route_pattern\":\"5068\",\"route_name\":\"COSTA RICA MOBILE ICE\",\"access_endpoint_id\":\"43715\",\
         \"dst_endpoint_id\":\"\"}}]}}",
        call.callid()
    );
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_incoming_call_that_rings_is_not_connected() {
    let bench = Bench::new().await;
    let call = bench.sim.rings("8888-4787", AGENT);
    let row = bench.cdrs(OWN).await.remove(0);
    let expected = json!({
        "callid": call.callid(), "ani": "8888-4787", "dnis": AGENT, "detect_time": "2026-03-02 08:00:00",
        "connect_time": "1970-01-01 00:00:00", "duration": "0", "ani_user": "", "dnis_user": AGENT, "cost": 0,
        "access_fee": 0, "rate": 0, "route_pattern": "", "route_name": "", "access_endpoint_id": "",
        "dst_endpoint_id": "43715",
    });
    assert_eq!(row, expected);
    assert!(call.answer());
    assert_eq!(bench.cdrs(OWN).await[0]["connect_time"], "2026-03-02 08:00:00");
}

#[tokio::test]
async fn live_shows_exactly_the_calls_going_on() {
    let bench = Bench::new().await;
    assert!(bench.cdrs(OWN).await.is_empty());
    let planned = bench.sim.rings_at(seconds(10), "anonymous", AGENT).answers_after(seconds(3)).lasts(seconds(20));
    let missed = bench.sim.rings_at(seconds(12), "", AGENT).lasts(seconds(8));
    let mut seen = Vec::new();
    for at in [0, 9, 10, 12, 19, 20, 32, 33] {
        bench.clock.advance(seconds(at) - bench.clock.elapsed());
        let ids = bench.callids(OWN).await;
        seen.push((at, ids.contains(&planned.callid()), ids.contains(&missed.callid())));
    }
    let expected = [
        (0, false, false),
        (9, false, false),
        (10, true, false),
        (12, true, true),
        (19, true, true),
        (20, true, false),
        (32, true, false),
        (33, false, false),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn two_rings_at_once_are_two_rows_newest_first() {
    let bench = Bench::new().await;
    let first = bench.sim.rings("88884787", AGENT);
    bench.clock.advance(seconds(2));
    let second = bench.sim.rings("88884787", AGENT);
    assert_ne!(first.callid(), second.callid());
    assert_eq!(bench.callids(OWN).await, [second.callid(), first.callid()]);
    first.answer();
    second.hang_up();
    assert_eq!(bench.callids(OWN).await, [first.callid()]);
}

#[tokio::test]
async fn a_sign_in_sees_its_own_endpoint_or_the_account() {
    let bench = Bench::new().await;
    let mine = bench.sim.rings("88884787", AGENT);
    bench.clock.advance(seconds(1));
    let hers = bench.sim.rings("71022296", COLLEAGUE);
    assert_eq!(bench.callids(OWN).await, [mine.callid()]);
    assert_eq!(bench.callids(WHOLE).await, [hers.callid(), mine.callid()]);
    hers.hang_up();
    mine.hang_up();
    let between = bench.sim.internal(COLLEAGUE, AGENT);
    let row = bench.cdrs(OWN).await.remove(0);
    assert_eq!((&row["callid"], &row["ani_user"]), (&Value::from(between.callid()), &Value::from(COLLEAGUE)));
    assert_eq!((&row["access_endpoint_id"], &row["dst_endpoint_id"]), (&"182702".into(), &"43715".into()));
}

#[tokio::test]
async fn in_a_group_one_answers_and_the_others_stop_ringing() {
    let bench = Bench::new().await;
    let group = bench.sim.rings_group("88884787", &[AGENT, COLLEAGUE]);
    assert_eq!(bench.callids(WHOLE).await.len(), 2);
    bench.clock.advance(seconds(3));
    assert!(group.answer(COLLEAGUE));
    assert_eq!(bench.callids(WHOLE).await, [group.attempts[1].callid()]);
    assert!(!group.answer(AGENT));
}

#[tokio::test]
async fn callids_have_nineteen_digits_hold_their_time_and_come_from_the_seed() {
    let bench = Bench::new().await;
    let twin = Bench::new().await;
    let other = Bench::with(|config| config.seed = 2).await;
    let id = bench.sim.rings("1", AGENT).callid();
    assert_eq!(id.len(), 19);
    assert_eq!(id.parse::<u64>().unwrap() >> 32, u64::try_from(bench.clock.now().timestamp()).unwrap());
    assert_eq!(id, twin.sim.rings("1", AGENT).callid());
    assert_ne!(id, other.sim.rings("1", AGENT).callid());
    // The documents' own example: detected 10:01:43 in Costa Rica, 16:01:43 UTC.
    assert_eq!(1_512_403_303 - (6_495_722_720_473_790_385_u64 >> 32), 1);
}

#[tokio::test]
async fn the_vendors_clock_does_not_follow_the_computers() {
    let bench = Bench::with(|config| config.clock_ahead = TimeDelta::seconds(90)).await;
    bench.clock.set_wall(bench.clock.now() - TimeDelta::hours(3));
    bench.clock.advance(seconds(10));
    bench.sim.rings("88884787", AGENT);
    assert_eq!(bench.cdrs(OWN).await[0]["detect_time"], "2026-03-02 08:01:40");
}

#[tokio::test]
async fn times_are_written_in_the_accounts_zone() {
    let bench = Bench::with(|config| config.time_zone = chrono_tz::America::Santiago).await;
    bench.sim.rings("88884787", AGENT);
    assert_eq!(bench.cdrs(OWN).await[0]["detect_time"], "2026-03-02 11:00:00");
}
