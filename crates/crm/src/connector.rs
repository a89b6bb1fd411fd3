//! A CRM, as its file describes it.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::Value as Json;
use serde_json_path::JsonPath;
use timbre_domain::contact::PhoneKind;
use timbre_domain::error::ErrorCode;
use timbre_domain::outbox::RecordKind;

use crate::template::Template;
use crate::template_tree::Node;

/// A CRM, as its file describes it: read and checked by [`Connector::load`].
#[derive(Debug)]
pub struct Connector {
    /// The file's own name for the CRM, such as `espocrm`.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What an administrator may set.
    pub settings: BTreeMap<String, Setting>,
    pub(crate) sign_in: SignIn,
    pub(crate) limits: Limits,
    pub(crate) headers: Option<Node>,
    pub(crate) errors: Errors,
    pub(crate) pull: Option<Pull>,
    pub(crate) ids: Option<Ids>,
    pub(crate) fetch: Option<Fetch>,
    pub(crate) find: Option<Find>,
    pub(crate) contact: Option<ContactShape>,
    pub(crate) records: BTreeMap<RecordKind, Record>,
    pub(crate) open: BTreeMap<RecordKind, Template>,
}

/// Something an administrator may set.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its value unless it is set; its type is the setting's: text, whole number, number, or true and false.
    pub default: Option<Json>,
    /// What it is for.
    pub about: String,
    /// Whether it must be set.
    pub required: bool,
}

#[derive(Debug)]
pub(crate) struct Limits {
    /// The distance between two requests.
    pub(crate) distance: Duration,
    pub(crate) timeout: Duration,
    pub(crate) settles_within: Duration,
    pub(crate) answer_at_most: usize,
    /// What templates know as `overlap_s`.
    pub(crate) overlap_s: u64,
}

/// A request as the file describes it: templates that are filled when it is sent.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: Template,
    pub(crate) query: Option<Node>,
    pub(crate) headers: Option<Node>,
    pub(crate) body: Option<Body>,
}

#[derive(Debug)]
pub(crate) enum Body {
    Json(Node),
    Form(Node),
}

#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) how: How,
    pub(crate) probe: Probe,
    /// Finds the id of the user who is to own our records; its own `when` says whether it counts.
    pub(crate) user: Option<(Option<Template>, Probe)>,
}

/// A request that says who somebody is.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) request: Request,
    pub(crate) id: JsonPath,
    pub(crate) name: Option<JsonPath>,
}

#[derive(Debug)]
pub(crate) enum How {
    /// The secret stands in this header.
    KeyHeader(String),
    /// The secret is the password, or `user:password` where no user name is given.
    Basic(Option<Template>),
    /// The secret is the token.
    Bearer,
    /// The secret is exchanged for a token that holds for a while.
    OAuth2(OAuth2),
    /// A request with the secret gives a token or a cookie.
    Session(Box<Session>),
}

#[derive(Debug)]
pub(crate) struct OAuth2 {
    pub(crate) token_url: Template,
    /// The refresh token is the secret; without, the client's secret is.
    pub(crate) refresh: bool,
    pub(crate) form: Option<Node>,
    /// The client's secret is kept under `{connector}-client`.
    pub(crate) client_secret: bool,
}

#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) request: Request,
    pub(crate) token: Token,
    pub(crate) header: String,
    pub(crate) prefix: String,
}

#[derive(Debug)]
pub(crate) enum Token {
    Path(JsonPath),
    Cookie(String),
}

#[derive(Debug)]
pub(crate) struct Errors {
    pub(crate) reason_header: Option<String>,
    pub(crate) words: Vec<JsonPath>,
    pub(crate) rules: Vec<Rule>,
}

/// What an answer means.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) status: Vec<u16>,
    pub(crate) reason: Option<bool>,
    pub(crate) contains: Option<String>,
    pub(crate) then: Then,
    pub(crate) code: ErrorCode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    Park,
    Stop,
    Wait(Duration),
    Search(u32),
    BackOff,
}

#[derive(Debug)]
pub(crate) struct Pull {
    pub(crate) page: Page,
    pub(crate) records: JsonPath,
    pub(crate) partial: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct Ids {
    pub(crate) page: Page,
    pub(crate) ids: JsonPath,
}

/// How a long list is asked for, page by page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) request: Request,
    pub(crate) size: u64,
    pub(crate) more: Template,
    pub(crate) counted: Option<Template>,
    pub(crate) cursor: Vec<(String, Template)>,
    pub(crate) at_end: Option<Vec<(String, Template)>>,
}

#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) request: Request,
    pub(crate) record: JsonPath,
}

#[derive(Debug)]
pub(crate) struct Find {
    pub(crate) request: Request,
    pub(crate) records: JsonPath,
}

/// How a record becomes a contact.
#[derive(Debug)]
pub(crate) struct ContactShape {
    pub(crate) id: JsonPath,
    pub(crate) name: Pick,
    pub(crate) company: Pick,
    pub(crate) owner: Pick,
    pub(crate) do_not_call: Pick,
    pub(crate) emails: Vec<EmailShape>,
    pub(crate) phones: Vec<PhoneShape>,
    pub(crate) kinds: Vec<(String, PhoneKind)>,
    pub(crate) fields: Vec<(String, Pick)>,
    pub(crate) complete_when: Vec<JsonPath>,
    pub(crate) e164: bool,
}

/// Where telephones stand in a record.
#[derive(Debug)]
pub(crate) struct PhoneShape {
    pub(crate) each: JsonPath,
    pub(crate) number: JsonPath,
    pub(crate) kind: PhoneKindFrom,
    pub(crate) only_if_none: bool,
}

/// Where e-mail addresses stand in a record.
#[derive(Debug)]
pub(crate) struct EmailShape {
    pub(crate) each: JsonPath,
    /// Within it; without, it is the address itself.
    pub(crate) address: Option<JsonPath>,
    pub(crate) only_if_none: bool,
}

#[derive(Debug)]
pub(crate) enum PhoneKindFrom {
    Fixed(PhoneKind),
    Path(JsonPath),
}

/// A text of a record: the first of some paths that leads to one, or a template.
#[derive(Debug)]
pub(crate) enum Pick {
    Paths(Vec<JsonPath>),
    Template(Template),
}

/// What is done with one kind of record.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) when: Option<Template>,
    pub(crate) create: Request,
    pub(crate) created_id: JsonPath,
    /// Whether the answer to a creation shows that the request id was stored.
    pub(crate) kept: Option<Template>,
    pub(crate) amend: Option<Request>,
    pub(crate) search: Request,
    pub(crate) search_ids: JsonPath,
    pub(crate) remove: Option<Request>,
    pub(crate) already: Option<Already>,
}

/// How our own record is recognised in a refusal.
#[derive(Debug)]
pub(crate) struct Already {
    pub(crate) status: u16,
    pub(crate) each: JsonPath,
    pub(crate) ours: Template,
    pub(crate) id: JsonPath,
}
