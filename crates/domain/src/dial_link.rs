//! Links that ask for a telephone call: `tel:` (RFC 3966), `callto:`, `sip:` and `sips:`.
//!
//! A link comes from a web page or a mail, so from anybody. Nothing is dialled by reading one: what comes out is what a
//! person is asked about. What would do more than reach a telephone, such as a forwarding code, is refused here.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::number::{Country, PhoneNumber, digits_of, is_invisible, is_punctuation, keyed, plain_text};

/// The longest link that is read, bytes; no telephone number needs as much.
const LONGEST_LINK: usize = 1_024;
/// The longest number in E.164 with its country code, digits.
const LONGEST_GLOBAL: usize = 15;
/// What is dialled at home may have carrier codes and prefixes before the number.
const LONGEST_LOCAL: usize = 22;
/// The longest number that is written with letters, digits.
const LONGEST_KEYED: usize = 13;
/// The longest extension or subaddress that is read, digits.
const LONGEST_EXTENSION: usize = 20;
/// The longest domain name, characters (RFC 1035).
const LONGEST_CONTEXT: usize = 253;

/// What kind of link it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// A link that begins with `tel:`.
    Tel,
    /// A link that begins with `callto:`.
    Callto,
    /// A link that begins with `sip:` or `sips:`.
    Sip,
}

/// What a link asks to be dialled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct DialLink {
    /// What kind of link it was.
    pub scheme: Scheme,
    /// What to dial, as the link wrote it: digits, what people put between them, perhaps a `+` in front. With the
    /// country code where the link told it and both together are a number.
    pub number: String,
    /// The extension to ask for, digits alone.
    pub extension: Option<String>,
    /// The ISDN subaddress (`isub`) behind the number.
    pub subaddress: Option<String>,
    /// Where a local number is valid, as the link says: a domain name, or the first digits of a global number that could
    /// not be put before it. A person must know this, for the number may mean another telephone here.
    pub context: Option<String>,
}

/// Why a link can't be dialled. Nothing of the link is repeated: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DialLinkError {
    /// It begins with none of `tel:`, `callto:`, `sip:`, `sips:`.
    #[error("it is no tel:, callto: or sip: link")]
    OtherScheme,
    /// It is longer than any telephone number's link.
    #[error("it is too long")]
    TooLong,
    /// It holds control characters, or characters that nobody sees or that turn the writing round.
    #[error("it holds characters that can't be seen")]
    Hidden,
    /// Its percent-encoding is no UTF-8, or a parameter stands there twice or malformed.
    #[error("it is malformed")]
    Malformed,
    /// It holds no number.
    #[error("it holds no number")]
    Empty,
    /// The link names no telephone number but a person or a machine.
    #[error("it holds no telephone number")]
    NotANumber,
    /// A code of stars and hashes, which sets up services such as forwarding.
    #[error("it is a service code and no telephone number")]
    ServiceCode,
    /// It marks a parameter as mandatory that Timbre does not know.
    #[error("it demands what Timbre does not know")]
    UnknownDemand,
}

impl DialLinkError {
    /// Every reason, for tests that look each one up in the catalogue of texts.
    pub const ALL: [Self; 8] = [
        Self::OtherScheme,
        Self::TooLong,
        Self::Hidden,
        Self::Malformed,
        Self::Empty,
        Self::NotANumber,
        Self::ServiceCode,
        Self::UnknownDemand,
    ];

    /// Under which key the catalogue explains it.
    #[must_use]
    pub fn text_key(self) -> &'static str {
        match self {
            Self::OtherScheme => "link.error.other_scheme",
            Self::TooLong => "link.error.too_long",
            Self::Hidden => "link.error.hidden",
            Self::Malformed => "link.error.malformed",
            Self::Empty => "link.error.empty",
            Self::NotANumber => "link.error.not_a_number",
            Self::ServiceCode => "link.error.service_code",
            Self::UnknownDemand => "link.error.unknown_demand",
        }
    }
}

impl DialLink {
    /// Reads a link as browsers, mail programs and people's own web pages write it.
    ///
    /// # Errors
    /// Why it can't be dialled.
    pub fn parse(link: &str) -> Result<Self, DialLinkError> {
        if link.len() > LONGEST_LINK {
            return Err(DialLinkError::TooLong);
        }
        // Some programs hand on the line break or the brackets that stood around the link.
        let link = link.trim().trim_matches(['<', '>', '"']).trim();
        let (scheme, rest) = link.split_once(':').ok_or(DialLinkError::OtherScheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "tel" => Scheme::Tel,
            "callto" => Scheme::Callto,
            "sip" | "sips" => Scheme::Sip,
            _ => return Err(DialLinkError::OtherScheme),
        };
        if rest.chars().chain(decoded(rest)?.chars()).any(is_invisible) {
            return Err(DialLinkError::Hidden);
        }
        let rest = rest.trim_start_matches('/').trim_end_matches('/');
        match scheme {
            Scheme::Tel | Scheme::Callto => {
                // `callto:NUMBER?call`, `tel:NUMBER?subject=…`
                let rest = rest.split('?').next().unwrap_or_default();
                Subscriber::read(rest)?.into_link(scheme, None)
            }
            Scheme::Sip => of_sip(rest),
        }
    }
}

/// RFC 3261, section 19.1: `user:password@host:port;parameters?headers`. Where the user is a telephone number, it is
/// written as in a `tel:` link, with its parameters (section 19.1.6).
fn of_sip(rest: &str) -> Result<DialLink, DialLinkError> {
    let Some((user, host)) = rest.split_once('@') else {
        let user = rest.split('?').next().unwrap_or_default();
        // `sip:88884787` is written, too; with a dot or a port it is the address of a machine, and nobody named at it.
        let names_a_machine = user.split(';').next().is_some_and(|user| user.contains(['.', ':', '[']));
        return if names_a_machine {
            Err(DialLinkError::NotANumber)
        } else {
            Subscriber::read(user)?.into_link(Scheme::Sip, None)
        };
    };
    let host = host.split('?').next().unwrap_or_default();
    let mut parameters = host.split(';');
    let host = parameters.next().unwrap_or_default();
    let is_user = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        name.trim().eq_ignore_ascii_case("user").then(|| value.trim().to_ascii_lowercase())
    };
    // `user=ip` says that digits before the @ are a name like any other.
    if parameters.filter_map(is_user).any(|user| user != "phone") {
        return Err(DialLinkError::NotANumber);
    }
    let user = user.split(':').next().unwrap_or_default();
    let host = domain(&decoded(host)?).ok_or(DialLinkError::Malformed)?;
    Subscriber::read(user)?.into_link(Scheme::Sip, Some(host))
}

/// RFC 3966, section 3: a number and its parameters.
#[derive(Default)]
struct Subscriber {
    number: String,
    extension: Option<String>,
    subaddress: Option<String>,
    context: Option<String>,
}

impl Subscriber {
    fn read(text: &str) -> Result<Self, DialLinkError> {
        let mut parts = text.split(';');
        let number = decoded(parts.next().unwrap_or_default())?;
        // A program that encodes everything encodes the semicolons, too.
        let (number, encoded) = number.split_once(';').unwrap_or((&number, ""));
        let mut subscriber = Self::default();
        for parameter in encoded.split(';').filter(|part| !part.is_empty()) {
            subscriber.take(parameter)?;
        }
        for parameter in parts.filter(|part| !part.is_empty()) {
            subscriber.take(&decoded(parameter)?)?;
        }
        let (number, extension) = number_and_extension(number)?;
        subscriber.number = number;
        subscriber.extension = subscriber.extension.or(extension);
        Ok(subscriber)
    }

    fn take(&mut self, parameter: &str) -> Result<(), DialLinkError> {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        let place = match name.as_str() {
            "ext" => &mut self.extension,
            "isub" => &mut self.subaddress,
            "phone-context" => &mut self.context,
            // RFC 3966, section 3: whoever does not know a parameter that begins with m- must not use the link.
            name if name.starts_with("m-") => return Err(DialLinkError::UnknownDemand),
            _ => return Ok(()),
        };
        let read = match name.as_str() {
            "ext" => extension(value)?,
            "isub" => subaddress(value).ok_or(DialLinkError::Malformed)?,
            _ => context(value).ok_or(DialLinkError::Malformed)?,
        };
        // RFC 3966, section 3: a parameter stands there at most once.
        if place.replace(read).is_some() { Err(DialLinkError::Malformed) } else { Ok(()) }
    }

    fn into_link(self, scheme: Scheme, host: Option<String>) -> Result<DialLink, DialLinkError> {
        let Self { mut number, extension, subaddress, context } = self;
        let mut context = context.or(host).filter(|_| !number.starts_with('+'));
        if let Some(prefix) = context.as_deref().filter(|context| context.starts_with('+')) {
            let whole = format!("{prefix} {number}");
            // "+1" is the context of 911, and +1911 is no number (RFC 3966, section 5.1.5).
            let placed = PhoneNumber::typed(&whole, Country::CR).is_ok_and(|number| number.e164().is_some());
            if placed && digits_of(&whole).len() <= LONGEST_GLOBAL {
                (number, context) = (whole, None);
            }
        }
        Ok(DialLink { scheme, number, extension, subaddress, context })
    }
}

/// The number as a person would write it, and what stands behind it: `ext. 12`, `x12`, `anexo 12`, `,12`, `p12`.
fn number_and_extension(text: &str) -> Result<(String, Option<String>), DialLinkError> {
    let text = &plain_text(text);
    if is_service_code(text) {
        return Err(DialLinkError::ServiceCode);
    }
    let is_behind =
        |(at, c): &(usize, char)| (c.is_alphabetic() || *c == ',') && text[..*at].bytes().any(|b| b.is_ascii_digit());
    let behind = text.char_indices().find(is_behind).map_or(text.len(), |(at, _)| at);
    let (number, tail) = text.split_at(behind);
    let number = number.split_whitespace().collect::<Vec<_>>().join(" ");
    // `(+506) 8888-4787`
    let number = match number.find('+') {
        None | Some(0) => number,
        Some(_) => number.replace(['(', ')'], "").trim().to_owned(),
    };
    let digits = digits_of(&number).len();
    let fits = |(at, c): (usize, char)| c.is_ascii_digit() || is_punctuation(c) || (c == '+' && at == 0);
    if !number.char_indices().all(fits) {
        return Err(DialLinkError::NotANumber);
    }
    let longest = if number.starts_with('+') { LONGEST_GLOBAL } else { LONGEST_LOCAL };
    match digits {
        0 if number.is_empty() && tail.is_empty() => return Err(DialLinkError::Empty),
        0 => return Err(DialLinkError::NotANumber),
        digits if digits > longest || number.len() > LONGEST_LINK / 8 => return Err(DialLinkError::TooLong),
        _ => {}
    }
    if tail.is_empty() {
        return Ok((number, None));
    }
    let word = tail.trim_end_matches(|c: char| c.is_ascii_digit() || is_punctuation(c));
    let word = word.trim_matches(|c: char| c == '.' || c == ',' || c == ':' || c.is_whitespace()).to_lowercase();
    if !BEFORE_EXTENSIONS.contains(&word.as_str()) {
        // `1-800-FLOWERS` is dialled by its letters.
        let keyed = keyed(text).filter(|keyed| digits_of(keyed).len() <= LONGEST_KEYED);
        return keyed.map(|number| (number, None)).ok_or(DialLinkError::NotANumber);
    }
    Ok((number, Some(extension(tail.trim_start_matches(|c: char| !c.is_ascii_digit()))?)))
}

/// What people and telephones write before an extension; p and w are pauses. Nothing is left of commas.
const BEFORE_EXTENSIONS: [&str; 11] =
    ["", "x", "ext", "extension", "extensión", "extensão", "anexo", "interno", "ramal", "p", "w"];

fn extension(text: &str) -> Result<String, DialLinkError> {
    let text = &plain_text(text);
    if is_service_code(text) {
        return Err(DialLinkError::ServiceCode);
    }
    let digits = digits_of(text);
    let fits = !digits.is_empty() && text.chars().all(|c| c.is_ascii_digit() || is_punctuation(c));
    match digits.len() {
        _ if !fits => Err(DialLinkError::Malformed),
        1..=LONGEST_EXTENSION => Ok(digits),
        _ => Err(DialLinkError::TooLong),
    }
}

/// Stars and hashes, also as writings other than Latin have them.
fn is_service_code(text: &str) -> bool {
    text.contains(['*', '#', '\u{ff0a}', '\u{ff03}', '\u{2217}', '\u{fe61}', '\u{fe5f}', '\u{204e}', '\u{66d}'])
}

fn subaddress(text: &str) -> Option<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~'()/?:@&=+$, ".contains(&b);
    (!text.is_empty() && text.len() <= LONGEST_EXTENSION * 2 && text.bytes().all(fits)).then(|| text.to_owned())
}

/// A domain name, or the first digits of a global number.
fn context(text: &str) -> Option<String> {
    let Some(digits) = text.strip_prefix('+') else { return domain(text) };
    let fits = digits.chars().all(|c| c.is_ascii_digit() || is_punctuation(c));
    (fits && (1..=LONGEST_GLOBAL).contains(&digits_of(digits).len()) && text.len() <= LONGEST_GLOBAL * 2)
        .then(|| text.to_owned())
}

fn domain(text: &str) -> Option<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.:[]".contains(&b);
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST_CONTEXT && text.bytes().all(fits)).then(|| text.to_ascii_lowercase())
}

fn decoded(text: &str) -> Result<Cow<'_, str>, DialLinkError> {
    percent_decode_str(text).decode_utf8().map_err(|_| DialLinkError::Malformed)
}

#[cfg(test)]
mod tests;
