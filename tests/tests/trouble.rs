//! A result that can't be saved, whatever the reason: nothing that was typed is lost, nothing is half-written, and nothing
//! is there twice in the end. The real timbrectl, alone and through a running `timbrectl watch`.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::{Value, json};
use timbre_domain::error::ErrorCode;
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::api::event::{Event, StoreState};
use timbre_simulator::RealClock;
use timbre_simulator::crm::{Crm, CrmConfig, DEFAULT_API_KEY, Moment};
use timbre_tests::disk::SmallDisk;
use timbre_tests::hasty;
use timbre_tests::programs::{Watch, program};

const LANGUAGES: [(&str, Language); 3] = [("es", Language::Es), ("en", Language::En), ("pt", Language::Pt)];

/// What a person typed: nothing in it is harmless.
const COMMENT: &str = "Pidió 2 <cajas> = \"sí\"\n\tsegunda línea: ñandú, 日本, \u{202e}al revés";

/// A vendor and a CRM that nobody ever reaches, unless a test has its own.
struct Office {
    dir: tempfile::TempDir,
    disk: Option<SmallDisk>,
}

impl Office {
    fn new(disk: Option<u32>) -> Self {
        Self::with_crm(disk, "espocrm", "http://127.0.0.1:9/")
    }

    fn with_crm(disk: Option<u32>, connector: &str, crm: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = format!(
            "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"http://127.0.0.1:9\"\n\
             username = \"8373456\"\n\
             [[connectors]]\nname = \"crm\"\nfile = \"{connector}\"\nbase_url = \"{crm}\"\nsync_contacts = false\n"
        );
        fs::write(dir.path().join("timbre.toml"), settings).unwrap();
        let data = dir.path().join("data");
        fs::create_dir(&data).unwrap();
        let disk = disk.map(|megabytes| SmallDisk::over(&data, megabytes));
        let office = Self { dir, disk };
        // The database is there before there is any trouble.
        assert_eq!(office.results(), [] as [Value; 0]);
        office
    }

    fn disk(&self) -> &SmallDisk {
        self.disk.as_ref().unwrap()
    }

    fn data(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.dir.path().join("data"), SmallDisk::folder)
    }

    fn timbrectl(&self) -> Command {
        let program = program("timbrectl");
        let mut command = self.disk.as_ref().map_or_else(|| Command::new(&program), |disk| disk.command(&program));
        command.arg("--config").arg(self.dir.path().join("timbre.toml"));
        command.arg("--data-dir").arg(self.dir.path().join("data"));
        command.env("TIMBRE_SECRET_MAIN", "clave").env("TIMBRE_SECRET_CRM", DEFAULT_API_KEY);
        command.env_remove("TIMBRE_LOG").stdin(Stdio::null());
        command
    }

    fn watch(&self) -> Watch {
        let mut timbrectl = self.timbrectl();
        timbrectl.arg("--json");
        Watch::start(timbrectl)
    }

    /// Types a result with everything that can be said of one.
    fn add(&self, comment: &str, how: &[&str]) -> Output {
        let mut command = self.timbrectl();
        command.args(how).args(["interactions", "add", "--comment", comment, "--field", "pedido=17"]);
        command.args(["--follow-up-at", "2027-01-05T15:00:00-06:00", "--follow-up-what", "Llamar por el contrato"]);
        command.args(["--follow-up-whom", "Eva", "--charge", "2500.10 CRC Visita", "--agent", "Ana"]);
        command.output().unwrap()
    }

    /// Gives a line that was kept to the program again.
    #[track_caller]
    fn add_again(&self, line: &str) {
        let mut command = self.timbrectl();
        command.args(["interactions", "add", "--from", "-"]).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{line}: {}", error(&output));
    }

    /// What the program says that there is.
    fn results(&self) -> Vec<Value> {
        let output = self.timbrectl().args(["--json", "interactions", "list"]).output().unwrap();
        assert!(output.status.success(), "{}", error(&output));
        let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
        listed["interactions"].as_array().unwrap().clone()
    }

    /// There is one result with this comment, and every word of it.
    #[track_caller]
    fn assert_there_once(&self, comment: &str) {
        let results = self.results();
        let with_it: Vec<_> = results.iter().filter(|result| result["comment"] == comment).collect();
        let [result] = with_it.as_slice() else { panic!("{comment}: {with_it:#?} of {}", results.len()) };
        assert_eq!((&result["state"], &result["agent"]), (&json!("final"), &json!("Ana")), "{result}");
        assert_eq!(result["fields"], json!({"pedido": "17"}));
        let follow_up = json!({"at": "2027-01-05T21:00:00Z", "what": "Llamar por el contrato", "whom": "Eva"});
        assert_eq!(result["follow_up"], follow_up);
        let charge = &result["charges"][0];
        let charge = (&charge["amount"], &charge["currency"], &charge["concept"]);
        assert_eq!(charge, (&json!("2500.10"), &json!("CRC"), &json!("Visita")), "{result}");
    }

    /// How many results there are, and how many records are on their way because of them. The database is whole, and no
    /// result lacks its records.
    #[track_caller]
    fn written(&self) -> (u32, u32) {
        // A copy: looking must not mend what was left behind.
        let copy = tempfile::tempdir().unwrap();
        for name in ["timbre.db", "timbre.db-wal"] {
            let file = self.data().join(name);
            if file.exists() {
                fs::copy(file, copy.path().join(name)).unwrap();
            }
        }
        let db = Connection::open(copy.path().join("timbre.db")).unwrap();
        let verdict: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
        let (results, records) = (count("SELECT count(*) FROM interactions"), count("SELECT count(*) FROM outbox"));
        let of_somebody = "SELECT count(*) FROM outbox JOIN interactions ON part_of = interactions.id";
        assert_eq!((records, count(of_somebody)), (results * RECORDS, records), "half of a result is there");
        (results, records)
    }
}

/// A note and a task: this CRM has no charges of its own.
const RECORDS: u32 = 2;

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// It was not saved: what is said of it, in the language, and the line that was kept.
#[track_caller]
fn not_saved(output: &Output, code: ErrorCode, language: Language) -> String {
    let said = error(output);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(9), &b""[..]), "{said}");
    let catalogue = Catalogue::of(language);
    for words in [catalogue.what(code), catalogue.what_to_do(code), catalogue.text("interaction.typed").to_owned()] {
        assert!(said.contains(&words), "{words} is not in:\n{said}");
    }
    said.lines().last().unwrap().to_owned()
}

/// The same in JSON.
#[track_caller]
fn not_saved_in_json(output: &Output, code: ErrorCode, language: Language) -> String {
    let said = error(output);
    assert_eq!(output.status.code(), Some(9), "{said}");
    let value: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let error = &value["error"];
    assert_eq!(error["code"], code.as_str(), "{said}");
    assert_eq!(error["do"], Catalogue::of(language).what_to_do(code), "{said}");
    error["typed"].to_string()
}

/// A result that can't be saved while the trouble lasts is saved with every word from what was kept.
fn survives(office: &Office, languages: &[(&str, Language)], code: ErrorCode, begin: impl Fn(), end: impl Fn()) {
    for (place, &(name, language)) in languages.iter().enumerate() {
        let before = office.written();
        let comment = format!("{COMMENT} ({name})");
        let in_json = format!("{COMMENT} (JSON {name})");
        begin();
        let kept = not_saved(&office.add(&comment, &["--language", name]), code, language);
        // Once is enough: some troubles take their time.
        let kept_in_json = (place == 0)
            .then(|| not_saved_in_json(&office.add(&in_json, &["--json", "--language", name]), code, language));
        end();
        assert_eq!(office.written(), before, "nothing was written");
        office.add_again(&kept);
        office.assert_there_once(&comment);
        if let Some(kept) = kept_in_json {
            office.add_again(&kept);
            office.assert_there_once(&in_json);
        }
    }
    assert_eq!(office.written().0 as usize, languages.len() + 1);
}

/// A second program that holds the database for as long as it likes.
struct Holder(Connection);

impl Holder {
    fn of(data: &Path) -> Self {
        Self(Connection::open(data.join("timbre.db")).unwrap())
    }

    fn hold(&self) {
        self.0.execute_batch("BEGIN IMMEDIATE").unwrap();
    }

    fn let_go(&self) {
        self.0.execute_batch("ROLLBACK").unwrap();
    }
}

#[test]
fn on_a_full_disk_what_was_typed_is_handed_back_and_is_there_once_in_the_end() {
    let office = Office::new(Some(6));
    survives(&office, &LANGUAGES, ErrorCode::DiskFull, || office.disk().fill_but(0), || office.disk().make_room());
}

#[test]
fn in_a_folder_that_can_not_be_written_what_was_typed_is_handed_back_and_is_there_once_in_the_end() {
    let office = Office::new(Some(6));
    let disk = office.disk();
    survives(&office, &LANGUAGES, ErrorCode::DataFolder, || disk.set_read_only(true), || disk.set_read_only(false));
}

#[test]
fn while_another_program_holds_the_database_what_was_typed_is_handed_back_and_is_there_once_in_the_end() {
    let office = Office::new(None);
    let other = Holder::of(&office.data());
    survives(&office, &LANGUAGES[..2], ErrorCode::StoreBusy, || other.hold(), || other.let_go());
}

#[test]
fn wherever_the_disk_fills_up_a_result_is_either_saved_whole_or_handed_back_whole() {
    let office = Office::new(Some(6));
    let (mut saved, mut handed_back) = (0, 0);
    for pages in (0..60).step_by(2) {
        let before = office.written().0;
        let comment = format!("{COMMENT} ({pages} páginas libres)");
        office.disk().fill_but(pages);
        let output = office.add(&comment, &["--json"]);
        office.disk().make_room();
        let there = office.written().0 - before;
        let said = error(&output);
        let failed = said.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok()).unwrap_or_default();
        let typed = &failed["error"]["typed"];
        match output.status.code() {
            Some(0) => assert_eq!((there, typed), (1, &Value::Null), "{pages}: {said}"),
            Some(9) => {
                assert_eq!(failed["error"]["code"], "disk_full", "{pages}: {said}");
                // It was saved, and only what came after it failed: then it need not be given again.
                assert_eq!(there == 0, typed.is_object(), "{pages}: {there} {said}");
            }
            code => panic!("{pages}: {code:?} {said}"),
        }
        if typed.is_object() {
            handed_back += 1;
            office.add_again(&typed.to_string());
        } else {
            saved += 1;
        }
        office.assert_there_once(&comment);
    }
    assert!(saved > 5 && handed_back > 5, "{saved} were saved, {handed_back} handed back");
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_running_timbre_a_full_disk_loses_nothing_that_was_typed() {
    let office = Office::new(Some(6));
    let mut watch = office.watch();
    watch.until("provider.state").await;
    tokio::task::block_in_place(|| {
        survives(&office, &LANGUAGES, ErrorCode::DiskFull, || office.disk().fill_but(0), || office.disk().make_room());
    });
    watch.stop().await;
    assert_eq!(office.written(), (4, 4 * RECORDS));
}

#[tokio::test(flavor = "multi_thread")]
async fn through_a_running_timbre_a_held_database_loses_nothing_that_was_typed() {
    let office = Office::new(None);
    let mut watch = office.watch();
    watch.until("provider.state").await;
    let other = Holder::of(&office.data());
    tokio::task::block_in_place(|| {
        survives(&office, &LANGUAGES[2..], ErrorCode::StoreBusy, || other.hold(), || other.let_go())
    });
    watch.stop().await;
    assert_eq!(office.written(), (2, 2 * RECORDS));
}

async fn store_state(watch: &mut Watch) -> StoreState {
    match watch.until("store.state").await {
        Event::Store(state) => state,
        other => panic!("{other:?}"),
    }
}

async fn sent(watch: &mut Watch, records: u32) {
    for _ in 0..records {
        watch.until("outbox.sent").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_while_records_are_sent_holds_them_back_and_none_is_sent_twice() {
    let crm = Arc::new(Crm::start(CrmConfig::default(), Arc::new(RealClock::new())).await.unwrap());
    let waits = [("timeout_s", "2"), ("settles_within_s", "1"), ("wait_s", "1"), ("per_second", "1000")];
    let connector = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    fs::write(connector.path(), hasty::espocrm(&waits).unwrap()).unwrap();
    let base = crm.base_url();
    let base = base.trim_end_matches("api/v1/");
    let office = Arc::new(Office::with_crm(Some(6), connector.path().to_str().unwrap(), base));
    let add = async |comment: &str| {
        let output = tokio::task::block_in_place(|| office.add(comment, &[]));
        assert!(output.status.success(), "{}", error(&output));
    };
    let mut watch = office.watch();
    watch.until("provider.state").await;

    // The CRM has stored the first record, and there is no room for its receipt.
    let (full, disk_of) = (Arc::new(std::sync::Once::new()), Arc::downgrade(&office));
    let posts = Arc::downgrade(&crm);
    crm.on_moment(move |moment, number| {
        let (Some(crm), Some(office)) = (posts.upgrade(), disk_of.upgrade()) else { return };
        if moment == Moment::Stored && crm.with_log(|log| log.requests[number].method == "POST") {
            full.call_once(|| office.disk().fill_but(0));
        }
    });
    add("La primera").await;
    let state = store_state(&mut watch).await;
    assert_eq!((state.ok, state.code), (false, Some(ErrorCode::DiskFull)));
    assert_eq!(created(&crm), 1, "nothing goes out that nobody could remember");
    office.disk().make_room();
    assert!(store_state(&mut watch).await.ok);
    sent(&mut watch, RECORDS).await;

    // There is no room to note that the next records are about to be sent.
    crm.go_down();
    add("La segunda").await;
    watch.until("outbox.waiting").await;
    office.disk().fill_but(0);
    crm.come_up();
    let state = store_state(&mut watch).await;
    assert_eq!((state.ok, state.code), (false, Some(ErrorCode::DiskFull)));
    // One whose sending was noted a moment before may still have gone out.
    assert!(created(&crm) <= RECORDS as usize + 1, "nothing goes out that nobody could remember");
    office.disk().make_room();
    assert!(store_state(&mut watch).await.ok);
    sent(&mut watch, RECORDS).await;
    watch.stop().await;

    assert_eq!(office.written(), (2, 2 * RECORDS));
    assert_eq!(created(&crm), 2 * RECORDS as usize, "each once");
}

fn created(crm: &Crm) -> usize {
    crm.with_log(|log| ["Call", "Note", "Task"].iter().map(|entity| log.created(entity)).sum())
}
