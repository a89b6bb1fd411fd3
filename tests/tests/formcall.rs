//! FormCall, through the whole engine: a vendor that dials with more data, shows no live calls, and whose answer may be lost.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::time::Duration;

use chrono::TimeDelta;
use timbre_domain::call::{CallState, Direction};
use timbre_domain::dial::{DialProgress, DialState};
use timbre_domain::error::ErrorCode;
use timbre_domain::ports::Clock as _;
use timbre_domain::status::AccountReach;
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::api::command;
use timbre_engine::api::event::Event;
use timbre_engine::calls::dialler::{DialRequest, Dialled};
use timbre_engine::contacts::edit::ContactEdit;
use timbre_simulator::formcall::{
    DOCUMENTED_POPUP, DOCUMENTED_TOKEN, ErrorQuotes, ErrorStatus, Fault, FormCall, FormCallConfig, Popup, RequestKind,
};
use timbre_tests::formcall::FormCallStory;

const NUMBER: &str = "+56 9 5631 1283";

fn dial(number: &str) -> command::Dial {
    command::Dial(DialRequest { number: number.to_owned(), ..DialRequest::default() })
}

fn step(event: &Event, state: DialState) -> Option<DialProgress> {
    match event {
        Event::Dial(step) if step.progress.state == state => Some(step.progress.clone()),
        _ => None,
    }
}

async fn reaches(story: &mut FormCallStory, state: DialState) -> DialProgress {
    story.until(&format!("the dial is {state:?}"), |event| step(event, state)).await
}

fn placed(story: &FormCallStory) -> usize {
    story.sim.ledger().calls.len()
}

#[tokio::test]
async fn a_dialled_contact_pops_up_at_once_and_the_list_tells_when_they_spoke_and_when_it_was_over() {
    for undocumented_fields in [false, true] {
        dialled_contact(FormCallConfig { undocumented_fields, ..FormCallConfig::default() }).await;
    }
}

async fn dialled_contact(config: FormCallConfig) {
    let mut story = FormCallStory::prepared(config).await;
    story.start().await;
    let edit = ContactEdit {
        name: Some("Juan Pérez".into()),
        emails: Some(vec!["jperez@mt2015.com".into()]),
        phones: Some(vec![(NUMBER.into(), timbre_domain::contact::PhoneKind::Mobile)]),
        ..ContactEdit::default()
    };
    let contact = story.execute(command::ContactsAdd(edit)).await.unwrap();
    let request = DialRequest { number: NUMBER.into(), contact: Some(contact.id), ..DialRequest::default() };
    let request = DialRequest { extra: [("Plan".to_owned(), "Fibra".to_owned())].into(), ..request };
    assert!(story.execute(command::Dial(request)).await.unwrap().accepted);
    let popup = story.until("the pop-up", |event| match event {
        Event::Popup(popup) => Some(popup.clone()),
        _ => None,
    });
    let popup = popup.await;
    assert_eq!(popup.contacts[0].name, "Juan Pérez");
    assert_eq!((popup.call.direction, popup.call.state), (Direction::Out, CallState::Ringing));

    // The number split as in the vendor's own example, and the contact's data beside the dial's.
    let order = story.sim.ledger().requests.iter().find_map(|request| request.order.clone()).unwrap();
    let number = &order.number;
    assert_eq!([&*number.country_code, &*number.areacode, &*number.phonenumber], ["56", "9", "56311283"]);
    let data: Vec<_> = order.adicional.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(data, [("Email", "jperez@mt2015.com"), ("Nombre", "Juan Pérez"), ("Plan", "Fibra")]);

    let call = story.sim.newest_live_call().unwrap();
    story.clock.advance(Duration::from_secs(2));
    assert!(call.agent_answers());
    story.clock.advance(Duration::from_secs(3));
    assert!(call.customer_answers());
    reaches(&mut story, DialState::Connected).await;
    story.clock.advance(Duration::from_secs(40));
    assert!(call.hang_up());
    let over = reaches(&mut story, DialState::Ended).await;
    assert_eq!(over.call_key.unwrap().external_id, call.uuid());
    let recorded = story.until("the record", |event| match event {
        Event::Recorded(recorded) => Some(recorded.clone()),
        _ => None,
    });
    let recorded = recorded.await;
    assert_eq!((recorded.end_reason.as_deref(), recorded.duration_s >= 40), (Some("Conectada"), true));
    assert_eq!(placed(&story), 1);
    story.stop().await;
}

#[tokio::test]
async fn a_customer_who_does_not_answer_ends_the_dial_without_a_conversation() {
    let mut story = FormCallStory::begin().await;
    story.execute(dial(NUMBER)).await.unwrap();
    let call = story.sim.newest_live_call().unwrap();
    story.clock.advance(Duration::from_secs(2));
    assert!(call.agent_answers() && call.customer_does_not_answer());
    reaches(&mut story, DialState::Ended).await;
    assert!(!story.told.iter().any(|event| matches!(event, Event::Connected(_))));
    story.stop().await;
}

#[tokio::test]
async fn an_order_that_waits_for_the_popups_hours_is_told_and_leaves_the_agent_free() {
    let popup = Popup { in_service: false, keeps_pending: true, ..FormCallConfig::default().popups.remove(0) };
    let mut story = FormCallStory::prepared(FormCallConfig { popups: vec![popup], ..FormCallConfig::default() }).await;
    story.start().await;
    story.execute(dial(NUMBER)).await.unwrap();
    reaches(&mut story, DialState::Pending).await;
    story.execute(dial("+56 2 2345 6789")).await.unwrap();
    assert_eq!(story.sim.ledger().pending.len(), 2);
    story.stop().await;
}

/// The call was placed and its answer lost: nobody repeats the order, and the list tells what became of it.
#[tokio::test]
async fn a_lost_answer_leads_to_no_second_call_and_the_call_is_found_in_the_list() {
    let faults = [Fault::AnswerLost, Fault::ConnectionReset, Fault::EmptyBody, Fault::TruncatedJson];
    for (fault, undocumented_fields) in faults.into_iter().flat_map(|fault| [(fault.clone(), false), (fault, true)]) {
        let config = FormCallConfig { undocumented_fields, ..FormCallConfig::default() };
        let mut story = FormCallStory::prepared(config).await;
        story.start().await;
        story.sim.faults().on(RequestKind::Order, 1, fault.clone());
        let Dialled { accepted, .. } = story.execute(dial(NUMBER)).await.unwrap();
        assert!(!accepted, "{fault:?}");
        // While nobody knows, another order is refused instead of risking a second call.
        let popup = story.until("the call of the lost answer", |event| match event {
            Event::Popup(popup) => Some(popup.call.clone()),
            _ => None,
        });
        let call = popup.await;
        assert_eq!(call.party.number().unwrap().e164(), Some("+56956311283"), "{fault:?}");
        assert_eq!(call.key.external_id, story.sim.ledger().calls[0].uuid);
        assert_eq!((placed(&story), story.sim.ledger().requests_of(RequestKind::Order).count()), (1, 1), "{fault:?}");
        story.stop().await;
    }
}

/// The list was last read hours before, and shows the call only after the dial was given up and the next one placed.
#[tokio::test]
async fn a_later_dials_lost_answer_is_waited_for_as_long_and_its_late_call_is_not_taken_for_the_next_dials() {
    let config = FormCallConfig { listed_after: Duration::from_secs(60), ..FormCallConfig::default() };
    let mut story = FormCallStory::prepared(config).await;
    story.start().await;
    story.execute(dial(NUMBER)).await.unwrap();
    story.passes(Duration::from_secs(70)).await;
    assert!(story.sim.newest_live_call().unwrap().hang_up());
    reaches(&mut story, DialState::Ended).await;
    story.passes(Duration::from_secs(7_200)).await;

    let (lost, next) = ("+56 2 2345 6789", "+56 2 2345 6790");
    let asked = story.clock.elapsed();
    story.sim.faults().on(RequestKind::Order, 1, Fault::AnswerLost);
    assert!(!story.execute(dial(lost)).await.unwrap().accepted);
    reaches(&mut story, DialState::NoCallAppeared).await;
    let waited = story.clock.elapsed() - asked;
    assert!(waited >= Duration::from_secs(30), "given up after {waited:?}");
    story.execute(dial(next)).await.unwrap();
    for (place, number) in [(2, next), (1, lost)] {
        let uuid = story.sim.ledger().calls[place].uuid.clone();
        let popup = story.until("a pop-up", |event| match event {
            Event::Popup(popup) if popup.call.key.external_id == uuid => Some(popup.call.clone()),
            _ => None,
        });
        let number = number.replace(' ', "");
        assert_eq!(popup.await.party.number().unwrap().e164(), Some(number.as_str()));
    }
    assert_eq!(placed(&story), 3);
    story.stop().await;
}

#[tokio::test]
async fn a_list_that_could_not_be_read_is_forgotten_with_the_dial_and_doctor_asks_again() {
    let mut story = FormCallStory::begin().await;
    story.sim.faults().on(RequestKind::Order, 1, Fault::AnswerLostNothingPlaced);
    story.sim.faults().on(RequestKind::List, usize::MAX, Fault::Http500);
    story.execute(dial(NUMBER)).await.unwrap();
    reaches(&mut story, DialState::NoCallAppeared).await;
    assert_eq!(reach(&mut story).await, AccountReach::Failing);
    story.passes(Duration::from_secs(150)).await;
    assert_eq!(reach(&mut story).await, AccountReach::NotAskedYet);
    for (finding, mend) in [("account.failing", true), ("account.reached", false)] {
        let report = story.execute(command::Doctor).await.unwrap();
        assert!(report.checks.iter().any(|check| check.finding == finding), "{report:#?}");
        if mend {
            story.sim.faults().clear();
        }
    }
    story.stop().await;
}

async fn reach(story: &mut FormCallStory) -> AccountReach {
    story.execute(command::StatusShow).await.unwrap().accounts[0].reach
}

#[tokio::test]
async fn an_order_whose_outcome_is_unknown_blocks_the_next_until_the_list_says_that_no_call_was_placed() {
    for fault in [Fault::AnswerLostNothingPlaced, Fault::ConnectionResetNothingPlaced, Fault::Http500] {
        let mut story = FormCallStory::begin().await;
        story.sim.faults().on(RequestKind::Order, 1, fault.clone());
        story.execute(dial(NUMBER)).await.unwrap();
        let refused = story.execute(dial(NUMBER)).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::DialUnderWay, "{fault:?}");
        let over = reaches(&mut story, DialState::NoCallAppeared).await;
        assert_eq!(over.likely_reasons[0].as_str(), "not_in_the_list");
        story.execute(dial(NUMBER)).await.unwrap();
        assert_eq!(placed(&story), 1, "{fault:?}: only the second order placed a call");
        story.stop().await;
    }
}

#[tokio::test]
async fn a_call_that_the_list_shows_late_is_not_taken_for_over() {
    let mut story = FormCallStory::begin().await;
    story.sim.faults().on(RequestKind::Order, 1, Fault::ListedLate(Duration::from_secs(60)));
    story.execute(dial(NUMBER)).await.unwrap();
    let call = story.sim.newest_live_call().unwrap();
    story.clock.advance(Duration::from_secs(2));
    assert!(call.agent_answers() && call.customer_answers());
    reaches(&mut story, DialState::Connected).await;
    assert!(story.clock.elapsed() >= Duration::from_secs(60));
    assert!(!story.told.iter().any(|event| matches!(event, Event::Ended(_))), "{:?}", story.told);
    assert!(call.hang_up());
    reaches(&mut story, DialState::Ended).await;
    assert_eq!(placed(&story), 1);
    story.stop().await;
}

/// A restart in the middle goes on where the last run stopped: no second call, no second pop-up.
#[tokio::test]
async fn a_restart_in_the_middle_of_a_call_repeats_nothing_and_still_hears_its_end() {
    let mut story = FormCallStory::begin().await;
    story.execute(dial(NUMBER)).await.unwrap();
    story.until("the pop-up", |event| matches!(event, Event::Popup(_)).then_some(())).await;
    story.stop().await;
    let popups = |story: &FormCallStory| story.told.iter().filter(|event| matches!(event, Event::Popup(_))).count();
    assert_eq!(popups(&story), 1);
    story.start().await;
    let call = story.sim.newest_live_call().unwrap();
    story.clock.advance(Duration::from_secs(2));
    assert!(call.agent_answers() && call.customer_answers());
    story.clock.advance(Duration::from_secs(30));
    assert!(call.hang_up());
    story.until("the end", |event| matches!(event, Event::Ended(_)).then_some(())).await;
    assert_eq!((popups(&story), placed(&story)), (1, 1));
    story.stop().await;
}

/// A way to bring about one of the vendor's errors.
struct Case {
    config: FormCallConfig,
    number: &'static str,
    token: &'static str,
    fault: Option<Fault>,
    reason: &'static str,
    code: ErrorCode,
}

fn cases(base: &FormCallConfig) -> Vec<Case> {
    let of = |reason, code| Case {
        config: base.clone(),
        number: NUMBER,
        token: DOCUMENTED_TOKEN,
        fault: None,
        reason,
        code,
    };
    let closed = Popup { in_service: false, keeps_pending: false, ..FormCallConfig::default().popups.remove(0) };
    let closed = FormCallConfig { popups: vec![closed], ..base.clone() };
    let strange = FormCallConfig { popups: vec![Popup::new("another", "100")], ..base.clone() };
    vec![
        Case { number: "+56 9 5631 12839", ..of("formcall.invalid_number", ErrorCode::BadNumber) },
        Case { config: closed, ..of("formcall.out_of_hours", ErrorCode::OutOfHours) },
        Case { fault: Some(Fault::OriginationFailed), ..of("formcall.origination_failed", ErrorCode::VendorFailed) },
        Case { config: strange, ..of("formcall.popup_not_found", ErrorCode::NotFound) },
        Case { token: "", ..of("formcall.token_missing", ErrorCode::SecretMissing) },
        Case { token: "wrong", ..of("formcall.token_invalid", ErrorCode::NotAuthorised) },
    ]
}

/// Errors 5 and 6 are the vendor's answer to orders that Timbre does not send; the adapter's own tests read them.
#[tokio::test]
async fn an_order_that_the_vendor_refuses_is_told_with_its_reason_and_places_no_call() {
    for error_status in [ErrorStatus::Always200, ErrorStatus::ByError] {
        for error_quotes in [ErrorQuotes::Json, ErrorQuotes::AsInTheDocument] {
            let base = FormCallConfig { error_status, error_quotes, ..FormCallConfig::default() };
            for case in cases(&base) {
                let mut story = FormCallStory::prepared(case.config).await;
                story.token = case.token.to_owned();
                story.popup = DOCUMENTED_POPUP.to_owned();
                story.start().await;
                if let Some(fault) = case.fault {
                    story.sim.faults().on(RequestKind::Order, 1, fault);
                }
                let refused = story.execute(dial(case.number)).await.unwrap_err();
                assert_eq!((refused.code, refused.reason.as_ref().unwrap().as_str()), (case.code, case.reason));
                let failed = reaches(&mut story, DialState::Failed).await;
                assert_eq!((failed.error, failed.reason), (Some(case.code), refused.reason));
                assert_eq!(placed(&story), 0);
                story.stop().await;
            }
        }
    }
}

#[test]
fn all_eight_errors_have_their_own_words_in_every_language() {
    let reasons = [
        "invalid_number",
        "out_of_hours",
        "origination_failed",
        "popup_not_found",
        "country_not_found",
        "wrong_parameters",
        "token_missing",
        "token_invalid",
    ];
    for language in Language::ALL {
        let texts = Catalogue::of(language);
        for reason in reasons {
            for part in ["what", "do"] {
                let key = format!("reason.formcall.{reason}.{part}");
                assert_ne!(texts.text(&key), key, "{language:?}");
            }
        }
    }
}

/// The vendor's own certificate is trusted where an administrator names it, and `doctor` says when it expires.
#[tokio::test]
async fn an_extra_certificate_lets_the_vendor_be_reached_and_doctor_shows_its_expiry() {
    let now = timbre_simulator::ManualClock::default().now();
    for (days, finding) in
        [(20_000, "vendor.extra_ca.valid"), (10, "vendor.extra_ca.expires_soon"), (-1, "vendor.extra_ca.expired")]
    {
        let mut story = FormCallStory::prepared(FormCallConfig { tls: true, ..FormCallConfig::default() }).await;
        // The vendor's certificate outlives this test; another one in the same file has the expiry that is asked about.
        let ca_expires = now + TimeDelta::days(days);
        let other = FormCallConfig { tls: true, ca_expires, ..FormCallConfig::default() };
        let other = FormCall::start(other, std::sync::Arc::new(story.clock.clone())).await.unwrap();
        let file = story.dir().join("clickfono.pem");
        std::fs::write(&file, [story.sim.ca_pem().unwrap(), other.ca_pem().unwrap()].concat()).unwrap();
        story.account_settings = format!("extra_ca = \"{}\"\n", file.display());
        story.start().await;
        story.execute(dial(NUMBER)).await.unwrap();
        assert_eq!(placed(&story), 1);
        let report = story.execute(command::Doctor).await.unwrap();
        let check = report.checks.iter().find(|check| check.finding.starts_with("vendor.extra_ca")).unwrap();
        assert_eq!(check.finding, finding);
        story.stop().await;
    }
}

#[tokio::test]
async fn without_the_extra_certificate_nothing_is_sent_and_the_dial_may_be_repeated() {
    let mut story = FormCallStory::prepared(FormCallConfig { tls: true, ..FormCallConfig::default() }).await;
    story.start().await;
    let refused = story.execute(dial(NUMBER)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unreachable);
    assert_eq!(placed(&story), 0);
    story.stop().await;
}

#[tokio::test]
async fn what_the_vendor_does_not_offer_is_refused_for_the_account_that_is_named_and_passed_over_among_all() {
    let mut story = FormCallStory::begin().await;
    let account = Some(story.context().sessions()[0].name().clone());
    let refused = story.execute(command::EndpointsSync { account }).await.unwrap_err();
    assert_eq!((refused.code, refused.place.as_deref()), (ErrorCode::NotAble, Some("account")));
    assert_eq!(story.execute(command::EndpointsSync { account: None }).await.unwrap(), 0);
    story.stop().await;
}
