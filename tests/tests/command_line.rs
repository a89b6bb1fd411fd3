//! timbrectl as a script meets it: exit codes, errors that name the place, nothing half-written.

use std::fs;

use serde_json::Value;
use timbre_engine::api::event::Event;
use timbre_tests::desk::Desk;
use timbre_tests::programs::Watch;
use timbre_tests::story::ENDPOINT;

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_that_is_wrong_is_refused_with_file_and_line() {
    let desk = Desk::new().await;
    for (more, place, word) in [
        ("colour = \"red\"\n", "timbre.toml:9:1", "colour"),
        ("time_zone = \"Costa Rica\"\n", "timbre.toml:9:13", "America/Costa_Rica"),
        ("[[identities]]\nlabel = \"a\"\naccount = \"nobody\"\nendpoint = \"1\"\n", "timbre.toml:11:11", "nobody"),
        ("= broken\n", "timbre.toml:9:1", ""),
    ] {
        desk.settings(more);
        for args in [&["config", "check"][..], &["watch"], &["calls", "list"]] {
            let (exit, error) = desk.fails(args).await;
            let detail = error["detail"].as_str().unwrap();
            assert_eq!((exit, error["code"].as_str()), (3, Some("bad_config")), "{args:?}: {error}");
            assert!(detail.contains(place) && detail.contains(word), "{detail}");
        }
    }
    fs::write(&desk.config, b"language = \"e\xff\"").unwrap();
    assert_eq!(desk.fails(&["config", "check"]).await.0, 3);
    fs::remove_file(&desk.config).unwrap();
    assert_eq!(desk.fails(&["config", "check"]).await.0, 3);
    assert!(!desk.dir.path().join("data").exists(), "nothing was written for settings that are wrong");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_a_settings_file_is_one() {
    let desk = Desk::new().await;
    let output = desk.run(&["config", "example"]).await;
    fs::write(&desk.config, output.stdout).unwrap();
    desk.succeeds(&["config", "check"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_numbers_dates_and_names_are_refused_with_their_place_and_nothing_is_written() {
    let desk = Desk::new().await;
    for (args, exit, code, place) in [
        (&["dial", "12x4"][..], 2, "bad_number", "number"),
        (&["dial", "88884787", "--from", "Nobody"], 4, "not_found", "from"),
        (&["contacts", "add", "--phone", "88884787"], 2, "bad_request", "name"),
        (&["contacts", "add", "--name", "Ana", "--phone", "88884787", "--phone", "8x"], 2, "bad_number", "phone 2"),
        (&["contacts", "lookup", "Ana"], 2, "bad_number", "number"),
        (&["calls", "sync", "--account", "other"], 4, "not_found", "account"),
        (&["calls", "sync", "--from", "2026-02-02", "--to", "2026-02-01"], 2, "bad_request", "range"),
        (&["agents", "set", "Ana", "--endpoint", "other/1"], 4, "not_found", "account"),
    ] {
        let (got, error) = desk.fails(args).await;
        assert_eq!((got, error["code"].as_str()), (exit, Some(code)), "{args:?}: {error}");
        assert!(error["detail"].as_str().unwrap().starts_with(place), "{args:?}: {error}");
        assert!(!error["do"].as_str().unwrap().is_empty(), "{args:?}: it says what to do");
    }
    // What clap refuses: it names the argument, and the exit code is the same.
    for args in [
        &["calls", "list", "--from", "yesterday"][..],
        &["calls", "list", "--limit", "0"],
        &["dial", "88884787", "--contact", "no-uuid"],
        &["calls", "sync", "--from", "2026-01-01"],
        &["nothing"],
    ] {
        assert_eq!(desk.fails(args).await.0, 2, "{args:?}");
    }
    let found = desk.succeeds(&["contacts", "lookup", "88884787"]).await;
    assert_eq!(found["contacts"], Value::Array(Vec::new()), "nothing was half written");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_kept_to_the_letter_but_for_control_characters() {
    let desk = Desk::new().await;
    for name in
        ["Robert'); DROP TABLE contacts;--", "<img src=x onerror=alert(1)>", "\u{202e}Ana", "{{7*7}} %s %n", "名前 🕿"]
    {
        desk.succeeds(&["contacts", "add", "--name", name, "--phone", "8888-4787"]).await;
    }
    desk.succeeds(&["contacts", "add", "--name", "a\u{1b}[31m\nb", "--phone", "8888-4787"]).await;
    let found = desk.succeeds(&["contacts", "lookup", "+506 8888 4787"]).await;
    let names: Vec<_> = found["contacts"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 6);
    assert!(names.contains(&"a [31m b") && names.contains(&"\u{202e}Ana"), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_refuses_or_fails_has_an_exit_code_of_its_own() {
    let desk = Desk::new().await;
    let wrong = {
        let mut command = desk.timbrectl();
        command.args(["calls", "sync"]).env("TIMBRE_SECRET_MAIN", "wrong");
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    };
    assert_eq!(wrong.status.code(), Some(6));
    desk.sim.telephone(ENDPOINT).unregistered();
    assert_eq!(desk.fails(&["dial", "88884787"]).await.0, 8, "accepted, and no call appeared");
    desk.sim.telephone(ENDPOINT).registered(true);
    let call = desk.sim.rings("22223333", ENDPOINT);
    assert_eq!(desk.fails(&["dial", "88884787"]).await.0, 7, "the agent is in a call");
    call.hang_up();
    desk.sim.stop().await;
    assert_eq!(desk.fails(&["calls", "sync"]).await.0, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_can_not_be_used_is_named() {
    let desk = Desk::new().await;
    fs::write(desk.dir.path().join("data"), "a file where the folder should be").unwrap();
    let (exit, error) = desk.fails(&["calls", "list"]).await;
    assert_eq!((exit, error["code"].as_str()), (9, Some("data_folder")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_timbrectl_reaches_the_one_that_runs() {
    let desk = Desk::new().await;
    let mut engine = Watch::start(desk.timbrectl());
    engine.until("provider.state").await;
    let asked = desk.sim.ledger().requests.len();
    desk.succeeds(&["contacts", "add", "--name", "Ana", "--phone", "8888-4787"]).await;
    let mut listener = Watch::start(desk.timbrectl());
    desk.sim.wait_until(|ledger| ledger.requests.len() > asked + 3).await;
    let call = desk.sim.rings("88884787", ENDPOINT);
    let (of_engine, of_listener) = (engine.until("popup").await, listener.until("popup").await);
    assert_eq!(of_engine, of_listener);
    call.hang_up();
    listener.until("call.ended").await;
    listener.stop().await;
    engine.stop().await;
    assert!(!desk.dir.path().join("data/timbre.db.in-use").exists(), "the database was closed cleanly");
    assert!(desk.sim.ledger().requests.iter().all(|request| !request.early), "one engine asks");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_pop_up_with_their_contact_while_a_large_file_is_imported_by_a_second_program() {
    const PEOPLE: usize = 20_000;
    let desk = Desk::new().await;
    desk.succeeds(&["contacts", "add", "--name", "Ana", "--phone", "8888-4787"]).await;
    let mut watch = Watch::start(desk.timbrectl());
    watch.until("provider.state").await;
    let rows = (0..PEOPLE).map(|n| format!("Persona {n},+506 6{n:07}\n"));
    let file = desk.dir.path().join("people.csv");
    fs::write(&file, format!("Nombre,Celular\n{}", rows.collect::<String>())).unwrap();
    let mut import = desk.timbrectl();
    import.args(["contacts", "import", file.to_str().unwrap()]);
    let import = tokio::task::spawn_blocking(move || import.output().unwrap());
    watch.until("contacts.import").await;
    let call = desk.sim.rings("8888-4787", ENDPOINT);
    let mut popups = 0;
    let mut rows = 0;
    while popups == 0 || rows < PEOPLE as u64 {
        match watch.next().await {
            Event::Popup(popup) => {
                assert_eq!(popup.contacts[0].name, "Ana");
                popups += 1;
            }
            Event::Import(progress) => {
                assert!(progress.rows >= rows && progress.bytes <= progress.total_bytes, "{progress:?}");
                rows = progress.rows;
                assert_eq!(progress.finished, rows == PEOPLE as u64);
            }
            _ => {}
        }
    }
    call.hang_up();
    let output = import.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let imported: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(imported["record"]["added"], PEOPLE);
    watch.stop().await;
}
