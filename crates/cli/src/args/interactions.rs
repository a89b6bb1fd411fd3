//! `timbrectl interactions` on the command line.

use std::path::PathBuf;

use chrono::{DateTime, Local, NaiveDateTime, TimeZone as _, Utc};
use clap::Subcommand;
use timbre_domain::call::CallKey;
use timbre_domain::contact::ContactId;
use timbre_domain::interaction::{BadCurrency, Charge, InteractionId};

use super::contacts::field;

#[derive(Debug, Subcommand)]
pub(crate) enum Interactions {
    /// Write what came of a call, or of something without a call. Final unless --draft; a final result goes to the CRM.
    Add(Box<Add>),
    /// Change a result; what is not named stays as it is. A draft becomes final unless --draft.
    Edit(Box<Edit>),
    /// Results, the newest first.
    List {
        /// Only those of this contact.
        #[arg(long, value_name = "ID")]
        contact: Option<ContactId>,
        /// Begun from this time on: 2026-11-20 or 2026-11-20T08:00:00-06:00.
        #[arg(long, value_name = "TIME", value_parser = crate::ask::time)]
        from: Option<DateTime<Utc>>,
        /// Begun before this time.
        #[arg(long, value_name = "TIME", value_parser = crate::ask::time)]
        to: Option<DateTime<Utc>>,
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
    /// Show all that is known of a result, and where it stands in the CRM.
    Show {
        /// The result's id, as lists show it.
        id: InteractionId,
    },
    /// What can come of a call: the dispositions with their codes, what each requires and brings about.
    Dispositions,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// The call it is about: its key, or `last` for the newest of the history. A call has one result: where there is one
    /// already, it is changed.
    #[arg(long, value_name = "KEY|last", value_parser = call, conflicts_with = "interaction")]
    pub(crate) call: Option<CallMeant>,
    /// The result that is changed.
    #[arg(long, value_name = "ID")]
    pub(crate) interaction: Option<InteractionId>,
    /// Read everything from this file instead, or from standard input if it is -: the line of JSON that is printed when a
    /// result can't be saved. --call, --interaction and --draft beside it are stronger than what stands in it.
    #[arg(long, value_name = "FILE|-", conflicts_with_all = [
        "contact", "disposition", "comment", "fields", "follow_up_at", "no_follow_up", "charges", "no_charges", "agent",
    ])]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) said: Said,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Edit {
    /// The result's id, as lists show it.
    pub(crate) id: InteractionId,
    #[command(flatten)]
    pub(crate) said: Said,
}

/// What a person says of a result.
#[derive(Debug, clap::Args)]
pub(crate) struct Said {
    /// The id of the contact it was with.
    #[arg(long, value_name = "ID")]
    pub(crate) contact: Option<ContactId>,
    /// What came of it: the code of a last level; see `timbrectl interactions dispositions`.
    #[arg(long, value_name = "CODE")]
    pub(crate) disposition: Option<String>,
    /// In your words; - reads it from standard input.
    #[arg(long, value_name = "TEXT|-", allow_hyphen_values = true)]
    pub(crate) comment: Option<String>,
    /// A field of your own, such as pedido=17; without a value it is removed.
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    pub(crate) fields: Vec<(String, String)>,
    /// When something is to be done: 2026-11-25T15:00 here, 2026-11-25T15:00:00-06:00, or a day.
    #[arg(long, value_name = "TIME", value_parser = moment, requires = "follow_up_what")]
    pub(crate) follow_up_at: Option<DateTime<Utc>>,
    /// What is to be done then.
    #[arg(long, value_name = "TEXT", requires = "follow_up_at", allow_hyphen_values = true)]
    pub(crate) follow_up_what: Option<String>,
    /// Who is to do it; you where it is left out.
    #[arg(long, value_name = "WHO", requires = "follow_up_at")]
    pub(crate) follow_up_whom: Option<String>,
    /// Take the follow-up away.
    #[arg(long, conflicts_with = "follow_up_at")]
    pub(crate) no_follow_up: bool,
    /// A charge, such as "2500.10 CRC Visita"; all those named replace all those there were.
    #[arg(long = "charge", value_name = "AMOUNT CURRENCY CONCEPT", value_parser = charge, allow_hyphen_values = true)]
    pub(crate) charges: Vec<Charge>,
    /// Take all charges away.
    #[arg(long, conflicts_with = "charges")]
    pub(crate) no_charges: bool,
    /// Who wrote it; the settings file's agent where it is left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) agent: Option<String>,
    /// Keep it as a draft: nothing is required of it, and it goes nowhere.
    #[arg(long)]
    pub(crate) draft: bool,
}

/// Which call a person means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CallMeant {
    /// The newest of the history.
    Last,
    Key(CallKey),
}

pub(crate) fn call(text: &str) -> Result<CallMeant, String> {
    match text {
        "last" => Ok(CallMeant::Last),
        key => CallKey::try_from(key.to_owned()).map(CallMeant::Key).map_err(|error| format!("{error}, or `last`")),
    }
}

/// A moment that is to come: as [`crate::ask::time`], or a time of day here.
fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    let text = text.trim();
    let here = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    match here.map(|here| Local.from_local_datetime(&here).earliest()) {
        Some(Some(time)) => Ok(time.to_utc()),
        Some(None) => Err("clocks are set forward then, so that this time never comes here: give another".into()),
        None => crate::ask::time(text)
            .map_err(|_| "a time like 2026-11-25T15:00 or 2026-11-25T15:00:00-06:00, or a day like 2026-11-25".into()),
    }
}

/// The most digits that are kept exactly, whatever their place.
const DIGITS_AT_MOST: usize = 28;

/// A charge: amount, currency and concept, parted by spaces.
fn charge(text: &str) -> Result<Charge, String> {
    let wrong = || "AMOUNT CURRENCY CONCEPT, such as \"2500.10 CRC Visita\"".to_owned();
    let (amount, rest) = text.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
    let (currency, concept) = rest.trim_start().split_once(char::is_whitespace).ok_or_else(wrong)?;
    let digits = amount.strip_prefix('-').unwrap_or(amount);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let written = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // A comma means thousands here and decimals there: nobody guesses about money.
    if !written(whole) || !written(fraction) {
        return Err("the amount is digits with a point before the decimals, such as 2500.10".into());
    }
    if whole.len() + fraction.len() > DIGITS_AT_MOST {
        return Err(format!("the amount has more than {DIGITS_AT_MOST} digits"));
    }
    Ok(Charge {
        id: Default::default(),
        amount: amount.parse().map_err(|_| "the amount is no number that could be charged")?,
        currency: currency.parse().map_err(|error: BadCurrency| error.to_string())?,
        concept: concept.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_keeps_its_decimals_exactly_as_they_were_typed() {
        let typed = charge("2500.10 CRC Visita a domicilio").unwrap();
        assert_eq!((typed.amount.to_string().as_str(), typed.concept.as_str()), ("2500.10", "Visita a domicilio"));
        for amount in ["0.1", "-12.50", "1234567890123456789012345.678", "3"] {
            assert_eq!(charge(&format!("{amount}  USD  x")).unwrap().amount.to_string(), amount);
        }
    }

    #[test]
    fn an_amount_that_could_be_read_in_two_ways_is_refused() {
        for text in ["2,500.10 CRC x", "2500,10 CRC x", "1e3 CRC x", "1_000 CRC x", ".5 CRC x", "5. CRC x", "- CRC x"] {
            assert!(charge(text).is_err(), "{text}");
        }
        assert!(charge("0.12345678901234567890123456789 CRC x").is_err(), "it would be rounded");
    }

    #[test]
    fn a_charge_without_a_currency_or_a_concept_is_refused() {
        for text in ["", "2500", "2500 CRC", "2500 Visita", "2500 crc Visita"] {
            assert!(charge(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_follow_up_is_at_a_time_of_day_here_or_at_a_whole_time_or_on_a_day() {
        let here = Local.with_ymd_and_hms(2026, 11, 25, 15, 0, 0).unwrap().to_utc();
        assert_eq!(moment("2026-11-25T15:00"), Ok(here));
        assert_eq!(moment("2026-11-25 15:00:00"), Ok(here));
        assert_eq!(moment("2026-11-25T15:00:00-06:00"), Ok("2026-11-25T21:00:00Z".parse().unwrap()));
        assert!(moment("2026-11-25").is_ok());
        for text in ["", "tomorrow", "15:00", "2026-11-25T25:00", "25/11/2026"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_call_is_named_by_its_key_or_is_the_last_one() {
        assert_eq!(call("last"), Ok(CallMeant::Last));
        assert!(matches!(call("acme:main:123"), Ok(CallMeant::Key(_))));
        assert!(call("the one with Ana").is_err());
    }
}
