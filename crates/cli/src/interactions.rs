//! `timbrectl interactions`: what came of the calls. Nothing that was typed is lost when it can't be saved.

pub(crate) mod dispositions;
pub(crate) mod print;
pub(crate) mod typed;

use std::collections::{HashMap, HashSet};
use std::io::{self, Read as _};
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use timbre_domain::contact::ContactId;
use timbre_domain::error::ErrorCode;
use timbre_domain::interaction::{Charge, FollowUp, Interaction, InteractionEdit};
use timbre_engine::api::command::{
    CallsList, ContactsShow, DispositionsList, InteractionsList, InteractionsSave, InteractionsShow,
};
use timbre_engine::api::{CallFilter, InteractionFilter, InteractionRef};
use timbre_engine::calls::results::{SaveInteraction, SavedInteraction};
use timbre_platform::secrets::SharedRedactor;

use self::typed::{Meant, Typed};
use crate::args::{Add, Args, CallMeant, Interactions, Said};
use crate::ask::{once, written};
use crate::exit::Failure;
use crate::print::Printer;
use crate::session::Session;
use crate::watch::stop_signal;

pub(crate) async fn run(
    args: &Args,
    what: &Interactions,
    printer: &Printer,
    redactor: SharedRedactor,
) -> Result<(), Failure> {
    match what {
        Interactions::Add(add) => save(args, added(add)?, printer, redactor).await,
        Interactions::Edit(edit) => {
            let typed = typed(Meant::Known(InteractionRef::Id(edit.id)), &edit.said)?;
            if typed.edit == InteractionEdit::default() {
                let detail = "nothing to change was named; see `timbrectl interactions edit --help`";
                return Err(Failure::of(ErrorCode::BadRequest, detail).told("cli.nothing_named", &[]));
            }
            save(args, typed, printer, redactor).await
        }
        Interactions::List { contact, from, to, limit } => {
            let filter = InteractionFilter { contact: *contact, from: *from, to: *to, limit: *limit as usize };
            let mut session = Session::open(args, redactor, false).await?;
            let listed = listed(&mut session, filter).await;
            session.close().await?;
            let list = listed?;
            let value = json!({"interactions": list});
            written(printer.reply("interactions", &value, || printer.lines(&print::list(printer, &list))))
        }
        Interactions::Show { id } => {
            let saved = once(args, redactor, InteractionsShow { id: *id }).await?;
            written(card(printer, &saved))
        }
        Interactions::Dispositions => {
            let catalogue = once(args, redactor, DispositionsList).await?;
            let value = json!({"catalogue": catalogue});
            written(printer.reply("dispositions", &value, || printer.lines(&dispositions::tree(printer, &catalogue))))
        }
    }
}

/// A result of a list, with its contact's name.
#[derive(Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) interaction: Interaction,
    /// Empty where nobody is settled, or the contact was removed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
}

async fn listed(session: &mut Session, filter: InteractionFilter) -> Result<Vec<Listed>, Failure> {
    let found = session.execute(InteractionsList(filter)).await?;
    let mut names: HashMap<ContactId, String> = HashMap::new();
    for id in found.iter().filter_map(|one| one.contact).collect::<HashSet<_>>() {
        match session.execute(ContactsShow { id }).await {
            Ok(contact) => drop(names.insert(id, contact.display_name().to_owned())),
            // It was removed meanwhile.
            Err(failure) if failure.code == Some(ErrorCode::NotFound) => {}
            Err(failure) => return Err(failure),
        }
    }
    let named = |interaction: Interaction| {
        let name = interaction.contact.and_then(|contact| names.get(&contact).cloned()).unwrap_or_default();
        Listed { interaction, name }
    };
    Ok(found.into_iter().map(named).collect())
}

fn card(printer: &Printer, saved: &SavedInteraction) -> io::Result<()> {
    printer.reply("interaction", saved, || printer.lines(&print::card(printer, saved)))
}

/// Saves what was typed. Until it is saved, every failure carries it.
async fn save(args: &Args, mut typed: Typed, printer: &Printer, redactor: SharedRedactor) -> Result<(), Failure> {
    let work = async {
        let mut session = Session::open(args, redactor, false).await?;
        let saved = send(&mut session, &mut typed).await;
        let own = session.is_own();
        let closed = session.close().await;
        Ok::<_, Failure>((saved?, own, closed))
    };
    let done = tokio::select! {
        done = work => done,
        () = stop_signal() => {
            let detail = "interrupted; `timbrectl interactions list` says whether it was saved";
            Err(Failure::interrupted(detail).told("cli.interrupted.result", &[]))
        }
    };
    let (saved, own, closed) = done.map_err(|failure| Failure { typed: Some(Box::new(typed)), ..failure })?;
    written(card(printer, &saved))?;
    if own && !printer.is_json() && saved.outbox.iter().any(crate::outbox::is_on_its_way) {
        written(printer.line(&printer.text("outbox.not_open")))?;
    }
    closed
}

async fn send(session: &mut Session, typed: &mut Typed) -> Result<SavedInteraction, Failure> {
    let which = match &typed.meant {
        Meant::Known(which) => which.clone(),
        Meant::LastCall => {
            let newest = CallFilter { limit: 1, ..CallFilter::default() };
            let call = session.execute(CallsList(newest)).await?.into_iter().next();
            let none = || {
                Failure::of(ErrorCode::NotFound, "call: there is no call in the history").told("cli.no_call_yet", &[])
            };
            InteractionRef::Call(call.ok_or_else(none)?.call.key)
        }
    };
    typed.meant = Meant::Known(which.clone());
    if let (InteractionRef::Id(id), Some(charges)) = (&which, &mut typed.edit.charges) {
        let before = session.execute(InteractionsShow { id: *id }).await?;
        keep_ids(charges, &before.interaction.charges);
    }
    let save = SaveInteraction { which, edit: typed.edit.clone(), caller: None };
    session.execute(InteractionsSave(save)).await
}

/// A charge of the same concept and currency is the same charge: the CRM's record of it changes, and none is taken back.
fn keep_ids(charges: &mut [Charge], before: &[Charge]) {
    let mut left: Vec<_> = before.iter().collect();
    for same_amount in [true, false] {
        for charge in charges.iter_mut().filter(|charge| charge.id.is_nil()) {
            let same = |known: &&Charge| {
                known.concept == charge.concept
                    && known.currency == charge.currency
                    && (known.amount == charge.amount || !same_amount)
            };
            if let Some(place) = left.iter().position(same) {
                charge.id = left.remove(place).id;
            }
        }
    }
}

fn added(add: &Add) -> Result<Typed, Failure> {
    let meant = match (&add.call, add.interaction) {
        (Some(CallMeant::Last), _) => Some(Meant::LastCall),
        (Some(CallMeant::Key(key)), _) => Some(Meant::Known(InteractionRef::Call(key.clone()))),
        (None, Some(id)) => Some(Meant::Known(InteractionRef::Id(id))),
        (None, None) => None,
    };
    if let Some(file) = &add.from {
        let bytes = content(file)?;
        let text = String::from_utf8(bytes).map_err(|_| not_utf8(file))?;
        let mut typed = Typed::read(&text).map_err(|error| Failure::of(ErrorCode::BadRequest, error))?;
        typed.meant = meant.unwrap_or(typed.meant);
        typed.edit.finish &= !add.said.draft;
        return Ok(typed);
    }
    typed(meant.unwrap_or(Meant::Known(InteractionRef::New)), &add.said)
}

/// What was said on the command line; a comment may stand on standard input.
fn typed(meant: Meant, said: &Said) -> Result<Typed, Failure> {
    if said.comment.as_deref() != Some("-") {
        return Ok(Typed { meant, edit: edited(said, said.comment.clone()) });
    }
    let input = Path::new("-");
    let (comment, failure) = match content(input).map(String::from_utf8) {
        Ok(Ok(text)) => (Some(text), None),
        // What can be read of it is kept with the rest.
        Ok(Err(error)) => (Some(String::from_utf8_lossy(error.as_bytes()).into_owned()), Some(not_utf8(input))),
        Err(failure) => (None, Some(failure)),
    };
    let comment = comment.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    let typed = Typed { meant, edit: edited(said, comment) };
    match failure {
        None => Ok(typed),
        Some(failure) => Err(Failure { typed: Some(Box::new(typed)), ..failure }),
    }
}

fn edited(said: &Said, comment: Option<String>) -> InteractionEdit {
    let (at, what) = (said.follow_up_at, said.follow_up_what.clone());
    let follow_up = at.zip(what).map(|(at, what)| FollowUp { at, what, whom: said.follow_up_whom.clone() });
    InteractionEdit {
        contact: said.contact,
        agent: said.agent.clone(),
        disposition: said.disposition.clone(),
        comment,
        fields: said.fields.iter().cloned().collect(),
        follow_up: (said.no_follow_up || follow_up.is_some()).then_some(follow_up),
        charges: (said.no_charges || !said.charges.is_empty()).then(|| said.charges.clone()),
        finish: !said.draft,
        forget_draft: false,
    }
}

/// A whole file, or standard input.
fn content(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match file.to_str() {
        Some("-") => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
        _ => std::fs::read(file),
    };
    read.map_err(|error| Failure::of(ErrorCode::FileAccess, format!("{}: {error}", file.display())))
}

fn not_utf8(file: &Path) -> Failure {
    Failure::of(ErrorCode::BadFile, format!("{}: the text is not UTF-8", file.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::What;

    fn parsed(words: &[&str]) -> Typed {
        let words = ["timbrectl", "interactions", "add"].iter().chain(words);
        match Args::try_parse_from(words).unwrap().what {
            What::Interactions(Interactions::Add(add)) => added(&add).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_said_on_the_command_line_is_final_unless_it_is_a_draft() {
        assert!(parsed(&["--comment", "x"]).edit.finish);
        assert!(!parsed(&["--comment", "x", "--draft"]).edit.finish);
    }

    #[test]
    fn a_follow_up_is_given_taken_away_or_not_spoken_of() {
        assert_eq!(parsed(&[]).edit.follow_up, None);
        assert_eq!(parsed(&["--no-follow-up"]).edit.follow_up, Some(None));
        let given = parsed(&[
            "--follow-up-at",
            "2026-11-25T15:00:00Z",
            "--follow-up-what",
            "Llamar",
            "--follow-up-whom",
            "Eva",
        ]);
        let at = "2026-11-25T15:00:00Z".parse().unwrap();
        assert_eq!(given.edit.follow_up, Some(Some(FollowUp { at, what: "Llamar".into(), whom: Some("Eva".into()) })));
    }

    #[test]
    fn everything_that_was_typed_comes_back_from_the_line_that_is_kept() {
        for call in [["--call", "last"], ["--call", "acme:main:1-2"]] {
            let mut words = call.to_vec();
            words.extend([
                "--comment",
                "-¿Sí?\n\"Ñandú\"\t\u{1b}",
                "--disposition",
                "venta",
                "--field",
                "pedido=17",
                "--agent",
                "Ana",
            ]);
            words.extend(["--charge", "2500.10 CRC Visita", "--charge", "-0.30 USD Rebaja", "--no-follow-up"]);
            let typed = parsed(&words);
            let line = typed.to_json().to_string();
            assert!(!line.contains('\n'), "one line");
            assert_eq!(Typed::read(&line), Ok(typed), "{line}");
        }
    }

    #[test]
    fn a_charge_that_is_typed_again_stays_the_same_charge() {
        let known =
            parsed(&["--charge", "1 CRC a", "--charge", "2 CRC a", "--charge", "3 USD b"]).edit.charges.unwrap();
        let mut before = known.clone();
        for (charge, id) in before.iter_mut().zip(["1", "2", "3"]) {
            charge.id = format!("00000000-0000-0000-0000-00000000000{id}").parse().unwrap();
        }
        let words = ["--charge", "5 CRC a", "--charge", "1.0 CRC a", "--charge", "3 CRC b"];
        let mut charges = parsed(&words).edit.charges.unwrap();
        keep_ids(&mut charges, &before);
        let ids: Vec<_> = charges.iter().map(|charge| charge.id).collect();
        assert_eq!(ids[..2], [before[1].id, before[0].id], "the same amount first, then the same concept");
        assert!(ids[2].is_nil(), "another currency is another charge");
    }
}
