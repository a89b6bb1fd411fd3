//! What is written: for people, or JSON with `--json`. Errors go to standard error.

mod events;
mod technical;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use chrono::{DateTime, Local, Utc};
use serde::Serialize;
use serde_json::json;
use timbre_domain::call::{AccountName, Direction, Party};
use timbre_domain::contact::Contact;
use timbre_domain::number::Country;
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::api::{Agent, KeptUnread};
use timbre_engine::calls::accounts::AccountEndpoint;
use timbre_platform::folders;
use timbre_platform::secrets::SharedRedactor;
use timbre_settings::{ConnectorFile, Settings};

use crate::args::Args;
use crate::exit::Failure;

/// Writes to standard output and standard error.
pub(crate) struct Printer {
    json: bool,
    catalogue: &'static Catalogue,
    pub(crate) home: Country,
    /// What the accounts' calls are charged in, where the settings file says it.
    currencies: BTreeMap<AccountName, String>,
    redactor: SharedRedactor,
}

impl Printer {
    /// In the language asked for, else the settings file's, else the system's.
    pub(crate) fn new(args: &Args, redactor: SharedRedactor) -> Self {
        let file = args.config.clone().or_else(folders::config_file);
        let settings = file.and_then(|file| Settings::load(&file, timbre_wiring::vendors()).ok());
        let of_system = || {
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok().filter(|l| !l.is_empty()));
            locale.map_or(Language::Es, |locale| Language::of_locale(&locale))
        };
        let language = args.language.or(settings.as_ref().map(|s| s.language)).unwrap_or_else(of_system);
        let home = settings.as_ref().map_or(Country::CR, |settings| settings.country);
        let accounts = settings.into_iter().flat_map(|settings| settings.accounts);
        let currencies =
            accounts.filter_map(|account| Some((account.name.clone(), account.currency()?.to_owned()))).collect();
        Self { json: args.json, catalogue: Catalogue::of(language), home, currencies, redactor }
    }

    #[cfg(test)]
    pub(crate) fn speaking(language: Language) -> Self {
        let currencies = [("main".parse().unwrap(), "CRC".to_owned())].into();
        let redactor = SharedRedactor::default();
        Self { json: false, catalogue: Catalogue::of(language), home: Country::CR, currencies, redactor }
    }

    pub(crate) fn raw(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// One line, harmless on a terminal whatever strangers wrote of it.
    pub(crate) fn line(&self, text: &str) -> io::Result<()> {
        let text = if self.json { escaped(text) } else { clean(text) };
        self.raw(&format!("{text}\n"))
    }

    pub(crate) fn lines(&self, lines: &[String]) -> io::Result<()> {
        lines.iter().try_for_each(|line| self.line(line))
    }

    pub(crate) fn done(&self) -> io::Result<()> {
        if self.json { self.line(&json!({"ok": true}).to_string()) } else { self.line("OK") }
    }

    pub(crate) fn checked(&self, file: &Path, settings: &Settings) -> io::Result<()> {
        if self.json {
            let accounts: Vec<_> = settings.accounts.iter().map(|account| account.name.as_str()).collect();
            let connectors: Vec<_> = settings.connectors.iter().map(|connector| connector.name.as_str()).collect();
            let dispositions = settings.dispositions.all().len();
            let file = file.display().to_string();
            return self.json(&json!({"ok": true, "file": file, "accounts": accounts, "connectors": connectors,
                "dispositions": dispositions}));
        }
        self.line(&format!("{}: OK", file.display()))?;
        for account in &settings.accounts {
            let endpoints: Vec<_> = account.endpoints().map(|endpoint| endpoint.as_str()).collect();
            let address = account.address().map(ToString::to_string).unwrap_or_default();
            self.line(&format!("  {} · {address} · {}", account.name, endpoints.join(", ")))?;
        }
        for connector in &settings.connectors {
            let described = match &connector.file {
                ConnectorFile::BuiltIn(name) => name.clone(),
                ConnectorFile::Path(path) => path.display().to_string(),
            };
            self.line(&format!("  {} · {} · {}", connector.name, connector.base_url, clean(&described)))?;
        }
        let count = settings.dispositions.all().len().to_string();
        self.line(&format!("  {}", self.fill("config.dispositions", &[("count", &count)])))
    }

    /// Says what failed and what to do about it.
    pub(crate) fn failed(&self, failure: &Failure) -> ExitCode {
        let detail = self.redactor.clean(&failure.detail);
        let (what, what_to_do) = match failure.code {
            Some(code) if failure.of_crm => (self.catalogue.crm_what(code), self.catalogue.crm_what_to_do(code)),
            Some(code) => {
                let reason = failure.reason.as_ref();
                let what = self.catalogue.saying(self.catalogue.what_of(code, reason), failure.said.as_deref());
                (what, self.catalogue.what_to_do_of(code, reason))
            }
            None => (String::new(), String::new()),
        };
        let text = if self.json {
            let code = failure.code.map(|code| code.as_str());
            let mut error = json!({"code": code, "detail": detail, "what": what, "do": what_to_do});
            if let Some(reason) = &failure.reason {
                error["reason"] = json!(reason);
            }
            if let Some(said) = &failure.said {
                error["said"] = json!(said);
            }
            if let Some(typed) = &failure.typed {
                error["typed"] = typed.to_json();
            }
            escaped(&json!({"error": error}).to_string())
        } else {
            technical::failure(self.catalogue, failure, &detail, (&what, &what_to_do))
        };
        let typed = if self.json { String::new() } else { self.kept(failure) };
        // There is nowhere else to say it.
        let _ = writeln!(io::stderr(), "{text}{typed}");
        ExitCode::from(failure.exit)
    }

    /// What was typed, as a line to keep, and what to do with it.
    fn kept(&self, failure: &Failure) -> String {
        let Some(typed) = &failure.typed else { return String::new() };
        let words = if failure.is_unsure() { "interaction.typed.unsure" } else { "interaction.typed" };
        let last = match typed.names_last_call() {
            true => format!(" {}", self.text("interaction.typed.last")),
            false => String::new(),
        };
        format!("\n  {}{last}\n{}", self.text(words), escaped(&typed.to_json().to_string()))
    }

    pub(crate) fn party(&self, party: &Party) -> String {
        clean(&party.in_words(self.home, self.catalogue))
    }

    /// What came of a command: for people `words`, with `--json` the value under the reply's name.
    pub(crate) fn reply(
        &self,
        name: &'static str,
        value: &impl Serialize,
        words: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        #[derive(Serialize)]
        struct Reply<'a, T: Serialize> {
            reply: &'static str,
            #[serde(flatten)]
            value: &'a T,
        }
        if self.json { self.json(&Reply { reply: name, value }) } else { words() }
    }

    /// A command that changes something and has nothing to say of it.
    pub(crate) fn changed(&self) -> io::Result<()> {
        self.reply("done", &json!({}), || self.line("OK"))
    }

    pub(crate) fn synced(&self, count: usize) -> io::Result<()> {
        self.reply("synced", &json!({"count": count}), || self.line(&count.to_string()))
    }

    pub(crate) fn endpoints(&self, endpoints: &[AccountEndpoint]) -> io::Result<()> {
        endpoints.iter().try_for_each(|one| {
            let own = if one.own { "  *" } else { "" };
            let (id, number) = (clean(&one.endpoint.id), clean(one.endpoint.number.as_str()));
            self.line(&format!("{}  {id}  {number}{own}", one.account))
        })
    }

    pub(crate) fn agents(&self, agents: &[Agent]) -> io::Result<()> {
        agents.iter().try_for_each(|agent| {
            let endpoints: Vec<_> =
                agent.endpoints.iter().map(|(account, endpoint)| format!("{account}/{endpoint}")).collect();
            self.line(&format!("{}  {}", clean(&agent.name), endpoints.join(", ")))
        })
    }

    pub(crate) fn unread(&self, parts: &[KeptUnread]) -> io::Result<()> {
        parts.iter().try_for_each(|kept| {
            let (unread, at) = (&kept.unread, at(kept.at));
            self.line(&format!("{at}  {}: {}  {}", unread.place, unread.reason, clean(&unread.raw)))
        })
    }

    /// What an account's calls are charged in.
    pub(crate) fn currency(&self, account: &AccountName) -> Option<&str> {
        self.currencies.get(account).map(String::as_str)
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A technical detail, which is in English whoever reads it.
    pub(crate) fn technical(&self, detail: &str) -> String {
        technical::detail(self.catalogue, detail)
    }

    /// As one line of JSON.
    pub(crate) fn json(&self, value: &impl Serialize) -> io::Result<()> {
        self.line(&serde_json::to_string(value).map_err(io::Error::other)?)
    }

    /// The texts in the language chosen.
    pub(crate) fn catalogue(&self) -> &'static Catalogue {
        self.catalogue
    }

    pub(crate) fn text(&self, key: &str) -> String {
        self.catalogue.text(key).to_owned()
    }

    pub(crate) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.catalogue.fill(key, values)
    }
}

pub(crate) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "direction.in",
        Direction::Out => "direction.out",
        Direction::Internal => "direction.internal",
    }
}

pub(crate) fn name(contact: &Contact) -> String {
    let (name, company) = (contact.display_name(), contact.company.trim());
    if company.is_empty() || name == contact.company {
        clean(name)
    } else {
        format!("{} ({})", clean(name), clean(company))
    }
}

/// The time of day here.
fn at(time: DateTime<Utc>) -> String {
    time.with_timezone(&Local).format("%H:%M:%S").to_string()
}

/// The day and the time of day here.
pub(crate) fn moment(time: DateTime<Utc>) -> String {
    time.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string()
}

pub(crate) fn length(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The same JSON, harmless on a terminal: what [`clean`] takes out stands there as an escape, so that nothing is lost.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() || is_bidi_control(c) {
            text.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            text.push(c);
        }
    }
    text
}

/// The lines of a text of somebody else's, harmless each.
pub(crate) fn clean_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| clean(&line.replace('\t', " ")))
}

/// A text of somebody else's on a terminal: nothing in it may move the cursor, change colours or turn the writing round.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_bidi_control(c) { '\u{fffd}' } else { c }).collect()
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_whole_and_can_not_take_over_the_terminal_either() {
        let typed = json!({"comment": "a\u{9b}2J\u{202e}\n¡Ñandú!"});
        let line = escaped(&typed.to_string());
        assert!(line.contains("¡Ñandú!") && !line.chars().any(|c| c.is_control() || is_bidi_control(c)), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), typed);
    }

    #[test]
    fn a_failure_hands_back_what_was_typed_as_a_last_line_that_can_be_given_again() {
        use timbre_domain::error::ErrorCode;
        use timbre_domain::interaction::InteractionEdit;

        use crate::interactions::typed::{Meant, Typed};
        for language in Language::ALL {
            let edit = InteractionEdit { comment: Some("¿Sí?\nNo".into()), ..InteractionEdit::default() };
            let typed = Typed { meant: Meant::LastCall, edit };
            let failure = Failure::of(ErrorCode::StoreBusy, "x");
            let failure = Failure { typed: Some(Box::new(typed.clone())), ..failure };
            let printer = Printer::speaking(language);
            let said = printer.kept(&failure);
            assert_eq!(Typed::read(said.lines().last().unwrap()), Ok(typed.clone()), "{said}");
            assert!(said.contains("--from -") && said.contains("--call") && !said.contains("interaction."), "{said}");
            let gone = Failure { typed: Some(Box::new(typed)), ..Failure::of(ErrorCode::Stopping, "x") };
            assert!(printer.kept(&gone).contains("interactions list"), "nobody knows whether it was saved");
        }
    }

    #[test]
    fn a_hostile_name_can_not_take_over_the_terminal() {
        assert_eq!(clean("Ana\u{1b}[2J\u{202e}X\r\nY"), "Ana\u{fffd}[2J\u{fffd}X\u{fffd}\u{fffd}Y");
        assert_eq!(clean("José Ñandú <b>&amp;"), "José Ñandú <b>&amp;");
    }
}
