//! What the tray's menu offers: pure, so that it can be told without a tray. On Linux the icon itself sends no clicks, so
//! that everything is in here.

use timbre_domain::endpoint::Identity;
use timbre_domain::history::CallRow;
use timbre_domain::preferences::DoNotDisturb;
use timbre_domain::status::Status;
use timbre_domain::texts::Catalogue;

/// A choice of the menu; its text is its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    Open,
    /// The newest call's pop-up.
    Popup,
    Dial,
    DialClipboard,
    /// Dial this number, which was dialled last.
    Redial(String),
    /// Dial the other side of a recent call.
    Recent(String),
    Identity(String),
    /// For so many minutes.
    Quiet(u32),
    QuietUntilOff,
    QuietOff,
    Pending,
    Outbox,
    History,
    Settings,
    SetUp,
    Quit,
}

impl Choice {
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Open => "open".to_owned(),
            Self::Popup => "popup".to_owned(),
            Self::Dial => "dial".to_owned(),
            Self::DialClipboard => "dial-clipboard".to_owned(),
            Self::Redial(number) => format!("redial:{number}"),
            Self::Recent(number) => format!("recent:{number}"),
            Self::Identity(label) => format!("identity:{label}"),
            Self::Quiet(minutes) => format!("quiet:{minutes}"),
            Self::QuietUntilOff => "quiet".to_owned(),
            Self::QuietOff => "quiet-off".to_owned(),
            Self::Pending => "pending".to_owned(),
            Self::Outbox => "outbox".to_owned(),
            Self::History => "history".to_owned(),
            Self::Settings => "settings".to_owned(),
            Self::SetUp => "set-up".to_owned(),
            Self::Quit => "quit".to_owned(),
        }
    }

    pub(crate) fn of(id: &str) -> Option<Self> {
        if let Some((kind, value)) = id.split_once(':') {
            let value = value.to_owned();
            return match kind {
                "redial" => Some(Self::Redial(value)),
                "recent" => Some(Self::Recent(value)),
                "identity" => Some(Self::Identity(value)),
                "quiet" => value.parse().ok().map(Self::Quiet),
                _ => None,
            };
        }
        let plain = [
            Self::Open,
            Self::Popup,
            Self::Dial,
            Self::DialClipboard,
            Self::QuietUntilOff,
            Self::QuietOff,
            Self::Pending,
            Self::Outbox,
            Self::History,
            Self::Settings,
            Self::SetUp,
            Self::Quit,
        ];
        plain.into_iter().find(|choice| choice.id() == id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// How everything is: to be read, not chosen.
    Words(String),
    Do {
        words: String,
        choice: Choice,
        enabled: bool,
    },
    Tick {
        words: String,
        choice: Choice,
        ticked: bool,
    },
    Below {
        words: String,
        entries: Vec<Entry>,
    },
    Line,
}

/// What the menu is made from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub(crate) set_up: bool,
    /// Whether an account can dial.
    pub(crate) dials: bool,
    pub(crate) words: String,
    pub(crate) status: Status,
    pub(crate) recent: Vec<CallRow>,
    /// The usual one first.
    pub(crate) identities: Vec<Identity>,
}

/// How many recent calls it shows.
const RECENT: usize = 8;
/// The times offered, in minutes.
const QUIET_FOR: [u32; 3] = [30, 60, 240];

pub(crate) fn menu(texts: &Catalogue, facts: &Facts) -> Vec<Entry> {
    let act = |key: &str, choice: Choice| Entry::Do { words: texts.text(key).to_owned(), choice, enabled: true };
    if !facts.set_up {
        return vec![act("tray.set_up", Choice::SetUp), Entry::Line, act("tray.quit", Choice::Quit)];
    }
    let mut entries = vec![Entry::Words(facts.words.clone()), Entry::Line, act("tray.open", Choice::Open)];
    let popup = texts.text("tray.popup").to_owned();
    entries.push(Entry::Do { words: popup, choice: Choice::Popup, enabled: !facts.recent.is_empty() });
    entries.push(Entry::Line);
    if facts.dials {
        entries.extend([
            act("tray.dial", Choice::Dial),
            act("tray.dial_clipboard", Choice::DialClipboard),
            redial(texts, facts),
            Entry::Below { words: texts.text("tray.recent").to_owned(), entries: recent(texts, facts) },
        ]);
        entries.extend(identities(texts, facts));
        entries.push(Entry::Line);
    }
    entries.push(quiet(texts, facts.status.do_not_disturb));
    let counted = |key: &str, count: u64| match count {
        0 => texts.text(key).to_owned(),
        count => format!("{} ({count})", texts.text(key)),
    };
    let open = |words: String, choice: Choice| Entry::Do { words, choice, enabled: true };
    entries.push(open(counted("tray.pending", facts.status.pending), Choice::Pending));
    if !facts.status.connectors.is_empty() {
        let parked = facts.status.connectors.iter().map(|crm| crm.parked).sum();
        entries.push(open(counted("tray.outbox", parked), Choice::Outbox));
    }
    entries.extend([
        act("tray.history", Choice::History),
        act("tray.settings", Choice::Settings),
        Entry::Line,
        act("tray.quit", Choice::Quit),
    ]);
    entries
}

/// Who calls are made as, where there is a choice.
fn identities(texts: &Catalogue, facts: &Facts) -> Option<Entry> {
    let mut identities: Vec<_> = facts.identities.iter().enumerate().collect();
    // The ticked one moves about as little as the others: by name.
    identities.sort_by_key(|(_, identity)| plain(&identity.label));
    let tick = |(place, identity): (usize, &Identity)| Entry::Tick {
        words: plain(&identity.label),
        choice: Choice::Identity(identity.label.clone()),
        ticked: place == 0,
    };
    let entries: Vec<_> = identities.into_iter().map(tick).collect();
    (entries.len() > 1).then(|| Entry::Below { words: texts.text("tray.identity").to_owned(), entries })
}

fn redial(texts: &Catalogue, facts: &Facts) -> Entry {
    let last = facts.recent.iter().find(|row| row.call.direction == timbre_domain::call::Direction::Out);
    match last.and_then(|row| Some((row, row.dial.clone()?))) {
        Some((row, number)) => Entry::Do {
            words: texts.fill("tray.redial", &[("who", &who(row))]),
            choice: Choice::Redial(number),
            enabled: true,
        },
        None => Entry::Do {
            words: texts.text("tray.redial_none").to_owned(),
            choice: Choice::Redial(String::new()),
            enabled: false,
        },
    }
}

fn recent(texts: &Catalogue, facts: &Facts) -> Vec<Entry> {
    let mut seen = Vec::new();
    let mut entries = Vec::new();
    for row in &facts.recent {
        let Some(number) = row.dial.clone() else { continue };
        if seen.contains(&number) {
            continue;
        }
        seen.push(number.clone());
        entries.push(Entry::Do { words: who(row), choice: Choice::Recent(number), enabled: true });
        if entries.len() == RECENT {
            break;
        }
    }
    if entries.is_empty() {
        entries.push(Entry::Words(texts.text("tray.recent_none").to_owned()));
    }
    entries
}

fn who(row: &CallRow) -> String {
    let number = plain(&row.number_written);
    if row.name.is_empty() { number } else { format!("{} · {number}", plain(&row.name)) }
}

fn quiet(texts: &Catalogue, now: Option<DoNotDisturb>) -> Entry {
    let mut entries: Vec<_> = QUIET_FOR
        .into_iter()
        .map(|minutes| Entry::Do {
            words: texts.text(&format!("tray.quiet.{minutes}")).to_owned(),
            choice: Choice::Quiet(minutes),
            enabled: true,
        })
        .collect();
    entries.push(Entry::Tick {
        words: texts.text("tray.quiet.until_off").to_owned(),
        choice: Choice::QuietUntilOff,
        ticked: now.is_some_and(|wish| wish.until.is_none()),
    });
    if now.is_some() {
        entries.push(Entry::Line);
        let words = texts.text("tray.quiet.off").to_owned();
        entries.push(Entry::Do { words, choice: Choice::QuietOff, enabled: true });
    }
    let words = match now.map(|wish| wish.until) {
        Some(Some(until)) => {
            let until = until.with_timezone(&chrono::Local).format("%H:%M").to_string();
            texts.fill("status.quiet.until", &[("until", &until)])
        }
        _ => texts.text("tray.quiet").to_owned(),
    };
    Entry::Below { words, entries }
}

/// A stranger's text on one short line; `&` would underline the next letter.
fn plain(text: &str) -> String {
    let unseen = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    let short: String = text.chars().filter(|c| !unseen(*c)).take(48).collect();
    short.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use timbre_domain::texts::Language;

    use super::*;

    fn row(direction: &str, name: &str, dial: Option<&str>) -> CallRow {
        serde_json::from_value(serde_json::json!({
            "call": { "key": "acme:main:1", "endpoint": "8373456", "direction": direction,
                "party": { "kind": "withheld" }, "state": "ended", "detected_at": "2025-01-01T00:00:00Z",
                "connected_at": null, "ended_at": null, "dial": null, "legs": [] },
            "line": "Ventas", "number_written": dial.unwrap_or_default(), "dial": dial, "contact": null, "name": name,
            "company": "", "duration_s": null, "cost": null, "result": null,
        }))
        .unwrap()
    }

    fn facts() -> Facts {
        Facts {
            set_up: true,
            dials: true,
            words: "Listo".into(),
            status: Status { pending: 2, ..Status::default() },
            recent: vec![
                row("in", "", None),
                row("in", "Ana & Co", Some("+50688884787")),
                row("out", "", Some("+50622223344")),
                row("out", "Ana & Co", Some("+50688884787")),
            ],
            identities: Vec::new(),
        }
    }

    fn words(entries: &[Entry]) -> Vec<String> {
        entries
            .iter()
            .map(|entry| match entry {
                Entry::Words(words) | Entry::Do { words, .. } | Entry::Tick { words, .. } => words.clone(),
                Entry::Below { words, entries } => format!("{words} > {}", self::words(entries).join(", ")),
                Entry::Line => "-".to_owned(),
            })
            .collect()
    }

    #[test]
    fn it_offers_the_last_number_dialled_and_each_recent_number_once() {
        let menu = words(&menu(Catalogue::of(Language::En), &facts()));
        assert!(menu.contains(&"Redial +50622223344".to_owned()), "{menu:?}");
        assert!(menu.contains(&"Recent calls > Ana && Co · +50688884787, +50622223344".to_owned()), "{menu:?}");
        assert!(menu.contains(&"Pending results (2)".to_owned()), "{menu:?}");
    }

    #[test]
    fn it_opens_timbre_and_the_newest_call_s_pop_up_where_there_was_a_call() {
        let offered = |facts: &Facts| {
            let menu = menu(Catalogue::of(Language::En), facts);
            let of = |wanted: Choice| {
                menu.iter().find_map(|entry| match entry {
                    Entry::Do { choice, enabled, .. } if *choice == wanted => Some(*enabled),
                    _ => None,
                })
            };
            (of(Choice::Open), of(Choice::Popup))
        };
        assert_eq!(offered(&facts()), (Some(true), Some(true)));
        assert_eq!(offered(&Facts { recent: Vec::new(), ..facts() }), (Some(true), Some(false)));
    }

    #[test]
    fn where_no_account_can_dial_nothing_is_offered_that_dials() {
        let facts = Facts { dials: false, ..facts() };
        let ids = |entries: Vec<Entry>| -> Vec<String> {
            entries
                .into_iter()
                .filter_map(|entry| match entry {
                    Entry::Do { choice, .. } => Some(choice.id()),
                    Entry::Below { entries, .. }
                        if entries.iter().any(|one| matches!(one, Entry::Do { choice: Choice::Recent(_), .. })) =>
                    {
                        Some("recent".to_owned())
                    }
                    _ => None,
                })
                .collect()
        };
        let offered = ids(menu(Catalogue::of(Language::En), &facts));
        assert_eq!(offered, ["open", "popup", "pending", "history", "settings", "quit"]);
    }

    #[test]
    fn before_the_first_run_there_is_nothing_but_to_set_up_and_to_quit() {
        let menu = menu(Catalogue::of(Language::Es), &Facts { set_up: false, ..facts() });
        assert_eq!(menu.len(), 3);
    }

    #[test]
    fn every_choice_is_found_by_its_id_again() {
        for choice in [
            Choice::Open,
            Choice::Popup,
            Choice::Dial,
            Choice::Redial("+506:1".into()),
            Choice::Recent("1".into()),
            Choice::Identity("a:b".into()),
            Choice::Quiet(30),
            Choice::QuietUntilOff,
            Choice::QuietOff,
            Choice::Quit,
            Choice::SetUp,
        ] {
            assert_eq!(Choice::of(&choice.id()), Some(choice));
        }
        assert_eq!(Choice::of("quiet:x"), None);
        assert_eq!(Choice::of("nothing"), None);
    }

    #[test]
    fn no_menu_lacks_a_text() {
        for language in Language::ALL {
            let texts = Catalogue::of(language);
            let mut facts = facts();
            for wish in [
                None,
                Some(DoNotDisturb { until: None }),
                Some(DoNotDisturb { until: Some(chrono::DateTime::UNIX_EPOCH) }),
            ] {
                facts.status.do_not_disturb = wish;
                for words in words(&menu(texts, &facts)) {
                    assert!(!words.is_empty() && !words.contains("tray.") && !words.contains('{'), "{words}");
                }
            }
        }
    }
}
