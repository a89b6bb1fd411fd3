//! No secret anywhere: the whole story is played by the real programs with marked secrets and everything logged, and
//! then every file, every log line and every error text is searched for them, in every form they may travel in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use timbre_simulator::{Fault, RealClock, RequestKind, SignIn, Simulator, SimulatorConfig, WrongPasswordStyle};
use timbre_tests::programs::{Watch, program};
use tokio::io::{AsyncBufReadExt as _, BufReader};

const USER: &str = "8373456";
/// Holds everything that some encoding changes.
const SECRET: &str = "Zq9#marcada ñ/\"w\\%&+=x";

/// Every form, made by libraries that are not the ones under test.
fn forms() -> BTreeMap<&'static str, String> {
    let json = serde_json::to_string(SECRET).unwrap();
    let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
    BTreeMap::from([
        ("plain", SECRET.to_owned()),
        ("percent-encoded", percent.clone()),
        ("percent-encoded in small letters", percent.to_lowercase()),
        ("percent-encoded with plus", percent.replace("%20", "+")),
        ("JSON-escaped", json.trim_matches('"').to_owned()),
        ("JSON-escaped twice", serde_json::to_string(&json).unwrap().trim_matches('"').trim_matches('\\').to_owned()),
        ("base64", STANDARD.encode(SECRET).trim_end_matches('=').to_owned()),
        ("base64 for URLs", URL_SAFE.encode(SECRET).trim_end_matches('=').to_owned()),
        ("base64 after the user", STANDARD.encode(format!("{USER}:{SECRET}"))[14..36].to_owned()),
        ("a part that no encoding changes", "Zq9".to_owned()),
        ("in capitals", "MARCADA".to_owned()),
        ("in a way that nobody thought of", "adacram".to_owned()),
        ("another such part", "marcada".to_owned()),
    ])
}

struct Place {
    dir: tempfile::TempDir,
    config: PathBuf,
    sim: Simulator,
    seen: Vec<(String, Vec<u8>)>,
    /// Variables that hold the secret, beside the account's.
    secrets: Vec<String>,
}

impl Place {
    async fn new(config: SimulatorConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sim = Simulator::start(config, Arc::new(RealClock::new())).await.unwrap();
        let config = dir.path().join("timbre.toml");
        let text = format!(
            "[[accounts]]\nname = \"main\"\nprovider = \"callmyway\"\nbase_url = \"{}\"\nusername = \"{USER}\"\n\
             reading_interval_ms = 100\ncall_appears_within_s = 2\n",
            sim.base_url()
        );
        fs::write(&config, text).unwrap();
        Self { dir, config, sim, seen: Vec::new(), secrets: Vec::new() }
    }

    fn timbrectl(&self) -> Command {
        let mut command = Command::new(program("timbrectl"));
        command
            .args(["--json", "--config"])
            .arg(&self.config)
            .arg("--data-dir")
            .arg(self.dir.path().join("data"))
            .env("TIMBRE_LOG", "trace")
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .env("TIMBRE_SECRET_MAIN", SECRET)
            .envs(self.secrets.iter().map(|name| (name, SECRET)))
            .stdin(Stdio::null());
        command
    }

    async fn run(&mut self, args: &[&str]) -> Output {
        let mut command = self.timbrectl();
        command.args(args);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        self.seen.push((format!("{args:?}: standard output"), output.stdout.clone()));
        self.seen.push((format!("{args:?}: standard error"), output.stderr.clone()));
        output
    }

    /// Searches what was printed and every file.
    fn search(&mut self) {
        let mut files = Vec::new();
        collect(self.dir.path(), &mut files);
        assert!(files.iter().any(|file| file.ends_with("timbre.db")));
        for file in files {
            #[cfg(unix)]
            if file.starts_with(self.dir.path().join("data")) {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = fs::metadata(&file).unwrap().permissions().mode();
                assert_eq!(mode & 0o077, 0, "{} is {mode:o}: others can read it", file.display());
            }
            self.seen.push((file.display().to_string(), fs::read(&file).unwrap()));
        }
        for (place, bytes) in &self.seen {
            for (form, needle) in forms() {
                let found = bytes.windows(needle.len()).position(|window| window == needle.as_bytes());
                if let Some(at) = found {
                    let around =
                        String::from_utf8_lossy(&bytes[at.saturating_sub(60)..(at + 60).min(bytes.len())]).into_owned();
                    panic!("{place} holds the secret, {form}: …{around}…");
                }
            }
        }
    }
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_none_or(|extension| extension != "sock") {
            files.push(path);
        }
    }
}

fn vendor(password: &str) -> SimulatorConfig {
    SimulatorConfig {
        sign_ins: vec![SignIn::new(USER, password)],
        reading_interval: Duration::from_millis(100),
        ..SimulatorConfig::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_writes_the_secret_nowhere() {
    let mut place = Place::new(vendor(SECRET)).await;
    place.run(&["config", "check"]).await;
    place.run(&["contacts", "add", "--name", "Ana", "--phone", "8888-4787"]).await;
    assert!(place.run(&["endpoints", "sync"]).await.status.success());
    let mut watch = Watch::start(place.timbrectl());
    let call = place.sim.rings("88884787", USER);
    watch.until("popup").await;
    call.answer();
    watch.until("call.connected").await;
    for fault in [
        Fault::Http500,
        Fault::Html,
        Fault::TruncatedJson,
        Fault::ErrorObject,
        Fault::WrongStatus(403),
        Fault::ConnectionReset,
        Fault::PhpNotice,
        Fault::Huge(8 * 1024 * 1024),
        Fault::MissingCallid,
        Fault::BadDate,
    ] {
        place.sim.faults().on(RequestKind::Live, 1, fault);
    }
    place.sim.wait_until(|ledger| ledger.requests.iter().filter(|request| request.fault.is_some()).count() >= 10).await;
    call.hang_up();
    watch.until("call.ended").await;
    assert!(place.run(&["dial", "8888-4787", "--no-wait"]).await.status.success());
    watch.until("popup").await;
    place.run(&["dial", "2222-3333"]).await;
    place.sim.contact_telephone("88884787").talks_for(Some(Duration::from_millis(100)));
    place.run(&["unread"]).await;
    place.run(&["calls", "list"]).await;
    place.run(&["doctor"]).await;
    assert!(place.run(&["calls", "sync"]).await.status.success());
    for fault in [Fault::Http500, Fault::ErrorObject, Fault::Html] {
        place.sim.faults().on(RequestKind::Cdr, 1, fault);
        place.run(&["calls", "sync"]).await;
    }
    let (stdout, stderr) = watch.stop().await;
    assert!(stderr.len() > 10_000, "it was logged at trace level: {} bytes", stderr.len());
    place.seen.push(("watch: standard output".into(), stdout));
    place.seen.push(("watch: standard error".into(), stderr));
    place.search();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_password_and_a_vendor_that_echoes_it_write_it_nowhere() {
    for wrong_password in [WrongPasswordStyle::Json, WrongPasswordStyle::Http401] {
        let mut place = Place::new(SimulatorConfig { wrong_password, ..vendor("another") }).await;
        for args in [&["calls", "sync"][..], &["endpoints", "sync"], &["dial", "88884787"]] {
            assert!(!place.run(args).await.status.success());
        }
        place.search();
    }
    let echo = Echo::start().await;
    let mut place = Place::new(vendor(SECRET)).await;
    let text = fs::read_to_string(&place.config).unwrap().replace(&place.sim.base_url(), &echo);
    fs::write(&place.config, text).unwrap();
    // So often that it answers in each of its ways.
    for _ in 0..3 {
        let asks = [&["calls", "sync"][..], &["endpoints", "sync"], &["dial", "88884787", "--no-wait"], &["doctor"]];
        for args in asks.into_iter().chain([&["unread"][..]]) {
            place.run(args).await;
        }
    }
    let mut watch = Watch::start(place.timbrectl());
    watch.until("provider.state").await;
    let (stdout, stderr) = watch.stop().await;
    place.seen.push(("watch: standard output".into(), stdout));
    place.seen.push(("watch: standard error".into(), stderr));
    place.run(&["unread"]).await;
    place.search();
}

/// The names by which an environment tells of a proxy.
const PROXIES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// A proxy that lets nothing through and keeps the first line of what it is asked.
struct Proxy {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) =
            (format!("http://{}", listener.local_addr().unwrap()), Arc::<Mutex<Vec<String>>>::default());
        let kept = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut line = String::new();
                // Whoever connects has shown by that alone that the proxy was used.
                let _ = BufReader::new(stream).read_line(&mut line).await;
                kept.lock().unwrap().push(line.trim_end().to_owned());
            }
        });
        Self { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_on_this_machine_goes_through_no_proxy_whoever_names_it() {
    let proxy = Proxy::start().await;
    let place = Place::new(vendor(SECRET)).await;
    let text = fs::read_to_string(&place.config).unwrap();
    for setting in [String::new(), format!("proxy = \"{}\"\n", proxy.address)] {
        fs::write(&place.config, format!("{setting}{text}")).unwrap();
        let mut command = place.timbrectl();
        command.envs(PROXIES.map(|name| (name, &proxy.address))).args(["endpoints", "sync"]);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(output.status.success());
        assert_eq!(proxy.asked(), Vec::<String>::new(), "the proxy was given the password");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_server_is_reached_by_the_proxy_of_the_settings_or_the_system_or_by_none_and_doctor_shows_which() {
    const ELSEWHERE: &str = "https://vendor.invalid/";
    let (of_settings, of_system) = (Proxy::start().await, Proxy::start().await);
    let place = Place::new(vendor(SECRET)).await;
    let text = fs::read_to_string(&place.config).unwrap().replace(&place.sim.base_url(), ELSEWHERE);
    // Only a vendor on this machine may be asked so often.
    let text = text.replace("reading_interval_ms = 100\n", "");
    for (setting, finding, asked) in [
        ("", "network.by_system_proxy", (false, true)),
        ("proxy = \"system\"\n", "network.by_system_proxy", (false, true)),
        ("proxy = \"none\"\n", "network.straight", (false, false)),
        (&format!("proxy = \"{}\"\n", of_settings.address), "network.by_own_proxy", (true, false)),
    ] {
        fs::write(&place.config, format!("{setting}{text}")).unwrap();
        for proxy in [&of_settings, &of_system] {
            proxy.asked.lock().unwrap().clear();
        }
        let mut command = place.timbrectl();
        command.envs(PROXIES.map(|name| (name, &of_system.address))).arg("doctor");
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let report = String::from_utf8_lossy(&output.stdout);
        assert!(report.contains(finding), "{setting}: {report}");
        let went_by = |proxy: &Proxy| proxy.asked().iter().any(|line| line == "CONNECT vendor.invalid:443 HTTP/1.1");
        assert_eq!((went_by(&of_settings), went_by(&of_system)), asked, "{setting}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_writes_nothing_of_the_memory_to_a_disk() {
    let place = Place::new(vendor(SECRET)).await;
    let mut watch = Watch::start(place.timbrectl());
    watch.until("provider.state").await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", watch.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().rev().nth(2), Some("1"), "{core}");
    watch.stop().await;
}

/// Connectors of every kind that exchanges secrets: a key, a refresh token with a client's secret, a log-in.
fn connectors(base: &str) -> (String, Vec<(&'static str, String)>) {
    let records = "[sign_in.probe]\npath = \"me\"\nid = \"$.id\"\nname = \"$.name\"\n\
        [limits]\nper_second = 1000\ntimeout_s = 2\nsettles_within_s = 1\n\
        [contacts.find]\npath = \"people\"\nrecords = \"$.list[*]\"\nquery = { number = \"{{ number.last8 }}\" }\n\
        [contact]\nid = \"$.id\"\nname = \"$.name\"\n[[contact.phones]]\nnumber = \"$.phone\"\n\
        [records.note.create]\nmethod = \"POST\"\npath = \"notes\"\nid = \"$.id\"\n\
        body = { text = \"{{ note.text }} {{ request_id }}\" }\n\
        [records.note.search]\npath = \"notes\"\nids = \"$.list[*].id\"\nquery = { q = \"{{ request_id }}\" }\n";
    let head =
        |name: &str, sign_in: &str| format!("format = 1\nname = \"{name}\"\ntitle = \"{name}\"\n{sign_in}\n{records}");
    let refresh = format!("[sign_in]\nkind = \"oauth2-refresh\"\ntoken_url = \"{base}/token\"\nclient_secret = true");
    let session = "[sign_in]\nkind = \"session\"\n[sign_in.login]\nmethod = \"POST\"\npath = \"login\"\n\
        body = { password = \"{{ secret }}\" }\ntoken = \"$.access_token\"";
    let files = vec![
        ("crm-key", head("keyed", "[sign_in]\nkind = \"key-header\"\nheader = \"X-Api-Key\"")),
        ("crm-refresh", head("refreshing", &refresh)),
        ("crm-session", head("logging-in", session)),
    ];
    let settings = files
        .iter()
        .map(|(name, _)| format!("[[connectors]]\nname = \"{name}\"\nfile = \"{name}.toml\"\nbase_url = \"{base}\"\n"));
    (settings.collect(), files)
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_tokens_and_refresh_tokens_of_crms_are_written_nowhere() {
    let mut place = Place::new(vendor(SECRET)).await;
    let tokens = Tokens::start().await;
    let (settings, files) = connectors(&tokens.base);
    for (name, text) in &files {
        fs::write(place.dir.path().join(format!("{name}.toml")), text).unwrap();
    }
    let text = fs::read_to_string(&place.config).unwrap();
    fs::write(&place.config, format!("{text}{settings}")).unwrap();
    for name in ["CRM_KEY", "CRM_REFRESH", "CRM_REFRESH_CLIENT", "CRM_SESSION"] {
        place.secrets.push(format!("TIMBRE_SECRET_{name}"));
    }
    let checked = place.run(&["config", "check"]).await;
    assert!(checked.status.success(), "{checked:?}");
    let mut watch = Watch::start(place.timbrectl());
    watch.until("provider.state").await;
    let call = place.sim.rings("22223333", USER);
    watch.until("popup").await;
    call.hang_up();
    watch.until("call.ended").await;
    place.run(&["interactions", "add", "--comment", "Una gestión sin llamada"]).await;
    watch.until("outbox.parked").await;
    for (name, _) in &files {
        place.run(&["connector", "test", name, "--number", "22223333"]).await;
        place.run(&["connector", "test", name, "--dry-run"]).await;
        place.run(&["connector", "resume", name]).await;
    }
    let carried = tokens.carried.lock().unwrap().clone();
    let wanted = ["/login", "/me", "/notes", "/people", "/token"].map(str::to_owned);
    assert_eq!(carried, BTreeSet::from(wanted), "secrets really went out with every kind of request");
    place.run(&["connector", "list"]).await;
    place.run(&["outbox", "list", "--all"]).await;
    place.run(&["doctor"]).await;
    let (stdout, stderr) = watch.stop().await;
    place.seen.push(("watch: standard output".into(), stdout));
    place.seen.push(("watch: standard error".into(), stderr));
    place.search();
}

/// A CRM that gives tokens, a new refresh token with each, and repeats every request, secrets and all, in its errors.
struct Tokens {
    base: String,
    /// Which requests really carried a secret, by their path.
    carried: Arc<Mutex<BTreeSet<String>>>,
}

impl Tokens {
    async fn start() -> Self {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let carried: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let notes = carried.clone();
        tokio::spawn(async move {
            let mut given = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = vec![0; 65536];
                let read = stream.read(&mut bytes).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&bytes[..read]).into_owned();
                given += 1;
                let path = asked.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
                if asked.contains("Zq9") {
                    notes.lock().unwrap().insert(path.clone());
                }
                let (status, body) = match path.as_str() {
                    "/token" | "/login" => {
                        let token = format!("Zq9-acceso-{given}-marcada");
                        let rotated = format!("Zq9-nuevo-{given}-marcada");
                        (200, serde_json::json!({"access_token": token, "refresh_token": rotated, "expires_in": 1}))
                    }
                    "/me" => (200, serde_json::json!({"id": "u1", "name": "Ana"})),
                    path if path.starts_with("/people") => {
                        (200, serde_json::json!({"list": [{"id": "7", "name": "Eva", "phone": "+50622223333"}]}))
                    }
                    // A kind whose search is refused is held back: its records would never go out.
                    "/notes" if asked.starts_with("GET") => (200, serde_json::json!({"list": []})),
                    _ => (400, serde_json::json!({"message": asked})),
                };
                let body = body.to_string();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nX-Status-Reason: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    asked
                        .lines()
                        .find(|line| line.contains("Zq9"))
                        .unwrap_or("none")
                        .chars()
                        .filter(char::is_ascii)
                        .collect::<String>(),
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self { base, carried }
    }
}

/// A vendor that repeats the request, password and all, in what it answers.
struct Echo;

impl Echo {
    async fn start() -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let mut turn = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                turn += 1;
                let mut head = vec![0; 8192];
                let read = stream.read(&mut head).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&head[..read]).lines().next().unwrap_or_default().to_owned();
                let said = serde_json::json!({"status": 401, "message": format!("{asked} {SECRET}")}).to_string();
                let percent = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
                let twice = utf8_percent_encode(&percent, NON_ALPHANUMERIC).to_string();
                let html = SECRET.replace('&', "&amp;").replace('"', "&quot;").replace('ñ', "&ntilde;");
                let cut: String = SECRET.chars().take(10).collect();
                let body = match turn % 10 {
                    0 => format!("<html>{asked} {SECRET}</html>"),
                    1 => said,
                    2 => format!("{asked} {SECRET} {{broken"),
                    3 => format!("<p>you sent {html}</p>"),
                    4 => format!("you sent {twice} {{"),
                    5 => format!("YOU SENT {} {{", SECRET.to_uppercase()),
                    6 => format!("you sent {cut}"),
                    // In a way that nobody thought of.
                    7 => "<pre>Array ( [username] => 8373456 [password] => adacram#9qZ )</pre>".to_owned(),
                    8 => serde_json::json!({"status": 200, "cdrs": [{
                        "callid": "6495722720473898242", "ani": "88884787", "dnis": "8373456", "dnis_user": USER,
                        "detect_time": "2026-03-02 08:00:00", "connect_time": "2026-03-02 08:00:03",
                        "disconnect_time": "2026-03-02 08:00:09", "duration": "6", "cost": "1", "type": "in",
                        "route_name": SECRET, "note": [html, {(percent): twice}],
                    }]})
                    .to_string(),
                    _ => serde_json::json!({"status": 200, "cdrs": [{"ani": SECRET, "route_name": asked}]}).to_string(),
                };
                let answer =
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}")
    }
}

#[test]
fn the_search_finds_a_secret_in_every_form() {
    let hiding = forms();
    for (form, needle) in &hiding {
        let text = format!("before {needle} after");
        assert!(forms().values().any(|n| text.contains(n.as_str())), "{form}");
    }
    assert!(STANDARD.encode(format!("{USER}:{SECRET}")).contains(&hiding["base64 after the user"]));
}
