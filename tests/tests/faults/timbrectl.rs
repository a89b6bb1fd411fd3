//! The vendor as PHP behind a load balancer really answers, as somebody at a terminal sees it: the real timbrectl, a table row
//! each.

use std::time::Duration;

use serde_json::Value;
use timbre_engine::api::event::{CallEvent, Condition, Event, ProviderState};
use timbre_simulator::{Fault, RequestKind};
use timbre_tests::desk::Desk;
use timbre_tests::programs::Watch;
use timbre_tests::story::ENDPOINT;

const CUSTOMER: &str = "88884787";
const ALWAYS: usize = usize::MAX;

/// Another endpoint of the simulator's account.
const COLLEAGUE: (&str, &str) = ("182702", "8615601");

/// A desk that is watched, after the vendor has answered once.
async fn watched() -> (Desk, Watch) {
    let desk = Desk::new().await;
    let watch = watching(&desk).await;
    (desk, watch)
}

async fn watching(desk: &Desk) -> Watch {
    let mut watch = Watch::start(desk.timbrectl());
    provider(&mut watch, |state| state.state == Condition::Ok).await;
    watch
}

async fn provider(watch: &mut Watch, is: impl Fn(&ProviderState) -> bool) -> ProviderState {
    loop {
        if let Event::Provider(state) = watch.next().await
            && is(&state)
        {
            return state;
        }
    }
}

/// The next event about a call that has this name.
#[expect(clippy::panic, reason = "a test may stop at the first surprise")]
async fn call(watch: &mut Watch, name: &str) -> CallEvent {
    match watch.until(name).await {
        Event::Detected(call)
        | Event::Connected(call)
        | Event::Ended(call)
        | Event::Resumed(call)
        | Event::Identified(call) => call,
        other => panic!("{other:?}"),
    }
}

/// A call that was answered and is over.
async fn answered_and_over(desk: &Desk, watch: &mut Watch) {
    let call_of = desk.sim.rings(CUSTOMER, ENDPOINT);
    call_of.answer();
    call(watch, "call.connected").await;
    call_of.hang_up();
    call(watch, "call.ended").await;
}

/// The names of the events up to the first of this name.
async fn up_to(watch: &mut Watch, name: &str) -> Vec<&'static str> {
    let mut names = Vec::new();
    loop {
        let event = watch.next().await;
        names.push(timbre_tests::story::name_of(&event));
        if names.last() == Some(&name) {
            return names;
        }
    }
}

fn number(call: &CallEvent) -> Option<&str> {
    call.party.number().and_then(|number| number.e164())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_names_our_endpoint_by_its_id_alone_pops_up_though_nobody_ever_read_the_endpoints() {
    let (desk, mut watch) = watched().await;
    desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::fields(&[("dnis", "\"40001000\""), ("dnis_user", "\"\"")]));
    desk.sim.rings(CUSTOMER, ENDPOINT);
    let detected = call(&mut watch, "call.detected").await;
    assert_eq!((detected.endpoint.as_str(), number(&detected)), (ENDPOINT, Some("+50688884787")));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_when_the_endpoints_can_t_be_read() {
    let (desk, watch) = {
        let desk = Desk::new().await;
        desk.sim.faults().on(RequestKind::Endpoints, ALWAYS, Fault::Http500);
        let watch = watching(&desk).await;
        (desk, watch)
    };
    let findings = loop {
        let report = desk.run(&["doctor"]).await;
        let report: Value = serde_json::from_slice(&report.stdout).unwrap();
        let found: Vec<String> = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| check["finding"].as_str().unwrap().to_owned())
            .collect();
        if found.iter().any(|finding| finding == "account.endpoints_failed") {
            break found;
        }
    };
    assert!(findings.iter().any(|finding| finding == "account.reached"));
    drop(watch);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_php_writes_for_nothing_is_nothing_in_every_field() {
    for empty in ["false", "\"0\"", "0", "null", "[]", "\"false\"", "\"null\"", "{}", "\" \""] {
        let (desk, mut watch) = watched().await;
        let fields =
            [("ani_user", empty), ("access_endpoint_id", empty), ("route_name", empty), ("connect_time", empty)];
        desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::fields(&fields));
        desk.sim.rings(CUSTOMER, ENDPOINT);
        let detected = call(&mut watch, "call.detected").await;
        assert_eq!(number(&detected), Some("+50688884787"), "{empty}");
        let Event::Popup(popup) = watch.until("popup").await else { panic!("no pop-up") };
        assert_eq!(format!("{:?}", popup.matched), "Unknown", "{empty}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_calls_is_an_answer_in_whatever_words() {
    for body in [
        r#"{"status":404,"message":"No records found","cdrs":[]}"#,
        r#"{"status":"404","message":"No se encontraron registros"}"#,
        r#"{"status":204,"message":"","cdrs":null}"#,
        r#"{"success":true,"cdrs":{}}"#,
    ] {
        let desk = Desk::new().await;
        desk.sim.faults().on(RequestKind::Live, 3, Fault::Body(body.to_owned()));
        let mut watch = Watch::start(desk.timbrectl());
        let first = provider(&mut watch, |_| true).await;
        assert_eq!((first.state, first.unread), (Condition::Ok, 0), "{body}");
    }
    let not_found = r#"{"status":404,"message":"No records found","cdrs":[]}"#;
    for (status, body) in [(404, not_found), (204, ""), (200, "No records found")] {
        let desk = Desk::new().await;
        desk.sim.faults().on(RequestKind::Live, 3, Fault::Status(status, body.to_owned()));
        let mut watch = Watch::start(desk.timbrectl());
        assert_eq!(provider(&mut watch, |_| true).await.state, Condition::Ok, "{status} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_empty_bodies_delay_no_call() {
    let (desk, mut watch) = watched().await;
    desk.sim.faults().on(RequestKind::Live, 3, Fault::EmptyBody);
    provider(&mut watch, |state| state.state == Condition::Failing).await;
    let call_of = desk.sim.rings(CUSTOMER, ENDPOINT).lasts(Duration::from_millis(2_400));
    call(&mut watch, "call.detected").await;
    assert!(call_of.is_live(), "it was seen while it rang");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_that_the_vendor_refuses_with_http_200_fails_at_once_with_the_vendor_s_words() {
    for (status, body, said) in [
        (200, "ERROR: Saldo insuficiente", "ERROR: Saldo insuficiente"),
        (200, r#"{"success":false,"message":"Saldo insuficiente"}"#, "Saldo insuficiente"),
        (200, r#"{"status":"error","message":"N\u00famero \u001b[31mno v\u00e1lido"}"#, "Número [31mno válido"),
        (200, r#"{"ok":false,"error":{"description":"Bloqueado"}}"#, "Bloqueado"),
        (402, r#"{"message":"Saldo insuficiente"}"#, "Saldo insuficiente"),
        (429, "Demasiadas solicitudes", "Demasiadas solicitudes"),
    ] {
        let desk = Desk::new().await;
        desk.sim.faults().on(RequestKind::Dial, 1, Fault::Status(status, body.to_owned()));
        let (exit, error) = desk.fails(&["dial", CUSTOMER]).await;
        assert_eq!((exit, error["code"].as_str()), (6, Some("vendor_refused")), "{body}: {error}");
        assert_eq!(error["said"], said, "{body}");
        assert!(error["what"].as_str().unwrap().contains(said), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_a_dial_that_says_neither_yes_nor_no_is_followed_and_its_words_are_shown() {
    let desk = Desk::new().await;
    desk.sim.faults().on(RequestKind::Dial, 1, Fault::Body("espere un momento".to_owned()));
    let (exit, error) = desk.fails(&["dial", CUSTOMER]).await;
    assert_eq!((exit, error["code"].as_str()), (10, Some("outcome_unknown")), "{error}");
    assert_eq!(error["said"], "espere un momento");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_shown_after_the_first_ring_completes_the_pop_up_and_the_history() {
    let (desk, mut watch) = watched().await;
    desk.sim.faults().on(RequestKind::Live, 4, Fault::fields(&[("ani", "\"\"")]));
    let call_of = desk.sim.rings(CUSTOMER, ENDPOINT);
    assert_eq!(number(&call(&mut watch, "call.detected").await), None);
    assert_eq!(number(&call(&mut watch, "call.identified").await), Some("+50688884787"));
    let Event::Popup(popup) = watch.until("popup").await else { panic!("no pop-up") };
    assert!(popup.completed);
    call_of.hang_up();
    call(&mut watch, "call.ended").await;
    let listed = desk.succeeds(&["calls", "list"]).await;
    assert_eq!(listed["calls"][0]["party"]["number"]["e164"], "+50688884787");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_only_the_record_shows_is_in_the_history() {
    let (desk, mut watch) = watched().await;
    desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::fields(&[("ani", "\"\"")]));
    let call_of = desk.sim.rings(CUSTOMER, ENDPOINT);
    call(&mut watch, "call.detected").await;
    call_of.answer();
    call(&mut watch, "call.connected").await;
    call_of.hang_up();
    call(&mut watch, "call.ended").await;
    desk.run(&["calls", "sync"]).await;
    let listed = desk.succeeds(&["calls", "list"]).await;
    assert_eq!(listed["calls"][0]["party"]["number"]["e164"], "+50688884787");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_another_endpoint_takes_over_is_over_for_us_and_begins_for_them() {
    let (desk, mut watch) = watched().await;
    let (id, colleague) = COLLEAGUE;
    let of_colleague = format!("full_account = true\nendpoints = [\"{colleague}\"]\n");
    let mut other = Watch::start(desk.timbrectl_of("colleague", &of_colleague));
    provider(&mut other, |state| state.state == Condition::Ok).await;
    let call_of = desk.sim.rings(CUSTOMER, ENDPOINT);
    call_of.answer();
    call(&mut watch, "call.connected").await;
    let moved = Fault::fields(&[("dnis_user", &format!("\"{colleague}\"")), ("dst_endpoint_id", &format!("\"{id}\""))]);
    desk.sim.faults().on(RequestKind::Live, ALWAYS, moved);
    assert!(call(&mut watch, "call.ended").await.transferred);
    assert!(call_of.is_live());
    let began = call(&mut other, "call.detected").await;
    assert_eq!((began.endpoint.as_str(), number(&began)), (colleague, Some("+50688884787")));
    other.until("popup").await;
    let listed = desk.succeeds(&["calls", "list"]).await;
    assert_eq!(listed["calls"][0]["transferred"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_rings_us_is_not_answered_because_its_queue_answered() {
    for fields in [
        &[
            ("dnis", "\"40001000\""),
            ("dnis_user", "\"\""),
            ("dst_endpoint_id", "\"0\""),
            ("connect_time", "\"2017-12-04 10:01:48\""),
        ][..],
        &[("dnis_user", "\"8615601\""), ("dst_endpoint_id", "\"182702\""), ("connect_time", "\"2017-12-04 10:01:48\"")],
    ] {
        let (desk, mut watch) = watched().await;
        desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::twin(fields));
        let call_of = desk.sim.rings(CUSTOMER, ENDPOINT).lasts(Duration::from_millis(900));
        let told = up_to(&mut watch, "call.ended").await;
        assert!(told.contains(&"popup") && !told.contains(&"call.connected"), "{told:?}");
        drop(call_of);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn durations_and_money_are_read_exactly_in_whatever_form() {
    for (duration, cost, seconds, money) in [
        ("\"00:00:22\"", "\"1,234.56\"", 22, "1234.56"),
        ("22.0", "\"1.234,56\"", 22, "1234.56"),
        ("\"0:22\"", "\"\u{20a1}1 234,56\"", 22, "1234.56"),
        ("\"22 seg\"", "1234.56", 22, "1234.56"),
    ] {
        let (desk, mut watch) = watched().await;
        desk.sim.faults().on(RequestKind::Cdr, ALWAYS, Fault::fields(&[("duration", duration), ("cost", cost)]));
        answered_and_over(&desk, &mut watch).await;
        desk.run(&["calls", "sync"]).await;
        let listed = desk.succeeds(&["calls", "list"]).await;
        assert_eq!(listed["calls"][0]["duration_s"], seconds, "{duration}");
        assert_eq!(listed["calls"][0]["cost"], money, "{cost}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_read_although_nobody_asked_for_one() {
    for said in [true, false] {
        let (desk, mut watch) = watched().await;
        desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::Gzip(said));
        desk.sim.rings(CUSTOMER, ENDPOINT);
        call(&mut watch, "call.detected").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_asks_to_be_left_alone_for_a_while_is() {
    for status in [429, 503] {
        let (desk, mut watch) = watched().await;
        desk.sim.faults().on(RequestKind::Live, 1, Fault::RetryAfter(status, 2));
        provider(&mut watch, |state| state.state == Condition::Failing).await;
        provider(&mut watch, |state| state.state == Condition::Ok).await;
        let ledger = desk.sim.ledger();
        let requests: Vec<_> = ledger.requests_of(RequestKind::Live).collect();
        let held = requests.iter().position(|request| matches!(request.fault, Some(Fault::RetryAfter(..)))).unwrap();
        let pause = requests[held + 1].arrival.elapsed - requests[held].arrival.elapsed;
        assert!(pause >= Duration::from_secs(2), "{status}: {pause:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_list_ends_no_call() {
    let (desk, mut watch) = watched().await;
    desk.sim.rings(CUSTOMER, ENDPOINT);
    call(&mut watch, "call.detected").await;
    desk.sim.faults().on(RequestKind::Live, 5, Fault::Body(r#"{"status":200,"message":"espere"}"#.to_owned()));
    let told = provider(&mut watch, |state| state.state == Condition::PartlyRead).await;
    assert!(told.unread > 0);
    provider(&mut watch, |state| state.state == Condition::Ok).await;
    let (written, _) = watch.stop().await;
    assert!(!String::from_utf8(written).unwrap().contains("call.ended"));
    let unread = desk.succeeds(&["unread"]).await;
    assert!(unread.to_string().contains("espere"), "{unread}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_kept_as_it_is_written_and_one_in_doubt_loses_no_call() {
    let (desk, mut watch) = watched().await;
    desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::fields(&[("callid", "123456789012345678901234")]));
    desk.sim.rings(CUSTOMER, ENDPOINT);
    let detected = call(&mut watch, "call.detected").await;
    assert_eq!(detected.call_key.external_id, "123456789012345678901234");

    for id in ["6.4957227204738e18", "\"0\"", "\"6,4957227204738E+18\""] {
        let (desk, mut watch) = watched().await;
        desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::fields(&[("callid", id)]));
        desk.sim.rings(CUSTOMER, ENDPOINT);
        desk.sim.rings("22223344", ENDPOINT);
        let mut keys = Vec::new();
        let mut doubt = None;
        while keys.len() < 2 || doubt.is_none() {
            match watch.next().await {
                Event::Detected(call) => keys.push(call.call_key),
                Event::Provider(state) if state.state == Condition::PartlyRead => doubt = state.detail,
                _ => {}
            }
        }
        assert_ne!(keys[0], keys[1]);
        assert!(keys.iter().all(|key| key.external_id.starts_with(id.trim_matches('"'))), "{keys:?}");
        assert!(doubt.unwrap().contains("callid"), "a doubtful id is told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_never_answered_in_the_future_and_nothing_of_a_stranger_s_reaches_the_terminal_raw() {
    let (desk, mut watch) = watched().await;
    let fields = [("connect_time", "\"2099-01-01 00:00:00\""), ("callid", r#""1\u001b[31m\n\u202e2""#)];
    desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::fields(&fields));
    let call_of = desk.sim.rings(CUSTOMER, ENDPOINT);
    let (mut connected, mut told) = (None, None);
    while connected.is_none() || told.is_none() {
        match watch.next().await {
            Event::Connected(call) => connected = Some(call),
            Event::Provider(state) if state.state == Condition::PartlyRead => told = state.detail,
            _ => {}
        }
    }
    let connected = connected.unwrap();
    assert!(connected.connected_at.unwrap() <= connected.at);
    assert!(told.unwrap().contains("future"));
    call_of.hang_up();
    let ended = call(&mut watch, "call.ended").await;
    assert!(ended.connected_at <= ended.ended_at);
    for args in [&["calls", "list"][..], &["unread"], &["doctor"], &["status"]] {
        for json in [true, false] {
            let mut command = if json { desk.timbrectl() } else { desk.timbrectl_for_people() };
            command.args(args);
            let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let harmful = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}');
            assert!(!text.contains(harmful), "{args:?} {json}: {text:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_currency_is_left_out_has_the_one_that_the_example_shows() {
    let (desk, mut watch) = watched().await;
    answered_and_over(&desk, &mut watch).await;
    desk.sim.faults().on(RequestKind::Cdr, ALWAYS, Fault::fields(&[("duration", "\"18\"")]));
    let Event::Recorded(recorded) = watch.until("call.recorded").await else { panic!("no record") };
    assert_eq!(recorded.currency.as_deref(), Some("CRC"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_could_not_be_read_is_kept_whoever_asked_for_it() {
    for (fault, part) in [
        (Fault::Status(400, "{\"fault\":\"malo\"}".into()), "malo"),
        (Fault::TruncatedJson, "status"),
        (Fault::Body(r#"{"status":200,"message":"","cdrs":false}"#.into()), "false"),
        (Fault::Body("[']',".repeat(2_000)), "[']',"),
    ] {
        for kind in [RequestKind::Live, RequestKind::Cdr, RequestKind::Endpoints] {
            let desk = Desk::new().await;
            desk.sim.faults().on(kind, 3, fault.clone());
            let watch = (kind == RequestKind::Live).then(|| Watch::start(desk.timbrectl()));
            if let Some(mut watch) = watch {
                provider(&mut watch, |state| state.state == Condition::Failing).await;
                provider(&mut watch, |state| state.state == Condition::Ok).await;
                watch.stop().await;
            } else {
                let args = if kind == RequestKind::Cdr { ["calls", "sync"] } else { ["endpoints", "sync"] };
                assert!(!desk.run(&args).await.status.success(), "{kind:?} {fault:?}");
            }
            let unread = desk.succeeds(&["unread"]).await;
            assert!(unread.to_string().contains(part), "{kind:?} {fault:?}: {unread}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn brackets_without_end_break_nothing_wherever_they_hide() {
    let (desk, mut watch) = watched().await;
    for body in ["[']',".repeat(2_000), "[/*]*/".repeat(2_000), "[//]\n".repeat(20_000), "{a:[".repeat(50_000)] {
        desk.sim.faults().on(RequestKind::Live, 1, Fault::Body(body));
        provider(&mut watch, |state| state.state == Condition::Failing).await;
        provider(&mut watch, |state| state.state == Condition::Ok).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_never_ends_is_told_and_keeps_nobody_from_dialling_who_insists() {
    let (desk, mut watch) = watched().await;
    let old = [("detect_time", "\"2017-12-04 10:01:43\""), ("connect_time", "\"2017-12-04 10:01:48\"")];
    desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::fields(&old));
    let stuck = desk.sim.rings("22223344", ENDPOINT);
    call(&mut watch, "call.connected").await;
    let (exit, error) = desk.fails(&["dial", CUSTOMER]).await;
    assert_eq!((exit, error["code"].as_str()), (7, Some("stale_call")), "{error}");
    assert!(error["do"].as_str().unwrap().contains("--despite-stale-call"));
    let report = desk.run(&["doctor"]).await;
    assert!(String::from_utf8(report.stdout).unwrap().contains("account.stale_calls"));
    stuck.hang_up();
    let before = desk.sim.ledger().requests_of(RequestKind::Dial).count();
    desk.run(&["dial", CUSTOMER, "--despite-stale-call", "--no-wait"]).await;
    assert_eq!(desk.sim.ledger().requests_of(RequestKind::Dial).count(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_live_calls_of_the_account_hide_none_of_ours_and_doctor_says_so() {
    let (desk, mut watch) = watched().await;
    desk.sim.faults().on(RequestKind::Live, ALWAYS, Fault::Crowd(9_000));
    desk.sim.rings(CUSTOMER, ENDPOINT);
    call(&mut watch, "call.detected").await;
    let report = desk.run(&["doctor"]).await;
    assert!(String::from_utf8(report.stdout).unwrap().contains("account.answers_large"));
}
