//! `timbrectl dial`: place a call and follow it to its outcome.

use timbre_domain::dial::{DialId, DialState};
use timbre_domain::error::{ErrorCode, Said};
use timbre_engine::api::command::Dial;
use timbre_engine::api::event::Event;
use timbre_engine::calls::dialler::{DialRequest, Dialled};
use timbre_platform::secrets::SharedRedactor;

use crate::args::{self, Args};
use crate::exit::{Failure, exit_code};
use crate::print::Printer;
use crate::session::Session;
use crate::watch::stop_signal;

pub(crate) async fn run(
    args: &Args,
    dial: &args::Dial,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    let mut session = Session::open(args, redactor, true).await?;
    session.watch().await?;
    let request = DialRequest {
        number: dial.number.clone(),
        from: dial.from.clone(),
        contact: dial.contact,
        despite_do_not_call: dial.despite_do_not_call,
        despite_stale_call: dial.despite_stale_call,
        extra: dial.data.iter().cloned().collect(),
    };
    let dialled = session.execute(Dial(request)).await;
    if let Ok(dialled) = &dialled {
        tell_what_was_left_out(printer, dialled, args.json);
    }
    let outcome = match dialled {
        Ok(Dialled { accepted: true, .. }) if dial.no_wait => Ok(()),
        Ok(Dialled { accepted: false, said, .. }) if dial.no_wait => Err(unknown(said)),
        Ok(Dialled { dial_id, accepted, said, .. }) => {
            tokio::select! {
                outcome = follow(&mut session, dial_id, accepted, said, printer) => outcome,
                () = stop_signal() => Err(Failure::interrupted("interrupted; the call goes on").told("cli.interrupted.dial", &[])),
            }
        }
        Err(failure) => Err(failure),
    };
    session.close().await?;
    outcome
}

/// Says what of the number as it was typed the vendor does not dial. Who reads JSON has it from the command's answer.
fn tell_what_was_left_out(printer: &Printer, dialled: &Dialled, json: bool) {
    let extension = dialled.extension.as_ref().map(|text| printer.fill("dial.extension", &[("extension", text)]));
    let code = dialled.caller_id_code.as_ref().map(|text| printer.fill("dial.caller_id_code", &[("code", text)]));
    for line in extension.into_iter().chain(code) {
        // The call goes on, whether or not anybody reads this.
        let _ =
            if json { printer.reply("dial_left_out", dialled, || printer.line(&line)) } else { printer.line(&line) };
    }
}

fn unknown(said: Option<Said>) -> Failure {
    let detail = "the request was sent, and no answer came that says what became of it";
    Failure::of(ErrorCode::OutcomeUnknown, detail).told("cli.outcome_unknown", &[]).saying(said)
}

/// Prints each step; ends with the call, or when it is clear that there is none.
async fn follow(
    session: &mut Session,
    id: DialId,
    accepted: bool,
    said: Option<Said>,
    printer: &Printer,
) -> Result<(), Failure> {
    loop {
        let event = session.next_event().await?;
        let Event::Dial(step) = &event else { continue };
        if step.progress.id != id {
            continue;
        }
        if printer.event(&event).is_err() {
            return Ok(());
        }
        match step.progress.state {
            DialState::Ended | DialState::Pending => return Ok(()),
            DialState::NoCallAppeared if !accepted => return Err(unknown(said)),
            DialState::NoCallAppeared => {
                let detail = "the vendor accepted the call, but none appeared";
                return Err(Failure::new(None, detail, 8).told("cli.no_call_appeared", &[]));
            }
            DialState::Failed => {
                let code = step.progress.error;
                let exit = code.map_or(1, exit_code);
                let said = step.progress.said.clone();
                let failure = Failure::new(code, "the call was not placed", exit).told("cli.not_placed", &[]);
                return Err(failure.saying(said));
            }
            DialState::Requested
            | DialState::Accepted
            | DialState::AgentRinging
            | DialState::ContactRinging
            | DialState::Connected => {}
        }
    }
}
