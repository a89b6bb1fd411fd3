//! What a trial of a CRM showed, step by step, and the exit code that says what failed.

use timbre_domain::crm::{ShownRequest, TestStep};
use timbre_domain::error::ErrorCode;

use crate::exit::Failure;
use crate::print::{Printer, clean, clean_lines};

pub(crate) fn lines(steps: &[TestStep]) -> Vec<String> {
    steps.iter().flat_map(step).collect()
}

fn step(step: &TestStep) -> Vec<String> {
    let sign = match (&step.problem, step.status) {
        (Some(_), _) => '✗',
        (None, Some(_)) => '✓',
        // Nothing was sent.
        (None, None) => '–',
    };
    let mut head = format!("{sign} {}", clean(&step.step));
    head.extend(step.status.map(|status| format!("  HTTP {status}")));
    head.extend(step.took_ms.map(|took| format!("  {took} ms")));
    let mut lines = vec![head];
    lines.extend(step.request.iter().flat_map(request).map(|line| format!("    {line}")));
    lines.extend(step.read.iter().flat_map(|read| clean_lines(read).map(|line| format!("    ‹ {line}"))));
    lines.extend(step.problem.iter().flat_map(|problem| clean_lines(problem).map(|line| format!("    ! {line}"))));
    lines
}

fn request(request: &ShownRequest) -> Vec<String> {
    let mut lines = vec![format!("{} {}", clean(&request.method), clean(&request.url))];
    lines.extend(request.headers.iter().map(|(name, value)| format!("{}: {}", clean(name), clean(value))));
    lines.extend(request.body.iter().flat_map(|body| clean_lines(body)));
    lines
}

/// Whether the key itself is what is missing: nothing was asked then.
fn secret_missing(step: &TestStep) -> bool {
    let begins = |code: ErrorCode| step.problem.as_ref().is_some_and(|problem| problem.starts_with(code.as_str()));
    step.status.is_none() && (begins(ErrorCode::SecretMissing) || begins(ErrorCode::KeyringUnavailable))
}

/// The first step that failed decides: it is most often why the others did.
pub(super) fn outcome(printer: &Printer, steps: &[TestStep]) -> Result<(), Failure> {
    let failed: Vec<_> = steps.iter().filter(|step| step.problem.is_some()).collect();
    let Some(first) = failed.first() else { return Ok(()) };
    let (count, of) = (failed.len().to_string(), steps.len().to_string());
    let detail = printer.fill("connector.test.failed", &[("failed", &count), ("count", &of), ("step", &first.step)]);
    let sign_in = steps.first().is_some_and(|step| step == *first);
    let failure = match (first.status, &first.request) {
        _ if secret_missing(first) => Failure::of(ErrorCode::SecretMissing, detail),
        (Some(401), _) => Failure::of(ErrorCode::SignInFailed, detail),
        (Some(403 | 407), _) if sign_in => Failure::of(ErrorCode::SignInFailed, detail),
        // It let us in: another key would change nothing, the user's permissions do.
        (Some(403 | 407), _) => {
            Failure::new(None, format!("{detail}. {}", printer.text("connector.test.not_allowed")), 6)
        }
        (Some(408 | 429 | 503), _) => Failure::of(ErrorCode::Busy, detail),
        (Some(500..), _) => Failure::of(ErrorCode::VendorFailed, detail),
        (None, Some(_)) => Failure::of(ErrorCode::Unreachable, detail),
        // It answered, and the file expects something else, or there was not even a request.
        (Some(_), _) | (None, None) => Failure::of(ErrorCode::BadConnector, detail),
    };
    Err(failure.at_the_crm())
}

#[cfg(test)]
mod tests {
    use timbre_domain::texts::Language;

    use super::*;

    fn step(name: &str, status: Option<u16>, problem: Option<&str>) -> TestStep {
        TestStep {
            step: name.into(),
            request: Some(ShownRequest {
                method: "GET".into(),
                url: "https://crm.example/api/v1/User".into(),
                headers: vec![("X-Api-Key".into(), "••••".into())],
                body: Some("{\n  \"a\": 1\n}".into()),
            }),
            status,
            took_ms: status.map(|_| 35),
            read: vec!["name: Ana\u{1b}[2J".into()],
            problem: problem.map(str::to_owned),
        }
    }

    #[test]
    fn a_step_shows_its_request_its_answer_and_what_was_read() {
        let shown = lines(&[step("sign_in", Some(200), None)]);
        let expected = [
            "✓ sign_in  HTTP 200  35 ms",
            "    GET https://crm.example/api/v1/User",
            "    X-Api-Key: ••••",
            "    {",
            "      \"a\": 1",
            "    }",
            "    ‹ name: Ana\u{fffd}[2J",
        ];
        assert_eq!(shown, expected);
        assert!(lines(&[step("sign_in", None, None)])[0].starts_with('–'), "nothing was sent");
        let failed = lines(&[step("contacts.pull", Some(500), Some("it is in trouble"))]);
        assert!(failed[0].starts_with("✗ contacts.pull") && failed.last().unwrap() == "    ! it is in trouble");
    }

    #[test]
    fn the_exit_code_says_who_must_act() {
        let printer = Printer::speaking(Language::Es);
        let exit = |steps: &[TestStep]| outcome(&printer, steps).map_err(|failure| failure.exit);
        let good = || step("sign_in", Some(200), None);
        assert_eq!(exit(&[good(), step("contacts.pull", Some(200), None)]), Ok(()));
        let unread = TestStep { request: None, ..step("records.call", None, Some("no such value")) };
        for (failed, code) in [
            (step("contacts.pull", Some(401), Some("x")), 6),
            (step("contacts.pull", Some(403), Some("x")), 6),
            (step("contacts.pull", Some(502), Some("x")), 5),
            (step("contacts.pull", Some(429), Some("x")), 5),
            (step("contacts.pull", None, Some("x")), 5),
            (step("contacts.pull", Some(404), Some("x")), 3),
            (step("contacts.pull", Some(200), Some("no list in the answer")), 3),
            (unread, 3),
        ] {
            assert_eq!(exit(&[good(), failed.clone()]), Err(code), "{failed:?}");
        }
    }
}
