//! Sign-ins that are tried out against the simulated vendor and CRM, and the limits that are kept meanwhile.

use std::future::Future;
use std::path::Path;

use chrono::TimeDelta;
use timbre_domain::ports::Headless;
use timbre_settings::edit::FieldDraft;
use timbre_simulator::crm::{Crm, CrmConfig, DEFAULT_API_KEY};
use timbre_simulator::{Fault, ManualClock, RefusalStyle, RequestKind, Simulator, SimulatorConfig, WrongPasswordStyle};

mod fields;

use super::*;
use crate::{Machine, Running, Serves, start_on};

const PASSWORD: &str = "secreto";

/// A keyring with one password, or none.
struct Kept(Option<&'static str>);

#[async_trait]
impl SecretStore for Kept {
    async fn password(&self, _: &SecretName) -> Result<SecretString, PortError> {
        self.0.map(SecretString::from).ok_or_else(|| PortError::new(ErrorCode::SecretMissing, "none"))
    }

    async fn keep(&self, _: &SecretName, _: SecretString) -> Result<(), PortError> {
        Ok(())
    }
}

struct Desk {
    clock: ManualClock,
    sim: Simulator,
    dir: tempfile::TempDir,
    kept: Option<&'static str>,
}

impl Desk {
    async fn with(config: SimulatorConfig) -> Self {
        let clock = ManualClock::default();
        let sim = Simulator::start(config, Arc::new(clock.clone())).await.unwrap();
        Self { clock, sim, dir: tempfile::tempdir().unwrap(), kept: None }
    }

    fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    fn draft(&self) -> AccountDraft {
        let draft = AccountDraft { name: "main".into(), provider: "callmyway".into(), ..AccountDraft::default() };
        draft.with_text("base_url", self.sim.base_url()).with_text("username", "8373456")
    }

    fn checking<'a>(&self, file: &'a SettingsFile, limits: Limits) -> Checking<'a> {
        let secrets = Arc::new(Kept(self.kept));
        Checking { file, secrets, limits, clock: Arc::new(self.clock.clone()), language: Language::En }
    }

    async fn check(&self, draft: &AccountDraft, password: &str) -> Result<AccountCheck, CheckFailed> {
        let file = none(&self.dir.path().join("none"));
        let checking = self.checking(&file, Limits::Folder(self.data()));
        let password = Some(SecretString::from(password)).filter(|_| !password.is_empty());
        self.driven(check_account(&checking, None, draft, password)).await
    }

    async fn start(&self) -> Running {
        let mut file = none(self.dir.path());
        let edits = [Edit::PutAccount { was: None, account: self.draft() }];
        let settings = file.edit(&file.revision(), &edits).unwrap();
        let machine = Machine {
            clock: Arc::new(self.clock.clone()),
            secrets: Arc::new(Kept(Some(PASSWORD))),
            shell: Arc::new(Headless),
            disk: Arc::new(timbre_platform::disk::SystemDisk),
            serves: Serves::ThisAgent,
        };
        start_on(settings, &self.data(), machine, true).await.unwrap()
    }

    /// Lets the time go on while there is somebody who waits for the vendor's limit, but not for an answer.
    async fn driven<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::task::yield_now() => {}
            }
            let near = self.clock.elapsed() + Duration::from_secs(5);
            if let Some(deadline) = self.clock.next_deadline().filter(|deadline| *deadline <= near) {
                self.clock.advance(deadline.saturating_sub(self.clock.elapsed()));
            }
        }
    }
}

fn none(folder: &Path) -> SettingsFile {
    SettingsFile::read(&folder.join("timbre.toml"), crate::vendors()).unwrap()
}

#[tokio::test]
async fn a_right_sign_in_tells_endpoints_and_calls() {
    let desk = Desk::with(SimulatorConfig::default()).await;
    desk.sim.rings("8888-4787", "8373456");
    let draft = desk.draft().with("endpoints", FieldDraft::List(vec!["8373456".into(), "8399999".into()]));
    let found = desk.check(&draft, PASSWORD).await.unwrap();
    let numbers: Vec<_> = found.endpoints.iter().map(|endpoint| endpoint.number.to_string()).collect();
    assert_eq!(numbers, ["8615601", "8373456"]);
    assert!(found.username_is_endpoint);
    assert_eq!(found.unknown_endpoints, ["8399999"]);
    assert_eq!((found.live_calls, found.unread), (1, 0));
    assert_eq!((&found.fitting_zone, &found.clock_words), (&None, &None));
    assert!(found.clock_ahead_s.is_some_and(|ahead| ahead.abs() <= 1), "{found:?}");
    let ledger = desk.sim.ledger();
    assert_eq!(
        (ledger.requests_of(RequestKind::Live).count(), ledger.requests_of(RequestKind::Endpoints).count()),
        (1, 1)
    );
    assert!(!desk.dir.path().join("timbre.toml").exists(), "nothing is written");
}

#[tokio::test]
async fn a_call_that_rings_tells_that_another_zone_fits_and_an_answer_that_the_clock_is_wrong() {
    let desk = Desk::with(SimulatorConfig::default()).await;
    desk.sim.rings("8888-4787", "8373456");
    let draft = desk.draft().with_text("time_zone", "America/Bogota");
    let found = desk.check(&draft, PASSWORD).await.unwrap();
    assert_eq!(found.fitting_zone.as_deref(), Some("America/Costa_Rica"));
    assert!(found.clock_words.unwrap().contains("America/Costa_Rica"));

    let ahead = SimulatorConfig { clock_ahead: TimeDelta::minutes(-20), ..SimulatorConfig::default() };
    let desk = Desk::with(ahead).await;
    let found = desk.check(&desk.draft(), PASSWORD).await.unwrap();
    assert!(found.clock_ahead_s.is_some_and(|ahead| (ahead - 1_200).abs() <= 2), "{found:?}");
    assert!(found.clock_words.unwrap().contains("20"));
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do_and_without_the_password() {
    let wrong = |wrong_password| SimulatorConfig { wrong_password, ..SimulatorConfig::default() };
    let refused = |refusal| SimulatorConfig { authorised: Vec::new(), refusal, ..SimulatorConfig::default() };
    let mut failures = Vec::new();
    for (config, password, code) in [
        (wrong(WrongPasswordStyle::Json), "equivocada", ErrorCode::NotAuthorised),
        (wrong(WrongPasswordStyle::Http401), "equivocada", ErrorCode::NotAuthorised),
        (refused(RefusalStyle::Http403), PASSWORD, ErrorCode::NotAuthorised),
        (SimulatorConfig::default(), "", ErrorCode::SecretMissing),
    ] {
        let desk = Desk::with(config).await;
        failures.push((desk.check(&desk.draft(), password).await.unwrap_err(), code));
    }
    for (fault, code) in [(Fault::TruncatedJson, ErrorCode::Unreadable), (Fault::Http500, ErrorCode::VendorFailed)] {
        let desk = Desk::with(SimulatorConfig::default()).await;
        desk.sim.faults().on(RequestKind::Live, usize::MAX, fault);
        failures.push((desk.check(&desk.draft(), PASSWORD).await.unwrap_err(), code));
    }
    let desk = Desk::with(SimulatorConfig::default()).await;
    let nobody = desk.draft().with_text("base_url", "http://127.0.0.1:1");
    failures.push((desk.check(&nobody, PASSWORD).await.unwrap_err(), ErrorCode::Unreachable));
    for (failed, code) in failures {
        assert_eq!(failed.code, code, "{failed:?}");
        assert!(!failed.what.is_empty() && !failed.what_to_do.is_empty() && failed.place.is_none());
        for secret in [PASSWORD, "equivocada"] {
            assert!(!format!("{failed:?}").contains(secret), "{failed:?}");
        }
    }
}

#[tokio::test]
async fn a_wrong_draft_names_its_field_and_nobody_is_asked() {
    let desk = Desk::with(SimulatorConfig::default()).await;
    let draft = desk.draft().with_text("time_zone", "Marte");
    let failed = desk.check(&draft, PASSWORD).await.unwrap_err();
    assert_eq!(failed.code, ErrorCode::BadConfig);
    assert_eq!(failed.place.unwrap().field.as_deref(), Some("time_zone"));
    assert!(desk.sim.ledger().requests.is_empty());
}

#[tokio::test]
async fn the_vendors_limit_is_kept_over_a_check_another_check_and_the_start() {
    let desk = Desk::with(SimulatorConfig::default()).await;
    desk.check(&desk.draft(), PASSWORD).await.unwrap();
    desk.check(&desk.draft(), PASSWORD).await.unwrap();
    let running = desk.start().await;
    let mut polls = running.context().sessions()[0].polls();
    desk.driven(polls.changed()).await.unwrap();
    let ledger = desk.sim.ledger();
    assert!(ledger.requests.len() >= 5, "{}", ledger.requests.len());
    assert!(ledger.closest_reading().unwrap() >= Duration::from_secs(4), "{:?}", ledger.closest_reading());
    desk.driven(running.stop()).await.unwrap();
}

#[tokio::test]
async fn a_check_beside_a_running_timbre_shares_its_limit() {
    let desk = Desk::with(SimulatorConfig::default()).await;
    let running = desk.start().await;
    let mut polls = running.context().sessions()[0].polls();
    desk.driven(polls.changed()).await.unwrap();
    let file = none(desk.dir.path());
    let checking = desk.checking(&file, running.limits());
    let password = Some(SecretString::from(PASSWORD));
    let found = desk.driven(check_account(&checking, Some("main"), &desk.draft(), password)).await.unwrap();
    assert!(found.username_is_endpoint);
    drop(checking);
    let ledger = desk.sim.ledger();
    assert!(ledger.closest_reading().unwrap() >= Duration::from_secs(4), "{:?}", ledger.closest_reading());
    desk.driven(running.stop()).await.unwrap();
}

#[tokio::test]
async fn a_data_folder_that_somebody_else_holds_is_told() {
    let desk = Desk::with(SimulatorConfig::default()).await;
    let running = desk.start().await;
    let failed = desk.check(&desk.draft(), PASSWORD).await.unwrap_err();
    assert_eq!(failed.code, ErrorCode::AlreadyRunning);
    desk.driven(running.stop()).await.unwrap();
}

fn connector(crm: &Crm) -> ConnectorDraft {
    ConnectorDraft {
        name: "crm".into(),
        file: "espocrm".into(),
        base_url: crm.base_url().trim_end_matches("api/v1/").to_owned(),
        ..ConnectorDraft::default()
    }
}

#[tokio::test]
async fn a_crm_is_tried_out_with_a_key_that_is_not_kept_yet() {
    let desk = Desk { kept: Some("another-key"), ..Desk::with(SimulatorConfig::default()).await };
    let crm = Crm::start(CrmConfig::default(), Arc::new(desk.clock.clone())).await.unwrap();
    let mut file = none(desk.dir.path());
    file.edit(&file.revision(), &[Edit::PutAccount { was: None, account: desk.draft() }]).unwrap();
    let checking = desk.checking(&file, Limits::Folder(desk.data()));
    let right = Some(SecretString::from(DEFAULT_API_KEY));
    let steps = desk.driven(check_connector(&checking, None, &connector(&crm), right)).await.unwrap();
    assert!(steps.len() > 2 && steps.iter().all(|step| step.problem.is_none()), "{steps:#?}");
    assert!(!format!("{steps:?}").contains(DEFAULT_API_KEY));
    let steps = desk.driven(check_connector(&checking, None, &connector(&crm), None)).await.unwrap();
    assert!(steps.first().unwrap().problem.is_some(), "{steps:#?}");

    let strange = ConnectorDraft { file: "nocrm".into(), ..connector(&crm) };
    let failed = desk.driven(check_connector(&checking, None, &strange, None)).await.unwrap_err();
    assert_eq!(failed.code, ErrorCode::BadConnector);
}

#[tokio::test]
async fn a_new_key_is_tried_out_and_not_what_was_given_for_the_old_one() {
    let trying = Trying {
        given: "crm".parse().unwrap(),
        secret: SecretString::from("new"),
        outdated: "crm-token".parse().ok(),
        others: Arc::new(Kept(Some("other"))),
    };
    let of = async |name: &str| {
        use secrecy::ExposeSecret as _;
        trying.password(&name.parse().unwrap()).await.ok().map(|secret| secret.expose_secret().to_owned())
    };
    assert_eq!(of("crm").await.as_deref(), Some("new"));
    assert_eq!(of("crm-token").await, None);
    assert_eq!(of("crm-client").await.as_deref(), Some("other"));
}

#[test]
fn what_a_connectors_file_refuses_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = none(folder.path());
    let account = AccountDraft { name: "main".into(), provider: "callmyway".into(), ..AccountDraft::default() };
    let account = account.with_text("base_url", "https://vendor.example").with_text("username", "8373456");
    let mut crm = ConnectorDraft {
        name: "crm".into(),
        file: "espocrm".into(),
        base_url: "https://crm.example".into(),
        ..ConnectorDraft::default()
    };
    crm.settings.insert("colour".into(), "red".into());
    let put_account = Edit::PutAccount { was: None, account };
    let put = |crm: &ConnectorDraft| [put_account.clone(), Edit::PutConnector { was: None, connector: crm.clone() }];
    let revision = file.revision();
    let failed = save(&mut file, &revision, &put(&crm), Language::Es).unwrap_err();
    assert_eq!(failed.code, ErrorCode::BadConfig);
    assert!(failed.detail.contains("colour") && !file.path().exists(), "{failed:?}");
    crm.settings.clear();
    let settings = save(&mut file, &revision, &put(&crm), Language::Es).unwrap();
    assert_eq!((settings.connectors.len(), file.path().exists()), (1, true));
    assert_eq!(save(&mut file, &revision, &[], Language::Es).unwrap_err().code, ErrorCode::SettingsChanged);
}

#[test]
fn a_form_can_be_made_for_every_connector_in_every_language() {
    for language in Language::ALL {
        for known in known_connectors(language) {
            assert!(!known.title.is_empty() && !known.settings.is_empty());
            for setting in &known.settings {
                let key = format!("connector.{}.{}", known.file, setting.name);
                for (part, told) in [("label", &setting.label), ("about", &setting.about)] {
                    assert_eq!(Catalogue::of(language).text(&format!("{key}.{part}")), told, "{language:?} {key}");
                }
            }
        }
    }
    let espocrm = known_connectors(Language::En).into_iter().find(|known| known.file == "espocrm").unwrap();
    let of = |name: &str| espocrm.settings.iter().find(|setting| setting.name == name).unwrap();
    assert_eq!((of("request_id_on").default.as_deref(), of("request_id_on").kind), (Some("Call"), SettingKind::Text));
    assert_eq!(
        (of("phones_in_lists").default.as_deref(), of("phones_in_lists").kind),
        (Some("false"), SettingKind::Truth)
    );
    assert!(espocrm.settings.iter().all(|setting| !setting.required));
}
