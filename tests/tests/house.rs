//! Who may know whom. The folder listing is the architecture; these rules keep it so when nobody is looking.
//!
//! A rule is a line in [`RULES`] or [`OUTSIDE`]; [`violations`] is a pure function, and is tried on a made-up house that
//! breaks every rule. What Cargo cannot see, a search through the source does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// What a package of ours may know of the others.
struct Rule {
    who: &'static str,
    knows: &'static [&'static str],
    /// Tests may know anybody, unless they are listed here.
    tests_know: Option<&'static [&'static str]>,
    advice: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        who: "timbre-domain",
        knows: &[],
        tests_know: None,
        advice: "The domain knows nobody: let it ask through a trait in ports.rs, and implement that outside.",
    },
    Rule {
        who: "timbre-transport",
        knows: &["timbre-domain"],
        tests_know: None,
        advice: "The transport serves every adapter alike: what belongs to one vendor or CRM stays in its adapter.",
    },
    Rule { who: "timbre-telephony", knows: &["timbre-domain", "timbre-transport"], tests_know: None, advice: ADAPTER },
    Rule { who: "timbre-crm", knows: &["timbre-domain", "timbre-transport"], tests_know: None, advice: ADAPTER },
    Rule { who: "timbre-store", knows: &["timbre-domain", "timbre-files"], tests_know: None, advice: ADAPTER },
    Rule {
        who: "timbre-settings",
        knows: &["timbre-domain", "timbre-files"],
        tests_know: None,
        advice: "Settings know vendors by their descriptions, which are the domain's; who reads them is no matter of theirs.",
    },
    Rule { who: "timbre-interchange", knows: &["timbre-domain", "timbre-files"], tests_know: None, advice: ADAPTER },
    Rule { who: "timbre-platform", knows: &["timbre-domain"], tests_know: None, advice: ADAPTER },
    Rule {
        who: "timbre-files",
        knows: &[],
        tests_know: None,
        advice: "Writing a file whole is no matter of Timbre's alone: it knows nobody.",
    },
    Rule {
        who: "timbre-engine",
        knows: &["timbre-domain", "timbre-files", "timbre-settings", "timbre-store"],
        tests_know: None,
        advice: "The engine is handed its adapters as ports of the domain: choose the concrete one in timbre-wiring.",
    },
    Rule {
        who: "timbre-wiring",
        knows: &[
            "timbre-domain",
            "timbre-engine",
            "timbre-platform",
            "timbre-settings",
            "timbre-store",
            "timbre-telephony",
            "timbre-interchange",
            "timbre-crm",
            "timbre-transport",
        ],
        tests_know: None,
        advice: "Wiring chooses adapters; it is no place for the programs or for the simulated vendors.",
    },
    Rule {
        who: "timbre-simulator",
        knows: &["timbre-domain"],
        tests_know: Some(&["timbre-domain"]),
        advice: "The simulator mirrors the vendor, not our reading of it: knowing an adapter, its tests included, \
                 it would share our mistakes and could not show them.",
    },
    Rule { who: "timbre-cli", knows: PROGRAM, tests_know: None, advice: A_PROGRAM },
    Rule { who: "timbre", knows: PROGRAM, tests_know: None, advice: A_PROGRAM },
    Rule {
        who: "timbre-fuzz",
        knows: &[
            "timbre-crm",
            "timbre-domain",
            "timbre-engine",
            "timbre-interchange",
            "timbre-settings",
            "timbre-telephony",
        ],
        tests_know: None,
        advice: "Fuzzing feeds what reads; what writes or asks is no matter of it.",
    },
    Rule {
        who: "xtask",
        knows: &[],
        tests_know: Some(&[]),
        advice: "xtask compiles in seconds on a fresh machine: let it start a program of ours instead of linking one.",
    },
];

/// The package that may know everybody.
const STORIES: &str = "timbre-tests";

const PROGRAM: &[&str] =
    &["timbre-domain", "timbre-engine", "timbre-files", "timbre-platform", "timbre-settings", "timbre-wiring"];

const ADAPTER: &str = "An adapter knows the domain, and the transport where it speaks to a server: what two of them share \
                       belongs there, and what brings them together in timbre-engine or timbre-wiring.";
const A_PROGRAM: &str = "A program speaks to the engine and takes its adapters from timbre-wiring: \
                         add what is missing to the engine's commands.";

/// A library that not every package of ours may use. A name that ends in `*` stands for all that begin so.
struct Outside {
    library: &'static str,
    /// The packages that may not, or all but these.
    closed_to: Closed,
    advice: &'static str,
}

enum Closed {
    Only(&'static str),
    AllBut(&'static str),
}

const OUTSIDE: &[Outside] = &[
    Outside { library: "tauri*", closed_to: Closed::AllBut("timbre"), advice: THE_SHELL },
    Outside { library: "tokio*", closed_to: Closed::Only("timbre-domain"), advice: PURE },
    Outside { library: "reqwest", closed_to: Closed::Only("timbre-domain"), advice: PURE },
    Outside { library: "rusqlite*", closed_to: Closed::Only("timbre-domain"), advice: PURE },
    Outside { library: "axum", closed_to: Closed::Only("timbre-domain"), advice: PURE },
];

const THE_SHELL: &str = "Only the shell in src-tauri knows Tauri: ask through a port, and let the shell answer.";
const PURE: &str = "The domain is pure, without I/O, clock or runtime: take what is needed as an argument, \
                    or ask through a trait in ports.rs.";

/// One package's line about another, in a Cargo.toml.
#[derive(Debug, Clone)]
struct Edge {
    from: String,
    to: String,
    for_tests: bool,
}

/// What breaks the rules, each with what to do about it.
fn violations<'a>(edges: impl IntoIterator<Item = &'a Edge>, rules: &[Rule], outside: &[Outside]) -> Vec<String> {
    let ours = |name: &str| name == STORIES || rules.iter().any(|rule| rule.who == name);
    let mut found = Vec::new();
    for edge in edges {
        let inside = rules.iter().filter(|rule| rule.who == edge.from && ours(&edge.to));
        found.extend(inside.filter(|rule| !rule.allows(edge)).map(|rule| edge.refused(rule.advice)));
        found
            .extend(outside.iter().filter(|library| !library.allows(edge)).map(|library| edge.refused(library.advice)));
    }
    found
}

impl Rule {
    fn allows(&self, edge: &Edge) -> bool {
        match (edge.for_tests, self.tests_know) {
            (false, _) => self.knows.contains(&edge.to.as_str()),
            (true, None) => true,
            (true, Some(known)) => known.contains(&edge.to.as_str()),
        }
    }
}

impl Outside {
    fn allows(&self, edge: &Edge) -> bool {
        let named = match self.library.strip_suffix('*') {
            Some(beginning) => edge.to.starts_with(beginning),
            None => edge.to == self.library,
        };
        !named
            || match self.closed_to {
                Closed::Only(package) => edge.from != package || edge.for_tests,
                Closed::AllBut(package) => edge.from == package,
            }
    }
}

impl Edge {
    fn refused(&self, advice: &str) -> String {
        let tests = if self.for_tests { ", in its tests," } else { "" };
        format!("{}{tests} depends on {}. {advice}", self.from, self.to)
    }
}

#[expect(clippy::expect_used, reason = "without an answer from cargo there is nothing to test")]
fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(top().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace")
}

/// Every line about another package, ours or not, in every Cargo.toml of ours.
fn house() -> Vec<Edge> {
    let mut edges = Vec::new();
    for package in &metadata().packages {
        edges.extend(package.dependencies.iter().map(|dependency| Edge {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            for_tests: dependency.kind == DependencyKind::Development,
        }));
    }
    edges
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[track_caller]
fn nothing_found(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn every_package_depends_only_on_what_its_rule_allows() {
    let house = house();
    for Rule { who, .. } in RULES {
        assert!(house.iter().any(|edge| edge.from == *who), "{who} has a rule and is no package");
    }
    nothing_found(&violations(&house, RULES, OUTSIDE));
}

#[test]
fn every_package_has_a_rule() {
    for package in &metadata().packages {
        let name = package.name.as_str();
        assert!(
            name == STORIES || RULES.iter().any(|rule| rule.who == name),
            "{name} is new: say in RULES of tests/tests/house.rs whom it may know"
        );
    }
}

#[test]
fn a_house_that_breaks_every_rule_is_caught_at_each() {
    let line = |from: &str, to: &str, for_tests| Edge { from: from.to_owned(), to: to.to_owned(), for_tests };
    let bad = [
        line("timbre-domain", "timbre-store", false),
        line("timbre-domain", "tokio-util", false),
        line("timbre-domain", "reqwest", false),
        line("timbre-domain", "rusqlite", false),
        line("timbre-domain", "axum", false),
        line("timbre-telephony", "timbre-store", false),
        line("timbre-transport", "timbre-crm", false),
        line("timbre-crm", "timbre-telephony", false),
        line("timbre-store", "timbre-engine", false),
        line("timbre-engine", "timbre-telephony", false),
        line("timbre-wiring", "timbre-simulator", false),
        line("timbre-simulator", "timbre-telephony", false),
        line("timbre-simulator", "timbre-telephony", true),
        line("timbre-cli", "timbre-store", false),
        line("timbre", "timbre-telephony", false),
        line("timbre-cli", "timbre-tests", false),
        line("timbre-engine", "tauri", false),
        line("timbre-tests", "tauri-plugin-opener", true),
        line("timbre-settings", "timbre-store", false),
        line("timbre-interchange", "timbre-crm", false),
        line("timbre-platform", "timbre-files", false),
        line("timbre-files", "timbre-domain", false),
        line("timbre-fuzz", "timbre-store", false),
        line("xtask", "timbre-domain", true),
    ];
    for Rule { who, .. } in RULES {
        assert!(bad.iter().any(|edge| edge.from == *who), "the made-up house has no bad example for {who}");
    }
    for edge in &bad {
        assert_eq!(violations([edge], RULES, OUTSIDE).len(), 1, "{edge:?}");
    }

    let good = [
        line("timbre-domain", "serde", false),
        line("timbre-domain", "tokio", true),
        line("timbre-telephony", "timbre-domain", false),
        line("timbre-crm", "timbre-transport", false),
        line("timbre-telephony", "timbre-simulator", true),
        line("timbre-wiring", "timbre-crm", false),
        line("timbre", "tauri-build", false),
        line("timbre-tests", "timbre-simulator", false),
        line("timbre-engine", "tokio", false),
    ];
    nothing_found(&violations(&good, RULES, OUTSIDE));
}

#[test]
fn a_refusal_names_both_sides_and_says_what_to_do() {
    let edge = Edge { from: "timbre-cli".into(), to: "timbre-store".into(), for_tests: false };
    assert_eq!(
        violations([&edge], RULES, OUTSIDE),
        ["timbre-cli depends on timbre-store. A program speaks to the engine and takes its adapters from \
          timbre-wiring: add what is missing to the engine's commands."]
    );
}

/// What the domain's source may not say: it would read a file, the network or a clock.
const NOT_IN_THE_DOMAIN: [&str; 7] =
    ["std::fs", "std::net", "std::process", "Utc::now", "Local::now", "SystemTime::now", "Instant::now"];

/// The forbidden names in a Rust file, written out or imported in a group (`use std::{fs, io}`).
fn impure(source: &str) -> Vec<&'static str> {
    let groups = source.split("use std::{").skip(1).filter_map(|rest| rest.split(';').next()).collect::<Vec<_>>();
    let grouped = |name: &str| {
        name.strip_prefix("std::").is_some_and(|module| {
            groups
                .iter()
                .any(|group| group.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == module))
        })
    };
    NOT_IN_THE_DOMAIN.into_iter().filter(|name| source.contains(name) || grouped(name)).collect()
}

#[test]
fn the_domain_reads_no_file_no_network_and_no_clock() {
    let files = files_below(&top().join("crates/domain/src"));
    assert!(!files.is_empty(), "the domain's source is not where it was looked for");
    let found: Vec<_> = files
        .iter()
        .flat_map(|(path, text)| {
            impure(text).into_iter().map(move |name| format!("{}: {name}. {PURE}", path.display()))
        })
        .collect();
    nothing_found(&found);
}

#[test]
fn impure_source_is_caught_however_it_is_imported() {
    assert_eq!(impure("let text = std::fs::read(path);"), ["std::fs"]);
    assert_eq!(impure("use std::{\n    collections::HashMap,\n    net::IpAddr,\n};"), ["std::net"]);
    assert_eq!(impure("let now = chrono::Utc::now();"), ["Utc::now"]);
    assert!(impure("use std::{collections::HashMap, fmt};\nfn fs() {}").is_empty());
}

/// Whether a file of the pages (its path is below ui/src) speaks to Tauri itself.
fn imports_tauri(path: &Path, text: &str) -> bool {
    !path.starts_with("host") && text.contains("@tauri-apps")
}

#[test]
fn only_the_pages_host_folder_imports_tauri() {
    let pages = top().join("ui/src");
    let files = files_below(&pages);
    assert!(!files.is_empty(), "the pages' source is not where it was looked for");
    let found: Vec<_> = files
        .iter()
        .filter_map(|(path, text)| Some((path.strip_prefix(&pages).ok()?, text)))
        .filter(|(path, text)| imports_tauri(path, text))
        .map(|(path, _)| {
            format!(
                "ui/src/{} imports @tauri-apps: go through ui/src/host, so that pages run without a desktop.",
                path.display()
            )
        })
        .collect();
    nothing_found(&found);
}

#[test]
fn a_page_that_imports_tauri_itself_is_caught() {
    let import = "import { invoke } from \"@tauri-apps/api/core\";";
    assert!(imports_tauri(Path::new("popup/main.ts"), import));
    assert!(!imports_tauri(Path::new("host/tauri.ts"), import));
    assert!(!imports_tauri(Path::new("popup/main.ts"), "import { host } from \"../host\";"));
}

/// Every text file below a folder, with its text. What is not text (an image) is left out.
fn files_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if let Ok(text) = fs::read_to_string(&path) {
            files.push((path, text));
        }
    }
    files
}

/// What stands at the top of the project, beside files and folders that begin with a dot.
const TOP_LEVEL: [&str; 8] = ["Cargo.toml", "Cargo.lock", "README.md", "crates", "src-tauri", "ui", "icons", "tests"];

fn strangers(tracked: &str) -> Vec<String> {
    let mut names: Vec<_> = tracked
        .split('\0')
        .filter_map(|path| path.split('/').next())
        .filter(|name| !name.is_empty() && !name.starts_with('.') && !TOP_LEVEL.contains(name))
        .map(|name| {
            format!("{name} stands at the project's top level: find it a place inside {}.", TOP_LEVEL[3..].join(", "))
        })
        .collect();
    names.dedup();
    names
}

#[test]
fn the_top_level_holds_the_house_and_nothing_else() {
    let answer = Command::new("git").arg("-C").arg(top()).args(["ls-files", "-z"]).output().expect("git is installed");
    assert!(answer.status.success(), "git: {}", String::from_utf8_lossy(&answer.stderr));
    nothing_found(&strangers(&String::from_utf8_lossy(&answer.stdout)));
}

#[test]
fn a_stranger_at_the_top_level_is_caught_once() {
    assert!(strangers("Cargo.toml\0.ci/run\0crates/domain/src/lib.rs\0").is_empty());
    assert_eq!(
        strangers("Cargo.toml\0scripts/a.sh\0scripts/b.sh\0"),
        ["scripts stands at the project's top level: find it a place inside crates, src-tauri, ui, icons, tests."]
    );
}

/// The files that list all vendors.
const LISTS_OF_VENDORS: [&str; 4] = [
    "crates/telephony/src/registry.rs",
    "crates/telephony/src/lib.rs",
    "crates/simulator/src/lib.rs",
    "crates/simulator/src/main.rs",
];

/// The demo's choice of a simulator.
const CHOICE_OF_THE_DEMO: &str = "crates/xtask/src/demo.rs";

const SOURCE: [&str; 4] = ["rs", "ts", "svelte", "toml"];

/// The folders of a vendor: its adapter and its simulator.
fn folders_of(vendor: &str) -> [PathBuf; 2] {
    ["crates/telephony/src", "crates/simulator/src"].map(|parent| Path::new(parent).join(vendor.replace('-', "_")))
}

/// Where vendors are named because something is tried with one: tests, fixtures, and the front end's stand-in for Timbre.
fn tries_something_out(path: &Path) -> bool {
    let folders = ["tests", "fixtures", "fake", "bindings"];
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.components().any(|part| folders.iter().any(|folder| part.as_os_str() == *folder))
        || ["tests.rs", "stories.rs", "properties.rs"].contains(&&*name)
        || name.ends_with(".test.ts")
}

/// A file without the tests at its end: clippy lets nothing stand behind them.
fn shipped(text: &str) -> &str {
    text.rsplit_once("#[cfg(test)]\nmod tests {").map_or(text, |(shipped, _)| shipped)
}

/// The vendors that a shipped source file names without being theirs. The path is below the project's folder.
fn named_vendors<'a>(path: &Path, text: &str, vendors: &[&'a str]) -> Vec<&'a str> {
    let is_source = path.extension().is_some_and(|kind| SOURCE.iter().any(|source| kind == *source));
    let lists = LISTS_OF_VENDORS.iter().chain([&CHOICE_OF_THE_DEMO]).any(|list| path == Path::new(list));
    if !is_source || lists || tries_something_out(path) {
        return Vec::new();
    }
    let text = shipped(text).to_lowercase();
    let is_theirs = |vendor: &str| folders_of(vendor).iter().any(|folder| path.starts_with(folder));
    vendors.iter().copied().filter(|vendor| text.contains(vendor) && !is_theirs(vendor)).collect()
}

#[test]
fn no_file_outside_a_vendors_folder_names_the_vendor() {
    let vendors: Vec<_> = timbre_wiring::vendors().iter().map(|vendor| vendor.id.as_str()).collect();
    let own = vendors.iter().flat_map(|vendor| folders_of(vendor));
    for place in own.chain(LISTS_OF_VENDORS.into_iter().chain([CHOICE_OF_THE_DEMO]).map(PathBuf::from)) {
        assert!(top().join(&place).exists(), "{} is excepted from the rule and is not there", place.display());
    }
    let mut named = Vec::new();
    for folder in ["crates", "src-tauri", "ui/src"] {
        let files = files_below(&top().join(folder));
        assert!(!files.is_empty(), "the source in {folder} is not where it was looked for");
        for (file, text) in files {
            let path = file.strip_prefix(top()).unwrap_or(&file);
            let vendors = named_vendors(path, &text, &vendors);
            named.extend(vendors.iter().map(|vendor| format!("{} names {vendor}", path.display())));
        }
    }
    assert!(named.is_empty(), "a vendor is known by its folder and its line in the registry:\n{}", named.join("\n"));
}

#[test]
fn a_file_that_names_a_vendor_is_caught_wherever_it_does() {
    let named = |path: &str, text: &str| named_vendors(Path::new(path), text, &["acme", "north-tel"]);
    assert_eq!(named("crates/engine/src/calls/flow.rs", "if vendor == \"Acme\" {}"), ["acme"]);
    assert_eq!(named("crates/engine/src/mod.rs", "#[cfg(test)]\nmod tests;\n\nconst A: &str = \"acme\";"), ["acme"]);
    assert_eq!(named("crates/telephony/src/acme_extra.rs", "acme"), ["acme"]);
    assert_eq!(named("crates/telephony/src/acme/map.rs", "as north-tel does"), ["north-tel"]);
    assert_eq!(named("crates/xtask/src/soak.rs", "acme"), ["acme"]);
    assert_eq!(named("ui/src/main/calls.svelte", "acme"), ["acme"]);

    let none: [&str; 0] = [];
    assert_eq!(named("crates/telephony/src/north_tel/map.rs", "north-tel"), none);
    assert_eq!(
        named("crates/engine/src/calls/flow.rs", "fn flow() {}\n\n#[cfg(test)]\nmod tests {\n    // acme\n}"),
        none
    );
    assert_eq!(named("crates/engine/tests/flow.rs", "acme"), none);
    assert_eq!(named("ui/src/host/fake/world.ts", "acme"), none);
    assert_eq!(named("crates/telephony/src/registry.rs", "acme"), none);
}

/// Steps of the build server that are somebody else's and are named by a tag, which may lead to other code tomorrow.
fn unpinned(workflow: &str) -> Vec<&str> {
    let steps = workflow.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    let is_pinned = |step: &&str| {
        let hash = step.split_once('@').map(|(_, version)| version.split(' ').next().unwrap_or_default());
        hash.is_some_and(|hash| hash.len() == 40 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    steps.filter(|step| !step.starts_with("./") && !is_pinned(step)).collect()
}

#[test]
fn what_the_build_server_takes_from_others_is_pinned_by_its_hash() {
    let files = files_below(&top().join(".github/workflows"));
    assert!(files.len() > 1);
    let found = files.iter().flat_map(|(path, text)| {
        unpinned(text).into_iter().map(|step| format!("{}: {step} is pinned by no hash", path.display()))
    });
    nothing_found(&found.collect::<Vec<_>>());
    assert_eq!(
        unpinned("      - uses: actions/checkout@v6\n    uses: ./.github/workflows/ci.yml"),
        ["actions/checkout@v6"]
    );
}
