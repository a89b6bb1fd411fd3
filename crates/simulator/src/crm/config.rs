//! The configuration of a simulated CRM.

use std::collections::BTreeMap;
use std::time::Duration;

/// The key of the default configuration. It is invented, so there is nothing to hide.
pub const DEFAULT_API_KEY: &str = "4f6e65206b657920666f7220746573747";

/// The server to simulate. The default is that of the recordings: EspoCRM 8.4.2 on PostgreSQL, without customisation.
#[derive(Debug, Clone)]
pub struct CrmConfig {
    /// The port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// The API users, by the value of `X-Api-Key`.
    pub api_keys: BTreeMap<String, ApiUser>,
    /// Further users, such as the agents to whom calls are assigned.
    pub users: Vec<User>,
    /// Whether lists show `phoneNumberData`, which needs a change by an administrator (recording A0).
    pub phone_list_loader: bool,
    /// Whether lists show `emailAddressData`, as [`phone_list_loader`](Self::phone_list_loader) does for telephones.
    pub email_list_loader: bool,
    /// Whether a second call with the same `cCtiRequestId` is a 409, which needs a change by an administrator
    /// (recording A1).
    pub duplicate_request_check: bool,
    /// Whether only E.164 with `+` is accepted, which is the recorded version's default (espocrm README, Telephones).
    pub international_numbers_only: bool,
    /// Custom fields by entity, such as `cCtiRequestId` of `Call`.
    pub custom_fields: BTreeMap<String, Vec<CustomField>>,
    /// Custom entities, such as `CCharge`.
    pub custom_entities: Vec<CustomEntity>,
    /// The largest `maxSize` of a list; more is a 403 (espocrm README, Lists).
    pub max_size: usize,
    /// More failed sign-ins than this within [`failed_sign_in_window`](Self::failed_sign_in_window) lock the address.
    pub failed_sign_ins: usize,
    /// The window in which failed sign-ins are counted.
    pub failed_sign_in_window: Duration,
    /// How long an address stays locked. Valid keys are refused too.
    pub lock: Duration,
    pub unreadable_date: UnreadableDate,
    /// The delays at the start; see [`Crm::set_tempo`](super::Crm::set_tempo).
    pub tempo: Tempo,
    /// The value of `X-App-Timestamp`: when the server's cache was built, in Unix seconds.
    pub app_timestamp: i64,
    /// The seed of the ids.
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

#[derive(Debug, Clone)]
pub struct ApiUser {
    pub user: User,
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id, 17 hexadecimal digits.
    pub id: String,
    /// The name that people read.
    pub name: String,
    /// The name for signing in.
    pub user_name: String,
    pub email: Option<String>,
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

/// The type of a user; `api` or `regular` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A program, which signs in with a key.
    Api,
    /// A person, such as an agent.
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

/// The permissions of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The permissions by entity.
    pub access: BTreeMap<String, Access>,
    /// The permissions for entities that `access` does not name.
    pub otherwise: Access,
    pub assignment: Assignment,
}

impl Role {
    /// The role that the espocrm README asks for (Role needed), which includes notes in the stream of contacts.
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

    /// All permissions, as an administrator has them.
    #[must_use]
    pub fn everything() -> Self {
        Self { access: BTreeMap::new(), otherwise: Access::FULL, assignment: Assignment::All }
    }

    /// The same role with `access` to one entity.
    #[must_use]
    pub fn with(mut self, entity: &str, access: Access) -> Self {
        self.access.insert(entity.to_owned(), access);
        self
    }

    pub(crate) fn on(&self, entity: &str) -> Access {
        if entity == "Note" {
            // A role says nothing about notes: whoever may see a record's stream may add notes to it and change their
            // own.
            return Access::FULL;
        }
        self.access.get(entity).copied().unwrap_or(self.otherwise)
    }
}

/// The permissions for the records of one entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Whether `POST` is allowed.
    pub create: bool,
    /// Whether `GET` of lists and records is allowed.
    pub read: bool,
    /// Whether `PUT` and `PATCH` are allowed.
    pub edit: bool,
    /// Whether `DELETE` is allowed.
    pub delete: bool,
    /// Whether notes in the stream of a record may be read and written.
    pub stream: bool,
}

impl Access {
    pub const NONE: Self = Self { create: false, read: false, edit: false, delete: false, stream: false };
    pub const READ: Self = Self { read: true, ..Self::NONE };
    /// Every permission except deleting.
    pub const WRITE: Self = Self { delete: false, ..Self::FULL };
    pub const FULL: Self = Self { create: true, read: true, edit: true, delete: true, stream: true };

    /// The same permissions, and notes in the stream.
    #[must_use]
    pub const fn with_stream(self) -> Self {
        Self { stream: true, ..self }
    }
}

/// To whom records may be assigned. Assigning to anybody else is the 403 of recording 91f.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignment {
    /// Records may be assigned to any user.
    All,
    /// Records may be assigned only to the user itself.
    Own,
    /// Records may not be assigned at all.
    No,
}

/// The answer to an unreadable date in a `where`, which depends on the database (espocrm README, Cursor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadableDate {
    /// The answer is a 500.
    PostgreSql,
    /// The condition is ignored, so the answer is an unfiltered 200.
    MariaDb,
}

/// The server's delays, by the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tempo {
    /// How long after its `modifiedAt` a write becomes visible.
    pub commit_lag: Duration,
    /// The time from the arrival of a writing request until it is carried out.
    pub before_storing: Duration,
    /// The time from then until the answer, for reading requests too.
    pub before_answering: Duration,
}

/// A custom field. EspoCRM puts a `c` in front of the names of custom fields in its own entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    /// The name, such as `cCtiRequestId`. The name of a link has no `Id` at the end.
    pub name: String,
    pub kind: FieldKind,
    /// Whether a record without it is refused.
    pub required: bool,
}

impl CustomField {
    /// An optional text of up to 255 characters.
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self { name: name.to_owned(), kind: FieldKind::Text, required: false }
    }

    /// The same field, as a required one.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// The type of a custom field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// A text of up to 255 characters.
    Text,
    /// A text of any length.
    LongText,
    Number,
    Bool,
    /// A time, written as `YYYY-MM-DD HH:MM:SS` in UTC.
    DateTime,
    /// One of these words.
    Choice(Vec<String>),
    /// An amount, with `{name}Currency` in one of these currencies.
    Currency(Vec<String>),
    /// A link to a record of one of these entities, with the attributes `{name}Id`, `{name}Type` and `{name}Name`. The
    /// field is called `parent`.
    Parent(Vec<String>),
    /// A link to a record of this entity, with the attributes `{name}Id` and `{name}Name`.
    Link(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomEntity {
    /// The name, such as `CCharge`.
    pub name: String,
    /// The fields beyond `name`, `description`, the assigned user and the times of creation and change.
    pub fields: Vec<CustomField>,
}

/// The ways in which the CRM can be down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DownStyle {
    /// Connections are accepted and cut at once.
    #[default]
    Cut,
    /// Every request is the 503 of recording 94.
    Maintenance,
}
