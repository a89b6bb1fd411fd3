//! The fields of the entities, as far as the recordings show them.

use std::sync::Arc;

use serde_json::Value;

use super::config::{CrmConfig, CustomField, FieldKind};

/// The name of an attribute, shared by all records that have it.
pub(crate) type Name = Arc<str>;

#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) entity: Arc<str>,
    pub(crate) fields: Vec<Field>,
    /// The required fields, in the order they are checked.
    pub(crate) required: Vec<String>,
    /// The attributes that every row of a list shows, selected or not.
    pub(crate) always: &'static [&'static str],
    /// The default order of a list: the attribute, and whether it is descending.
    pub(crate) order: (&'static str, bool),
    /// The null attributes that the answer to a create shows.
    pub(crate) shown_null: &'static [&'static str],
    /// The default type of a telephone number, such as `Mobile`; `None` for an entity without telephones and e-mail
    /// addresses.
    pub(crate) phones: Option<&'static str>,
    /// Whether the name consists of first and last name.
    pub(crate) person: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    pub(crate) default: Value,
    pub(crate) writable: bool,
}

/// The type of a field.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// A text of at most this many characters. The flag says whether `<`, `>` and `=` are refused.
    Text(usize, bool),
    Long,
    Bool,
    Number,
    Time,
    Choice(Vec<String>),
    /// The code of one of these currencies.
    Currency(Vec<String>),
    /// A link to one record: `{name}Id` and `{name}Name`.
    Link {
        entity: String,
        id: Name,
    },
    /// A link to a record of one of these entities, or of any where the list is empty: `parentId`, `parentType` and
    /// `parentName`.
    Parent(Vec<String>),
    /// A link to several records: `{name}Ids`, `{name}Names` and, with the flag, `{name}Columns`.
    Many {
        entity: String,
        ids: Name,
        columns: bool,
    },
    /// A value that is computed when it is shown.
    Derived,
}

const PERSON: [&str; 3] = ["firstName", "lastName", "middleName"];
const FLAGS: [&str; 4] =
    ["emailAddressIsOptedOut", "emailAddressIsInvalid", "phoneNumberIsOptedOut", "phoneNumberIsInvalid"];
const ADDRESS: [&str; 5] = ["Street", "City", "State", "Country", "PostalCode"];

impl Schema {
    pub(crate) fn all(config: &CrmConfig) -> Vec<Self> {
        let mut schemas = vec![contact(), account(), lead(), call(), task(), note(), user()];
        for entity in &config.custom_entities {
            let mut schema = Self::new(&entity.name, ("createdAt", true));
            schema.text("name", 255).long("description").link("assignedUser", "User").many("teams", "Team", false);
            schema.always = &["createdById", "assignedUserId"];
            schema.shown_null = &["modifiedByName", "assignedUserName"];
            schema.add_custom(&entity.fields);
            schemas.push(schema);
        }
        for schema in &mut schemas {
            if let Some(fields) = config.custom_fields.get(&*schema.entity) {
                schema.add_custom(fields);
            }
        }
        schemas
    }

    fn new(entity: &str, order: (&'static str, bool)) -> Self {
        let mut schema = Self {
            entity: Arc::from(entity),
            fields: Vec::new(),
            required: Vec::new(),
            always: &["createdById", "assignedUserId"],
            order,
            shown_null: &["modifiedByName"],
            phones: None,
            person: false,
        };
        schema.link("createdBy", "User").link("modifiedBy", "User");
        for field in &mut schema.fields {
            field.writable = false;
        }
        schema
    }

    fn add(&mut self, name: &str, kind: Kind, default: Value, writable: bool) -> &mut Self {
        self.fields.push(Field { name: Arc::from(name), kind, default, writable });
        self
    }

    fn text(&mut self, name: &str, length: usize) -> &mut Self {
        let is_name = name == "name" || PERSON.contains(&name);
        self.add(name, Kind::Text(length, is_name), Value::Null, true)
    }

    fn long(&mut self, name: &str) -> &mut Self {
        self.add(name, Kind::Long, Value::Null, true)
    }

    fn flag(&mut self, name: &str, writable: bool) -> &mut Self {
        self.add(name, Kind::Bool, Value::Bool(false), writable)
    }

    fn time(&mut self, name: &str) -> &mut Self {
        self.add(name, Kind::Time, Value::Null, true)
    }

    fn choice(&mut self, name: &str, words: &[&str], default: &str) -> &mut Self {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        self.add(name, Kind::Choice(words), Value::from(default), true)
    }

    fn derived(&mut self, name: &str) -> &mut Self {
        self.add(name, Kind::Derived, Value::Null, false)
    }

    fn link(&mut self, name: &str, entity: &str) -> &mut Self {
        let id = Arc::from(format!("{name}Id"));
        self.add(name, Kind::Link { entity: entity.to_owned(), id }, Value::Null, true)
    }

    fn many(&mut self, name: &str, entity: &str, columns: bool) -> &mut Self {
        let ids = Arc::from(format!("{name}Ids"));
        self.add(name, Kind::Many { entity: entity.to_owned(), ids, columns }, Value::Null, true)
    }

    fn require(&mut self, fields: &[&str]) -> &mut Self {
        self.required.extend(fields.iter().map(|field| (*field).to_owned()));
        self
    }

    pub(crate) fn add_custom(&mut self, fields: &[CustomField]) {
        for CustomField { name, kind, required } in fields {
            match kind {
                FieldKind::Text => self.add(name, Kind::Text(255, false), Value::Null, true),
                FieldKind::LongText => self.long(name),
                FieldKind::Number => self.add(name, Kind::Number, Value::Null, true),
                FieldKind::Bool => self.flag(name, true),
                FieldKind::DateTime => self.time(name),
                FieldKind::Currency(known) => self.add(name, Kind::Number, Value::Null, true).add(
                    &format!("{name}Currency"),
                    Kind::Currency(known.clone()),
                    Value::Null,
                    true,
                ),
                FieldKind::Parent(entities) => self.add(name, Kind::Parent(entities.clone()), Value::Null, true),
                FieldKind::Choice(words) => self.add(name, Kind::Choice(words.clone()), Value::Null, true),
                FieldKind::Link(entity) => self.link(name, entity),
            };
            if *required {
                self.required.push(name.clone());
            }
        }
    }

    fn addresses(&mut self, prefix: &str) -> &mut Self {
        for part in ADDRESS {
            self.text(&format!("{prefix}{part}"), 255);
        }
        self
    }

    fn reachable(&mut self, default_kind: &'static str) -> &mut Self {
        self.phones = Some(default_kind);
        for name in FLAGS {
            self.flag(name, false);
        }
        self.text("emailAddress", 255)
    }

    fn named_person(&mut self) -> &mut Self {
        self.person = true;
        self.text("salutationName", 100).text("firstName", 100).text("lastName", 100).text("middleName", 100)
    }

    /// The name under which records store an attribute that a client may write.
    pub(crate) fn stored(&self, attribute: &str) -> Option<&Field> {
        self.fields.iter().find(|field| match &field.kind {
            Kind::Link { id, .. } => **id == *attribute,
            Kind::Many { ids, .. } => **ids == *attribute,
            Kind::Parent(_) => attribute == "parentId" || attribute == "parentType",
            _ => *field.name == *attribute,
        })
    }

    /// Whether a `where` may name this attribute; naming another is the 400 of recording 38b.
    pub(crate) fn knows(&self, attribute: &str) -> bool {
        let own = ["id", "deleted", "createdAt", "modifiedAt"].contains(&attribute);
        let named = attribute == "name" && self.person;
        let phone = self.phones.is_some() && ["phoneNumber", "phoneNumberNumeric"].contains(&attribute);
        own || named || phone || self.stored(attribute).is_some()
    }

    /// Whether the attribute is a time, so that conditions on it must have a readable one.
    pub(crate) fn is_time(&self, attribute: &str) -> bool {
        ["createdAt", "modifiedAt"].contains(&attribute)
            || self.stored(attribute).is_some_and(|field| matches!(field.kind, Kind::Time))
    }

    /// The attribute with the ids of the link to several records that has this name.
    pub(crate) fn link_of_many(&self, name: &str) -> Option<&Name> {
        self.fields.iter().find_map(|field| match &field.kind {
            Kind::Many { ids, .. } if *field.name == *name => Some(ids),
            _ => None,
        })
    }
}

fn contact() -> Schema {
    let mut schema = Schema::new("Contact", ("createdAt", true));
    schema.named_person().text("title", 100).long("description").reachable("Mobile").flag("doNotCall", true);
    schema.addresses("address").derived("accountIsInactive").derived("accountType").flag("hasPortalUser", false);
    schema.link("account", "Account").link("campaign", "Campaign").link("assignedUser", "User");
    schema.link("portalUser", "User").link("originalLead", "Lead").many("teams", "Team", false);
    schema.require(&["lastName"]);
    schema.always = &["accountIsInactive", "accountId", "accountName", "createdById", "assignedUserId"];
    schema.shown_null = &["accountName", "campaignName", "modifiedByName", "assignedUserName"];
    schema
}

fn account() -> Schema {
    let mut schema = Schema::new("Account", ("createdAt", true));
    schema.text("name", 249).text("website", 255).text("type", 255).text("industry", 255).text("sicCode", 40);
    schema.reachable("Office").addresses("billingAddress").addresses("shippingAddress").long("description");
    schema.link("campaign", "Campaign").link("assignedUser", "User").link("originalLead", "Lead");
    schema.many("teams", "Team", false).require(&["name"]);
    schema.shown_null = &["campaignName", "modifiedByName", "assignedUserName"];
    schema
}

fn lead() -> Schema {
    let words = ["New", "Assigned", "In Process", "Converted", "Recycled", "Dead"];
    let mut schema = Schema::new("Lead", ("createdAt", true));
    schema.named_person().text("title", 100).choice("status", &words, "New").text("source", 255);
    schema.text("website", 255).addresses("address").reachable("Mobile").flag("doNotCall", true).long("description");
    schema.text("accountName", 255).link("campaign", "Campaign").link("assignedUser", "User");
    schema.many("teams", "Team", false).require(&["lastName"]);
    schema.shown_null = &["campaignName", "modifiedByName", "assignedUserName"];
    schema
}

fn call() -> Schema {
    let mut schema = Schema::new("Call", ("dateStart", true));
    schema.text("name", 255).choice("status", &["Planned", "Held", "Not Held"], "Planned");
    schema.time("dateStart").time("dateEnd").choice("direction", &["Outbound", "Inbound"], "Outbound");
    schema.long("description").derived("duration").add("parent", Kind::Parent(Vec::new()), Value::Null, true);
    schema.add("account", account_link(), Value::Null, false).link("assignedUser", "User");
    schema.many("users", "User", true).many("contacts", "Contact", true).many("leads", "Lead", true);
    schema.many("teams", "Team", false).require(&["name", "dateStart", "dateEnd", "assignedUser"]);
    schema.always = &["dateStart", "dateEnd", "createdById", "assignedUserId"];
    schema.shown_null = &["parentName", "accountName", "modifiedByName", "assignedUserName"];
    schema
}

fn task() -> Schema {
    let words = ["Not Started", "Started", "Completed", "Canceled", "Deferred"];
    let mut schema = Schema::new("Task", ("createdAt", true));
    schema.text("name", 255).choice("status", &words, "Not Started");
    schema.choice("priority", &["Low", "Normal", "High", "Urgent"], "Normal").time("dateStart").time("dateEnd");
    schema.text("dateStartDate", 10).text("dateEndDate", 10).add("dateCompleted", Kind::Time, Value::Null, false);
    schema.derived("isOverdue").long("description").add("parent", Kind::Parent(Vec::new()), Value::Null, true);
    schema.add("account", account_link(), Value::Null, false).link("assignedUser", "User");
    let contact = Kind::Link { entity: "Contact".to_owned(), id: Arc::from("contactId") };
    schema.add("contact", contact, Value::Null, false).many("teams", "Team", false);
    schema.many("attachments", "Attachment", false).require(&["name", "assignedUser"]);
    schema.always = &["dateEnd", "createdById", "assignedUserId"];
    schema.shown_null = &[
        "dateCompleted",
        "parentName",
        "accountName",
        "contactId",
        "contactName",
        "modifiedByName",
        "assignedUserName",
    ];
    schema
}

fn note() -> Schema {
    let mut schema = Schema::new("Note", ("createdAt", true));
    schema.long("post").choice("type", &["Post"], "Post").flag("isInternal", true);
    schema.add("parent", Kind::Parent(Vec::new()), Value::Null, true).many("attachments", "Attachment", false);
    schema.always = &["createdById"];
    schema.shown_null = &["parentName", "relatedName", "modifiedByName"];
    schema
}

fn user() -> Schema {
    let mut schema = Schema::new("User", ("userName", false));
    schema.text("name", 255).text("userName", 50).text("type", 24).flag("isActive", true).text("emailAddress", 255);
    schema.always = &["createdById"];
    schema
}

fn account_link() -> Kind {
    Kind::Link { entity: "Account".to_owned(), id: Arc::from("accountId") }
}
