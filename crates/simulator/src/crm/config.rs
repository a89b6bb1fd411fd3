//! How a simulated CRM is set up.

use std::collections::BTreeMap;
use std::time::Duration;

/// The sign-in of a simulated CRM as it comes out of the box; invented, so there is nothing to hide.
pub const DEFAULT_API_KEY: &str = "4f6e65206b657920666f7220746573747";

/// What to simulate. The default is the server of the recordings: EspoCRM 8.4.2 on PostgreSQL, nothing customised.
#[derive(Debug, Clone)]
pub struct CrmConfig {
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// Who may sign in, by the value of `X-Api-Key`. Each is a user as well.
    pub api_keys: BTreeMap<String, ApiUser>,
    /// Further users: people whom calls are assigned to.
    pub users: Vec<User>,
    /// Lists show `phoneNumberData` (recording A0): an administrator changed the server so.
    pub phone_list_loader: bool,
    /// Lists show `emailAddressData`, as [`phone_list_loader`](Self::phone_list_loader) does for telephones.
    pub email_list_loader: bool,
    /// A second call with the same `cCtiRequestId` is a 409 (recording A1): an administrator changed the server so.
    pub duplicate_request_check: bool,
    /// Only E.164 with `+` is taken (espocrm README, Telephones): the default of the recorded version.
    pub international_numbers_only: bool,
    /// Fields that an administrator made, by entity, such as `cCtiRequestId` of `Call`.
    pub custom_fields: BTreeMap<String, Vec<CustomField>>,
    /// Entities that an administrator made, such as `CCharge`.
    pub custom_entities: Vec<CustomEntity>,
    /// The most rows of a list (espocrm README, Lists): more is a 403.
    pub max_size: usize,
    /// More failed sign-ins than this within [`failed_sign_in_window`](Self::failed_sign_in_window) lock the address.
    pub failed_sign_ins: usize,
    /// The window in which failed sign-ins are counted.
    pub failed_sign_in_window: Duration,
    /// How long an address stays locked, valid keys too.
    pub lock: Duration,
    /// What an unreadable date in a `where` does.
    pub unreadable_date: UnreadableDate,
    /// How long things take, at first; see [`Crm::set_tempo`](super::Crm::set_tempo).
    pub tempo: Tempo,
    /// What `X-App-Timestamp` says: when the server's cache was built, Unix time in seconds.
    pub app_timestamp: i64,
    /// What ids are made from.
    pub seed: u64,
}

impl Default for CrmConfig {
    fn default() -> Self {
        Self {
            port: 0,
            api_keys: BTreeMap::from([(DEFAULT_API_KEY.to_owned(), ApiUser::connector())]),
            users: vec![User::agent()],
            phone_list_loader: false,
            email_list_loader: false,
            duplicate_request_check: false,
            international_numbers_only: true,
            custom_fields: BTreeMap::new(),
            custom_entities: Vec::new(),
            max_size: 200,
            failed_sign_ins: 10,
            failed_sign_in_window: Duration::from_secs(60),
            lock: Duration::from_secs(61),
            unreadable_date: UnreadableDate::PostgreSql,
            tempo: Tempo::default(),
            app_timestamp: 1_795_191_802,
            seed: 1,
        }
    }
}

/// A user who signs in with a key.
#[derive(Debug, Clone)]
pub struct ApiUser {
    /// Who it is.
    pub user: User,
    /// What it may do.
    pub role: Role,
}

impl ApiUser {
    /// The connector of the recordings, with the role that the espocrm README asks for.
    #[must_use]
    pub fn connector() -> Self {
        let user = User {
            id: "6b00749b82388ee30".to_owned(),
            name: "cti-connector".to_owned(),
            user_name: "cti-connector".to_owned(),
            email: None,
            kind: UserKind::Api,
        };
        Self { user, role: Role::connector() }
    }
}

/// A user of the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its id, 17 hexadecimal digits.
    pub id: String,
    /// Its name, as people read it.
    pub name: String,
    /// Its name for signing in.
    pub user_name: String,
    /// Its e-mail address.
    pub email: Option<String>,
    /// What it is.
    pub kind: UserKind,
}

impl User {
    /// The agent of the recordings.
    #[must_use]
    pub fn agent() -> Self {
        Self {
            id: "6b00749baa06e4813".to_owned(),
            name: "Ana Agente".to_owned(),
            user_name: "ana.agent".to_owned(),
            email: Some("ana.agent@example.test".to_owned()),
            kind: UserKind::Regular,
        }
    }
}

/// What a user is; in JSON `api` or `regular`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A program.
    Api,
    /// A person.
    Regular,
}

impl UserKind {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Regular => "regular",
        }
    }
}

/// What a user may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// By entity.
    pub access: BTreeMap<String, Access>,
    /// What holds for the entities that `access` does not name.
    pub otherwise: Access,
    /// Whom it may assign records to.
    pub assignment: Assignment,
}

impl Role {
    /// What the espocrm README asks for (Role needed), the stream of contacts, and so notes, included.
    #[must_use]
    pub fn connector() -> Self {
        let entries = [
            ("Contact", Access::READ.with_stream()),
            ("Account", Access::READ),
            ("Lead", Access::READ),
            ("User", Access::READ),
            ("Call", Access::WRITE),
            ("Task", Access::WRITE),
        ];
        Self {
            access: entries.into_iter().map(|(entity, access)| (entity.to_owned(), access)).collect(),
            otherwise: Access::NONE,
            assignment: Assignment::All,
        }
    }

    /// Everything, as an administrator.
    #[must_use]
    pub fn everything() -> Self {
        Self { access: BTreeMap::new(), otherwise: Access::FULL, assignment: Assignment::All }
    }

    /// The same with this access to one entity.
    #[must_use]
    pub fn with(mut self, entity: &str, access: Access) -> Self {
        self.access.insert(entity.to_owned(), access);
        self
    }

    pub(crate) fn on(&self, entity: &str) -> Access {
        if entity == "Note" {
            // Notes have no row in a role: whoever may see a record's stream may write into it, and change what is theirs.
            return Access::FULL;
        }
        self.access.get(entity).copied().unwrap_or(self.otherwise)
    }
}

/// What may be done with the records of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// `POST`.
    pub create: bool,
    /// `GET`, of lists and records.
    pub read: bool,
    /// `PUT` and `PATCH`.
    pub edit: bool,
    /// `DELETE`.
    pub delete: bool,
    /// Notes in the stream of a record.
    pub stream: bool,
}

impl Access {
    /// Nothing.
    pub const NONE: Self = Self { create: false, read: false, edit: false, delete: false, stream: false };
    /// Reading alone.
    pub const READ: Self = Self { read: true, ..Self::NONE };
    /// All but deleting.
    pub const WRITE: Self = Self { delete: false, ..Self::FULL };
    /// All.
    pub const FULL: Self = Self { create: true, read: true, edit: true, delete: true, stream: true };

    /// The same, with notes.
    #[must_use]
    pub const fn with_stream(self) -> Self {
        Self { stream: true, ..self }
    }
}

/// Whom records may be assigned to; anybody else is the 403 of recording 91f.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// Anybody.
    All,
    /// Oneself.
    Own,
    /// Nobody.
    No,
}

/// What an unreadable date in a `where` does (espocrm README, Cursor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadableDate {
    /// A 500.
    PostgreSql,
    /// The condition is as good as absent: an unfiltered 200.
    MariaDb,
}

/// How long things take, by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tempo {
    /// How long before it can be seen a write is stamped with its `modifiedAt`.
    pub commit_lag: Duration,
    /// From a writing request's arrival until it is carried out.
    pub before_storing: Duration,
    /// From there until it is answered; of reading requests as well.
    pub before_answering: Duration,
}

/// A field that an administrator made. EspoCRM puts a `c` in front of the names of those of its own entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    /// Its name, such as `cCtiRequestId`; of a link without `Id` at the end.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether a record must have it.
    pub required: bool,
}

impl CustomField {
    /// A text of up to 255 characters that may be missing.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self { name: name.to_owned(), kind: FieldKind::Text, required: false }
    }

    /// The same field, which a record must have.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// What a custom field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Up to 255 characters.
    Text,
    /// Any length.
    LongText,
    /// A number.
    Number,
    /// Yes or no.
    Bool,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    DateTime,
    /// One of these words.
    Choice(Vec<String>),
    /// An amount, with `{name}Currency` in one of these currencies.
    Currency(Vec<String>),
    /// A record of one of these entities: the attributes `{name}Id`, `{name}Type` and `{name}Name`. It is called `parent`.
    Parent(Vec<String>),
    /// A record of this entity: the attributes `{name}Id` and `{name}Name`.
    Link(String),
}

/// An entity that an administrator made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomEntity {
    /// Its name, such as `CCharge`.
    pub name: String,
    /// Its fields beyond `name`, `description`, the assigned user and the usual stamps.
    pub fields: Vec<CustomField>,
}

/// How the CRM is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DownStyle {
    /// Connections are accepted and cut at once.
    #[default]
    Cut,
    /// Every request is the 503 of recording 94.
    Maintenance,
}
