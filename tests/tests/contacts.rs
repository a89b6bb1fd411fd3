//! Contacts through the real timbrectl: files as people have them, interrupted at any moment, wrong in every way.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use timbre_domain::number::{Country, PhoneNumber};
use timbre_store::{DataFolder, ImportRecord, Store};
use timbre_tests::programs::program;

/// A data folder of its own and a settings file for a vendor that is never asked.
struct Office {
    dir: tempfile::TempDir,
}

impl Office {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = "language = \"en\"\n[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\n\
                        base_url = \"https://vendor.invalid\"\nusername = \"8373456\"\n";
        fs::write(dir.path().join("timbre.toml"), settings).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn timbrectl(&self) -> Command {
        let mut command = Command::new(program("timbrectl"));
        command.arg("--config").arg(self.path("timbre.toml")).arg("--data-dir").arg(self.path("data"));
        command.env_remove("TIMBRE_LOG").stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.timbrectl().arg("--json").args(args).output().unwrap()
    }

    #[track_caller]
    fn ok(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What must fail: its exit code and its error.
    #[track_caller]
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        (output.status.code().unwrap(), error["error"]["detail"].as_str().unwrap().to_owned())
    }

    /// Looks into the database itself, as the next start finds it.
    fn look<T>(&self, look: impl FnOnce(&Store) -> T) -> T {
        let folder = DataFolder::hold(&self.path("data")).unwrap();
        let (store, report) = Store::open(&folder, chrono::DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(report.set_aside, None);
        let seen = look(&store);
        store.close().unwrap();
        seen
    }

    fn last_import(&self) -> (Option<ImportRecord>, u64) {
        self.look(|store| (store.imports(1).unwrap().pop(), store.count_contacts().unwrap()))
    }
}

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("files")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn counts(imported: &Value) -> [u64; 4] {
    ["added", "changed", "unchanged", "refused"].map(|name| imported["record"][name].as_u64().unwrap())
}

/// People none of whom has anything in common with another.
fn people(count: u32) -> String {
    let mut csv = "Nombre,Empresa,Celular,Correo\n".to_owned();
    for n in 0..count {
        writeln!(csv, "Persona {n},Empresa {},+506 8{n:07},persona{n}@example.com", n % 97).unwrap();
    }
    csv
}

#[test]
fn every_programs_file_is_imported_without_a_mapping_and_everybody_in_it_calls_and_is_known() {
    let mut seen = 0;
    for entry in fs::read_dir(files()).unwrap() {
        let path = entry.unwrap().path();
        let Some(file) = path.to_str().and_then(|path| path.strip_suffix(".expected.json")) else { continue };
        let expected: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let office = Office::new();
        let imported = office.ok(&["contacts", "import", file]);
        let [added, changed, _, refused] = counts(&imported);
        assert_eq!((added + changed, refused), (expected.len() as u64, 0), "{file}: {imported}");
        office.look(|store| {
            for person in &expected {
                for phone in person["phones"].as_array().unwrap() {
                    let Some(e164) = phone["e164"].as_str() else { continue };
                    // As CallMyWay shows it: the country code without a plus.
                    let caller = PhoneNumber::typed(&e164[1..], Country::CR).unwrap();
                    let found = store.contacts_by_number(&caller).unwrap();
                    let known = found.iter().find(|contact| {
                        contact.name == text(&person["name"]) && contact.company == text(&person["company"])
                    });
                    let known = known.unwrap_or_else(|| panic!("{file}: {e164} leads to {found:?}"));
                    let kind = known.phones.iter().find(|p| p.number.key() == caller.key()).unwrap().kind;
                    assert_eq!(kind.as_str(), text(&phone["kind"]), "{file}: {e164}");
                    seen += 1;
                }
            }
        });
        let again = office.ok(&["contacts", "import", file]);
        assert_eq!(counts(&again), [0, 0, expected.len() as u64, 0], "{file}: the same file again changes nothing");
    }
    assert!(seen > 150, "only {seen} telephones were seen");
}

#[test]
fn an_export_gives_back_what_was_imported() {
    for (first, file) in [("hubspot.csv", "all.csv"), ("vcard4.vcf", "all.vcf"), ("google-contacts.csv", "all.csv")] {
        let office = Office::new();
        let other = files().join(first);
        office.ok(&["contacts", "import", other.to_str().unwrap()]);
        office.ok(&["contacts", "import", files().join("excel-es.csv").to_str().unwrap()]);
        let exported = office.path(file);
        office.ok(&["contacts", "export", exported.to_str().unwrap()]);
        let elsewhere = Office::new();
        let imported = elsewhere.ok(&["contacts", "import", exported.to_str().unwrap()]);
        assert_eq!(imported["layout"]["program"], "timbre");
        assert_eq!(counts(&imported)[1..], [0, 0, 0], "{imported}");
        let again = elsewhere.path(file);
        elsewhere.ok(&["contacts", "export", again.to_str().unwrap()]);
        assert_eq!(fs::read_to_string(&again).unwrap(), fs::read_to_string(&exported).unwrap(), "{first} as {file}");
        let unchanged = office.ok(&["contacts", "import", again.to_str().unwrap()]);
        assert_eq!(counts(&unchanged)[..2], [0, 0], "{first}: back where it came from, nothing is new: {unchanged}");
    }
}

#[test]
fn an_import_that_is_killed_keeps_all_rows_up_to_the_one_it_names_and_the_next_one_brings_the_rest() {
    const PEOPLE: u32 = 30_000;
    let office = Office::new();
    let file = office.file("people.csv", people(PEOPLE));
    let mut in_the_middle = 0;
    let mut before = 0;
    for round in 0..40_u64 {
        let mut import = office.timbrectl();
        let mut import = import.args(["contacts", "import", &file]).stdout(Stdio::null()).spawn().unwrap();
        // Killed at a moment that is another each round, whatever it is doing then.
        let moment = std::time::Instant::now() + Duration::from_millis(5 + round * 97 % 1_200);
        while std::time::Instant::now() < moment && import.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        import.kill().unwrap();
        import.wait().unwrap();
        let (record, contacts) = office.last_import();
        let Some(record) = record else { continue };
        assert_eq!(contacts, record.rows.max(before), "round {round}: {record:?}");
        assert_eq!(record.added + record.unchanged, record.rows, "round {round}: {record:?}");
        in_the_middle += u32::from(record.finished_at.is_none() && record.rows > 0);
        before = contacts;
    }
    assert!(in_the_middle > 0, "no kill fell into the middle of the import");
    let whole = office.ok(&["contacts", "import", &file]);
    assert_eq!(counts(&whole), [u64::from(PEOPLE) - before, 0, before, 0]);
    let (record, contacts) = office.last_import();
    assert_eq!((record.unwrap().finished_at.is_some(), contacts), (true, u64::from(PEOPLE)));
    office.look(|store| {
        for n in (0..PEOPLE).step_by(997) {
            let number = PhoneNumber::typed(&format!("8{n:07}"), Country::CR).unwrap();
            assert_eq!(store.contacts_by_number(&number).unwrap()[0].name, format!("Persona {n}"));
        }
    });
}

/// A disk of six megabytes, as a file system of its own that nobody else sees.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_all_rows_up_to_the_one_it_names_and_says_so() {
    let office = Office::new();
    let file = office.file("people.csv", people(30_000));
    fs::create_dir(office.path("data")).unwrap();
    let timbrectl = program("timbrectl");
    let script = r#"
        mount -t tmpfs -o size=6m tmpfs "$2/data" || exit 90
        "$1" --config "$2/timbre.toml" --data-dir "$2/data" --json contacts import "$3" >"$2/first" 2>"$2/error"
        echo $? >"$2/exit"
        "$1" --config "$2/timbre.toml" --data-dir "$2/data" --json contacts imports >"$2/imports" 2>/dev/null
        mount -o remount,size=200m "$2/data"
        "$1" --config "$2/timbre.toml" --data-dir "$2/data" --json contacts import "$3" >"$2/second""#;
    let dir = office.dir.path().to_str().unwrap();
    let done = Command::new("unshare")
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            timbrectl.to_str().unwrap(),
            dir,
            &file,
        ])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}: {}", done.status, String::from_utf8_lossy(&done.stderr));
    let read = |name: &str| -> Value { serde_json::from_slice(&fs::read(office.path(name)).unwrap()).unwrap() };
    assert_eq!(fs::read_to_string(office.path("exit")).unwrap().trim(), "9");
    assert_eq!(read("error")["error"]["code"], "disk_full");
    let first = &read("imports")["imports"][0];
    assert!(first["finished_at"].is_null(), "{first}");
    let rows = first["rows"].as_u64().unwrap();
    assert_eq!(counts(&read("second")), [30_000 - rows, 0, rows, 0]);
}

#[test]
fn a_file_that_was_cut_short_is_taken_up_to_the_cut_and_the_whole_one_brings_the_rest() {
    let office = Office::new();
    let whole = people(2_000);
    let cut = &whole[..whole.find("Persona 1234,").unwrap() + 20];
    let file = office.file("people.csv", cut);
    let (exit, error) = office.fails(&["contacts", "import", &file, "--dry-run"]);
    assert_eq!(
        (exit, error.as_str()),
        (11, "people.csv, row 1235: the file was cut short there"),
        "a trial ends alike"
    );
    assert_eq!(office.last_import(), (None, 0), "and keeps nothing");
    let (exit, error) = office.fails(&["contacts", "import", &file]);
    assert_eq!((exit, error.as_str()), (11, "people.csv, row 1235: the file was cut short there"));
    let (record, contacts) = office.last_import();
    assert_eq!((record.unwrap().finished_at, contacts), (None, 1_234));
    office.file("people.csv", &whole);
    let rest = office.ok(&["contacts", "import", &file]);
    assert_eq!(counts(&rest), [766, 0, 1_234, 0]);
    assert_eq!(rest["earlier"]["rows"], 1_235, "it is said that this one brings the rest");
}

#[test]
fn what_can_not_be_imported_is_refused_with_file_row_and_column() {
    let office = Office::new();
    let broken = |name: &str| files().join("broken").join(name).to_str().unwrap().to_owned();
    for (file, exit, detail) in [
        ("empty.csv", 11, "empty.csv: the file is empty"),
        ("workbook.csv", 11, "workbook.csv: this is an Excel workbook"),
        ("photo.csv", 11, "photo.csv: this is a picture"),
        ("page.csv", 11, "page.csv, line 1: this is a web page"),
        ("header-only.csv", 11, "header-only.csv, line 2: "),
        ("nobody.csv", 11, "nobody.csv: "),
    ] {
        let (code, error) = office.fails(&["contacts", "import", &broken(file)]);
        assert_eq!(code, exit, "{error}");
        assert!(error.starts_with(detail), "{error}");
    }
    let report = office.path("refused.csv");
    let report = report.to_str().unwrap();
    for (file, row, column, kind) in [
        ("column-count.csv", 2, Value::Null, "columns"),
        ("bad-utf8-with-bom.csv", 2, "Nombre".into(), "encoding"),
        ("huge-cell.csv", 2, "Empresa".into(), "too_long"),
        ("not-a-number.csv", 2, "Teléfono".into(), "not_a_number"),
        ("header-twice.csv", 3, Value::Null, "malformed"),
        ("nul-bytes.csv", 2, "Empresa".into(), "malformed"),
    ] {
        let imported = office.ok(&["contacts", "import", &broken(file), "--report", report]);
        let first = &imported["problems"][0];
        assert_eq!((&first["row"], &first["column"], &first["kind"]), (&row.into(), &column, &kind.into()), "{file}");
        let listed = fs::read_to_string(report).unwrap();
        assert!(listed.lines().nth(1).unwrap().starts_with(&format!("{row},{}", row + 1)), "{listed}");
    }
    let good = broken("not-a-number.csv");
    let (exit, error) = office.fails(&["contacts", "import", &good, "--map", "Fono=phone"]);
    assert_eq!(exit, 2);
    assert!(error.contains("Fono") && error.contains("Celular"), "it names what there is instead: {error}");
    let (exit, error) = office.fails(&["contacts", "import", &good, "--encoding", "klingon"]);
    assert_eq!((exit, error.contains("no encoding has this name")), (2, true), "{error}");
    let (exit, _) = office.fails(&["contacts", "import", &good, "--report", "/nowhere/at/all.csv"]);
    assert_eq!(exit, 11);
    let (exit, _) = office.fails(&["contacts", "export", "/nowhere/at/all.csv"]);
    assert_eq!(exit, 11);
}

#[test]
fn what_a_person_said_of_the_columns_is_remembered_for_files_like_it() {
    let office = Office::new();
    let file =
        |name: &str, person: &str| office.file(name, format!("A,B,C\n{person},8888-4787,x\nBerta,2222-3333,y\n"));
    let first = file("lista.csv", "Ana");
    let trial = office.ok(&["contacts", "import", &first, "--dry-run", "--map", "A=name", "--map", "B=phone:mobile"]);
    assert_eq!(counts(&trial)[0], 2);
    assert_eq!(office.last_import().1, 0, "a trial keeps nothing");
    office.ok(&["contacts", "import", &first, "--map", "A=name", "--map", "B=phone:mobile", "--map", "C=ignore"]);
    let imported = office.ok(&["contacts", "import", &file("otra.csv", "Zoe")]);
    let by: Vec<_> = imported["layout"]["columns"].as_array().unwrap().iter().map(|c| text(&c["by"])).collect();
    assert_eq!(by, ["saved", "saved", "saved"]);
    assert_eq!(counts(&imported)[0], 1, "{imported}");
    let found = office.ok(&["contacts", "lookup", "88884787"]);
    assert_eq!(found["contacts"].as_array().unwrap().len(), 2);
    assert_eq!(found["contacts"][0]["match_kind"], "national");
}

fn names(found: &Value) -> Vec<&str> {
    found["contacts"].as_array().unwrap().iter().map(|contact| text(&contact["name"])).collect()
}

#[test]
fn people_who_share_a_landline_or_a_mailbox_stay_apart_and_a_trial_shows_who_becomes_one() {
    let office = Office::new();
    let card =
        |suffix: &str| format!("BEGIN:VCARD\nVERSION:2.1\nN:Castro;Mario;;;{suffix}\nTEL;HOME:2222-3333\nEND:VCARD\n");
    let family = office.file("castro.vcf", card("Sr.") + &card("Jr."));
    assert_eq!(counts(&office.ok(&["contacts", "import", &family])), [2, 0, 0, 0]);
    assert_eq!(
        counts(&office.ok(&["contacts", "import", &family])),
        [0, 0, 2, 0],
        "each of them comes again as himself"
    );
    let mut calls = "Nombre,Teléfono,Correo\n".to_owned();
    for n in 0..88 {
        writeln!(calls, ",8300-{n:04},central@oficina.example").unwrap();
    }
    let calls = office.file("llamadas.csv", calls);
    assert_eq!(counts(&office.ok(&["contacts", "import", &calls, "--dry-run"])), [88, 0, 0, 0]);
    assert_eq!(counts(&office.ok(&["contacts", "import", &calls])), [88, 0, 0, 0]);
    let people = "Nombre,Móvil,Correo\nEva Sanz,8765-4321,eva@x.example\nEva Sanz,8765-4321,\nEva Sanz,8312-0000,ventas@x.example\n\
                  Ana Ríos,8399-1122,ventas@x.example\nEva Sanz,8444-5555,ventas@x.example\n";
    let people = office.file("gente.csv", people);
    let trial = office.ok(&["contacts", "import", &people, "--dry-run"]);
    assert_eq!(counts(&trial), [4, 0, 1, 0]);
    let merge = &trial["merges"][0];
    assert_eq!((&merge["row"], &merge["same_as_row"], &merge["by"]), (&2.into(), &1.into(), &"number".into()));
    assert_eq!((trial["record"]["merged"].as_u64(), text(&merge["name"])), (Some(1), "Eva Sanz"));
    let imported = office.ok(&["contacts", "import", &people]);
    assert_eq!(counts(&imported), counts(&trial), "a trial says what comes of it");
}

#[test]
fn an_import_is_taken_back_and_what_the_agent_changed_since_is_kept_and_told() {
    let office = Office::new();
    let first = office.file("uno.csv", "Nombre,Móvil\nEva Sanz,8765-4321\n");
    office.ok(&["contacts", "import", &first]);
    let before = office.ok(&["contacts", "lookup", "87654321"]);
    let second = office
        .file("dos.csv", "Nombre,Móvil,Empresa\nEva Sanz,8765-4321,Valle\nAna Ríos,8399-1122,\nBea Mora,8399-1133,\n");
    let imported = office.ok(&["contacts", "import", &second]);
    assert_eq!(counts(&imported), [2, 1, 0, 0]);
    let bea = text(&office.ok(&["contacts", "lookup", "83991133"])["contacts"][0]["id"]).to_owned();
    office.ok(&["contacts", "edit", &bea, "--owner", "Luis"]);
    let id = text(&imported["record"]["id"]).to_owned();
    let undone = office.ok(&["contacts", "undo-import", &id]);
    assert_eq!(
        (&undone["removed"], &undone["restored"], &undone["kept"]),
        (&1.into(), &1.into(), &1.into()),
        "{undone}"
    );
    let kept = &undone["kept_contacts"][0];
    assert_eq!((&kept["id"], &kept["why"]), (&bea.as_str().into(), &"changed_since".into()));
    assert_eq!(office.ok(&["contacts", "lookup", "87654321"]), before, "what was there is as it was");
    assert_eq!(names(&office.ok(&["contacts", "lookup", "83991122"])), Vec::<&str>::new());
    assert_eq!(names(&office.ok(&["contacts", "search", "Bea"])), ["Bea Mora"]);
    let imports = office.ok(&["contacts", "imports"]);
    assert!(!imports["imports"][0]["undone_at"].is_null(), "{imports}");
    assert_eq!(office.fails(&["contacts", "undo-import", &id]).0, 2);
    assert_eq!(office.fails(&["contacts", "undo-import", "01932b5e-0000-7000-8000-000000000002"]).0, 4);
}

#[test]
fn a_list_of_matches_begins_with_the_surest() {
    let office = Office::new();
    for (name, number) in [("Otra forma", "+54 11 2345-6789"), ("Exacta", "+54 9 11 2345-6789")] {
        office.ok(&["contacts", "add", "--name", name, "--phone", number]);
    }
    let found = office.ok(&["contacts", "lookup", "+5491123456789"]);
    let kinds: Vec<_> = found["contacts"].as_array().unwrap().iter().map(|found| text(&found["match_kind"])).collect();
    assert_eq!((names(&found), kinds), (vec!["Exacta", "Otra forma"], vec!["exact", "other_form"]));
}

#[test]
fn one_reading_of_a_number_for_the_file_the_lookup_the_search_and_the_export() {
    let office = Office::new();
    let rows = [
        ("Eva", "#31#8765-4321", "87654321", "#31#8765-4321"),
        ("Ida", "８３９９１１２２", "٨٣٩٩١١٢٢", "+50683991122"),
        ("Flora", "800-FLORES1", "8003567371", "+5068003567371"),
        ("Olga", "2222-3333 ext. 105", "2222-3333", "2222-3333 ext. 105"),
        ("Miami", "305-555-0123", "305-555-0123", "305-555-0123"),
    ];
    let table: String = rows.iter().map(|(name, written, ..)| format!("{name},{written}\n")).collect();
    office.ok(&["contacts", "import", &office.file("gente.csv", format!("Nombre,Teléfono\n{table}"))]);
    let export = office.path("todos.csv");
    office.ok(&["contacts", "export", export.to_str().unwrap()]);
    let exported = fs::read_to_string(export).unwrap();
    for (name, written, asked, exported_as) in rows {
        for text in [written, asked] {
            assert_eq!(names(&office.ok(&["contacts", "lookup", text])), [name], "{text}");
            assert!(
                names(&office.ok(&["contacts", "search", text])).contains(&name) || text.contains(char::is_alphabetic),
                "{text}"
            );
        }
        assert!(exported.contains(&format!(",\"{exported_as}\",")), "{exported_as} is not in {exported}");
    }
    assert_eq!(office.ok(&["contacts", "lookup", "2222-3333 ext. 105"])["extension"], "105");
}

#[test]
fn contacts_are_added_changed_found_merged_and_removed() {
    let office = Office::new();
    let add = |args: &[&str]| {
        let args: Vec<&str> = ["contacts", "add"].into_iter().chain(args.iter().copied()).collect();
        text(&office.ok(&args)["contact"]["id"]).to_owned()
    };
    let ana = add(&["--name", "Ana Núñez", "--phone", "mobile=8888-4787", "--field", "cedula=1-0234-0567"]);
    let double = add(&["--name", "A. Núñez", "--phone", "+54 9 11 2345-6789", "--email", "ana@example.com"]);
    let found = office.ok(&["contacts", "search", "nunez", "ana"]);
    assert_eq!(found["contacts"].as_array().unwrap().len(), 2, "the address counts as well: {found}");
    let merged = office.ok(&["contacts", "merge", &ana, &double]);
    assert_eq!(merged["contact"]["phones"].as_array().unwrap().len(), 2);
    let other = office.ok(&["contacts", "lookup", "541123456789"]);
    assert_eq!(
        (&other["contacts"][0]["match_kind"], text(&other["contacts"][0]["id"])),
        (&"other_form".into(), ana.as_str())
    );
    office.ok(&["contacts", "edit", &ana, "--do-not-call", "yes", "--field", "cedula="]);
    let shown = office.ok(&["contacts", "show", &ana]);
    assert_eq!((&shown["contact"]["do_not_call"], &shown["contact"]["fields"]), (&true.into(), &serde_json::json!({})));
    assert_eq!(shown["contact"]["name"], "Ana Núñez", "what was not named stays");
    assert_eq!(office.fails(&["contacts", "show", &double]).0, 4);
    assert_eq!(office.fails(&["contacts", "merge", &ana, &ana]).0, 2);
    office.ok(&["contacts", "remove", &ana]);
    assert_eq!(office.fails(&["contacts", "remove", &ana]).0, 4);
    assert_eq!(office.ok(&["contacts", "search", "8888"])["contacts"], serde_json::json!([]));
}

#[test]
fn a_persons_words_on_the_terminal_say_what_came_of_it() {
    let office = Office::new();
    let file = files().join("broken/not-a-number.csv");
    let output = office.timbrectl().args(["contacts", "import", file.to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    for line in [
        "not-a-number.csv: CSV (,), UTF-8, csv",
        "  Celular → phone:mobile  (by its name)",
        "  row 2 (line 3), column Teléfono: taken without it: this is no telephone number; its text was kept as a field",
        "5 rows: 5 new contacts, 0 updated, 0 unchanged, 0 refused",
    ] {
        assert!(said.contains(line), "{line} is not in:\n{said}");
    }
    assert!(!said.contains("no tiene"), "what stands in the file is not repeated:\n{said}");
}

#[test]
fn an_organisations_own_field_is_known_by_every_name_it_has_in_files() {
    let office = Office::new();
    let settings = fs::read_to_string(office.path("timbre.toml")).unwrap();
    let more = "[[contact_fields]]\nname = \"cedula\"\ncolumns = [\"N° identificación\"]\n";
    office.file("timbre.toml", settings + more);
    for (n, column) in ["Cédula", "n° IDENTIFICACION"].into_iter().enumerate() {
        let file = office.file("gente.csv", format!("Nombre,Celular,{column}\nAna {n},8888-000{n},1-0234-056{n}\n"));
        office.ok(&["contacts", "import", &file]);
        let found = office.ok(&["contacts", "lookup", &format!("8888000{n}")]);
        assert_eq!(found["contacts"][0]["fields"]["cedula"], format!("1-0234-056{n}"));
    }
}
