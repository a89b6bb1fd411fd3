//! A desktop with the app on it, the vendor, and whatever else a story needs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timbre_simulator::crm::{Access, ApiUser, Crm, CrmConfig, CustomField, DEFAULT_API_KEY, Role};
use timbre_simulator::{RealClock, RequestKind, Simulator, SimulatorConfig};
use timbre_tests::desktop::{
    App, Control, Keyring, Notifications, Portal, ScreenReader, SecretService, SettingsDaemon, Tray, TrayItem,
    VirtualDesktop, Wanted, Window, settings,
};
use timbre_tests::hasty;
use timbre_tests::story::{ENDPOINT, PASSWORD};

/// The vendor's rule and ours, made quick.
pub(crate) const INTERVAL: Duration = Duration::from_millis(200);
/// How long anything may take on a machine that is busy compiling.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// The pop-ups' titles begin so.
pub(crate) const POPUP: &str = "Timbre pop-up";
/// The dial window's title.
pub(crate) const DIAL: &str = "Timbre · dial";

/// Everything of ours. What the HTTP library writes at this level are the vendor's own bytes; nobody has it on in an office.
const LOG: &str = "info,timbre=trace,timbre_desktop=trace,timbre_engine=trace,timbre_store=trace,timbre_telephony=trace,\
                   timbre_wiring=trace,timbre_crm=trace,timbre_domain=trace";

/// Dispositions, as an organisation has them.
const DISPOSITIONS: &str = r#"
[[dispositions]]
code = "sale"
name = "Sale"
[[dispositions]]
code = "cash"
name = "Cash"
under = "sale"
[[dispositions]]
code = "later"
name = "Call later"
requires = ["comment"]
"#;

/// Preferences by which nothing pops up.
const NO_POPUPS: &str = r#"{"popup":{"incoming":false,"outgoing":false,"on_ring":false,"on_answer":false}}"#;

/// What a story needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Setting {
    /// A panel with a tray.
    pub(crate) tray: bool,
    /// Somebody who takes notifications.
    pub(crate) notices: bool,
    /// Somebody who reads the windows.
    pub(crate) reader: bool,
    pub(crate) keyring: Option<Keyring>,
    /// A CRM, and dispositions for the results that go to it.
    pub(crate) crm: bool,
    /// Two screens beside each other.
    pub(crate) two_screens: bool,
    /// Another size of the screen than 1280 × 800.
    pub(crate) screen: Option<(u16, u16)>,
    /// The theme and the size of text that a settings daemon tells, per cent.
    pub(crate) looks: Option<(&'static str, u32)>,
    /// A portal, which tells whether the person wants programs dark.
    pub(crate) portal: bool,
    pub(crate) env: &'static [(&'static str, &'static str)],
    /// No settings: Timbre runs for the first time.
    pub(crate) first_run: bool,
    /// Everything is logged that our own code can log.
    pub(crate) log: bool,
    /// The agent wants no pop-ups at all: no window waits for a call.
    pub(crate) no_popups: bool,
    /// What the agent chose before, as `preferences.json`.
    pub(crate) preferences: Option<&'static str>,
}

/// The order of the fields is that in which they go: the app must not outlive its display.
pub(crate) struct Office {
    pub(crate) app: App,
    pub(crate) reader: Option<ScreenReader>,
    pub(crate) tray: Option<Tray>,
    pub(crate) notices: Option<Notifications>,
    pub(crate) secrets: Option<SecretService>,
    pub(crate) looks: Option<SettingsDaemon>,
    pub(crate) portal: Option<Portal>,
    pub(crate) desktop: VirtualDesktop,
    pub(crate) sim: Simulator,
    pub(crate) crm: Option<Crm>,
    pub(crate) dir: TempDir,
}

impl Office {
    /// Everything is up, and the app has asked the vendor once.
    pub(crate) async fn open() -> Self {
        Self::open_as(Setting::default()).await
    }

    /// The same, with what the story needs besides.
    pub(crate) async fn open_as(setting: Setting) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = SimulatorConfig { reading_interval: INTERVAL, ..SimulatorConfig::default() };
        let sim = Simulator::start(config, Arc::new(RealClock::new())).await.unwrap();
        let crm = if setting.crm { Some(crm().await) } else { None };

        let home = dir.path().join("home");
        let mut desktop = match setting.two_screens {
            true => VirtualDesktop::start_with_screens(&home, &[(1280, 800), (1024, 768)]).unwrap(),
            false => {
                let (width, height) = setting.screen.unwrap_or((1280, 800));
                VirtualDesktop::start_sized(&home, width, height).unwrap()
            }
        };
        let looks = setting.looks.map(|(theme, text)| desktop.start_settings_daemon(theme, text).unwrap());
        let portal = setting.portal.then(|| desktop.start_portal().unwrap());
        let reader = setting.reader.then(|| desktop.start_screen_reader().unwrap());
        let tray = setting.tray.then(|| desktop.start_tray().unwrap());
        let notices = setting.notices.then(|| desktop.start_notifications().unwrap());
        let secrets = setting.keyring.map(|keyring| desktop.start_secret_service(keyring).unwrap());

        let at = dir.path().join("app");
        if let Some(preferences) = setting.preferences.or(setting.no_popups.then_some(NO_POPUPS)) {
            std::fs::create_dir_all(at.join("data")).unwrap();
            std::fs::write(at.join("data/preferences.json"), preferences).unwrap();
        }
        let app = if setting.first_run {
            let env: Vec<_> = [("LANG", "en_US.UTF-8")].iter().chain(setting.env).copied().collect();
            App::start_again(&desktop, &at, &env, &[]).unwrap()
        } else {
            std::fs::create_dir_all(&at).unwrap();
            let mut text = settings(&sim.base_url(), ENDPOINT, INTERVAL);
            if let Some(crm) = &crm {
                // What a real server may take in minutes.
                let hasty = hasty::espocrm(&[("timeout_s", "4"), ("settles_within_s", "5")]).unwrap();
                std::fs::write(at.join("espocrm.toml"), hasty).unwrap();
                text += DISPOSITIONS;
                let site = crm.base_url().trim_end_matches("api/v1/").to_owned();
                text += &format!(
                    "[[connectors]]\nname = \"crm\"\nfile = \"espocrm.toml\"\nbase_url = \"{site}\"\n\
                     sync_contacts = false\n[connectors.settings]\nrequest_id_field = \"cCtiRequestId\"\n"
                );
            }
            std::fs::write(at.join("timbre.toml"), text).unwrap();
            let mut env = vec![("TIMBRE_SECRET_MAIN", PASSWORD), ("TIMBRE_SECRET_CRM", DEFAULT_API_KEY)];
            env.extend(setting.env);
            if setting.log {
                env.push(("TIMBRE_LOG", LOG));
            }
            App::start_again(&desktop, &at, &env, &["--background"]).unwrap()
        };
        let mut office = Self { app, reader, tray, notices, secrets, looks, portal, desktop, sim, crm, dir };
        if !setting.first_run {
            office.asks_the_vendor().await;
            if !setting.no_popups {
                office.app.warm(SOON).unwrap();
            }
        }
        if office.tray.is_some() && !setting.first_run {
            // Told once keys are taken and everything is in its place.
            office.icon().entry(&["Ready"], SOON).unwrap();
        }
        office
    }

    /// Waits until the app has asked the vendor once.
    pub(crate) async fn asks_the_vendor(&self) {
        let live =
            |ledger: &timbre_simulator::Ledger| ledger.requests_of(RequestKind::Live).any(|ask| ask.answered.is_some());
        tokio::time::timeout(SOON, self.sim.wait_until(live)).await.expect("the app asks the vendor");
    }

    /// A contact, as the agent has it.
    pub(crate) fn knows(&self, name: &str, number: &str) {
        let mut add = self.app.timbrectl(&self.desktop);
        let added =
            add.args(["contacts", "add", "--name", name, "--phone", &format!("mobile={number}")]).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }

    /// The app's icon in the tray.
    pub(crate) fn icon(&mut self) -> TrayItem {
        let pid = self.app.pid();
        self.tray.as_ref().unwrap().item_of(pid, SOON).unwrap()
    }

    pub(crate) fn read(&mut self, wanted: &Wanted<'_>) -> Control {
        self.reader.as_mut().unwrap().find(wanted, SOON).unwrap()
    }

    /// Clicks on a part of a window, with the pointer.
    pub(crate) fn click_on(&mut self, wanted: &Wanted<'_>) {
        let (x, y) = self.read(wanted).centre();
        self.desktop.click(x, y).unwrap();
    }

    /// The hotkey brings the keyboard to the newest pop-up, and the disposition "Cash" is chosen by digits.
    pub(crate) fn chooses_cash(&mut self) {
        self.desktop.key("ctrl+shift+space").unwrap();
        self.desktop.wait_until_active(POPUP, SOON).unwrap();
        self.read(&Wanted { state: Some("focused"), ..Wanted::default() }.within(POPUP));
        self.desktop.key("1").unwrap();
        self.read(&Wanted::named("list item", "Cash").within(POPUP));
        self.desktop.key("1").unwrap();
        self.read(&Wanted::saying("Cash").within(POPUP));
    }

    pub(crate) fn popups(&self) -> Vec<Window> {
        self.desktop.windows().unwrap().into_iter().filter(|window| window.title.starts_with(POPUP)).collect()
    }

    /// Waits until the band of a pop-up has this colour on the screen.
    pub(crate) fn wait_for_band(&self, popup: &Window, colour: &str) {
        // In the margin left of the band's sign.
        let (x, y) = (popup.x + 6, popup.y + 28);
        let seen = self.desktop.wait_until(SOON, || self.desktop.colour(x, y).ok().filter(|seen| seen == colour));
        seen.unwrap_or_else(|error| panic!("{error}: the band is {:?}, not {colour}", self.desktop.colour(x, y)));
    }

    /// Chooses another theme and another size of text, per cent, for every program.
    pub(crate) fn looks(&self, theme: &str, text: u32) {
        self.desktop.choose_looks(self.looks.as_ref().unwrap(), theme, text).unwrap();
    }

    /// Waits until a point of the screen has this colour. It is asked for at each look: what it is of may have moved.
    pub(crate) fn wait_for_colour(&self, point: impl Fn(&Self) -> Option<(i32, i32)>, colour: &str) {
        let seen = || {
            let (x, y) = point(self)?;
            self.desktop.colour(x, y).ok()
        };
        let became = self.desktop.wait_until(SOON, || seen().filter(|seen| seen == colour));
        became.unwrap_or_else(|error| {
            self.picture("another-colour");
            panic!("{error}: {:?}, not {colour}, in {:?}", seen(), self.popups())
        });
    }

    /// Waits until the one pop-up there is has this width.
    pub(crate) fn wait_for_width(&self, width: i32) -> Window {
        let seen = self.desktop.wait_until(SOON, || self.popups().into_iter().find(|popup| popup.width == width));
        seen.unwrap_or_else(|error| panic!("{error}: the pop-ups are {:?}, none is {width} wide", self.popups()))
    }

    /// The numbers that the vendor was asked to dial.
    pub(crate) fn dialled(&self) -> usize {
        self.sim.ledger().requests_of(RequestKind::Dial).count()
    }

    /// Clicks the dial window's button until the vendor is asked: a click in the first moments, when the window may have come
    /// up under a finger that meant something else, does not count.
    pub(crate) fn dial_by_the_button(&mut self) {
        let (x, y) = self.read(&Wanted::named("push button", "Dial ⏎").within(DIAL)).centre();
        let dialled = self.desktop.wait_until(SOON, || {
            self.desktop.click(x, y).unwrap();
            (self.dialled() > 0).then_some(())
        });
        dialled.expect("the vendor is asked to dial");
    }

    /// Waits until the vendor was asked to place a call.
    pub(crate) async fn dials(&self) {
        let dialled = self.sim.wait_until(|ledger| ledger.requests_of(RequestKind::Dial).next().is_some());
        tokio::time::timeout(SOON, dialled).await.expect("the vendor is asked to dial");
    }

    /// Takes a picture of the screen; gives its file.
    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("desktop-tests");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        self.desktop.screenshot(&file).unwrap();
        file
    }
}

async fn crm() -> Crm {
    let mut connector = ApiUser::connector();
    connector.role = Role::connector().with("Contact", Access::WRITE);
    let config = CrmConfig {
        api_keys: [(DEFAULT_API_KEY.to_owned(), connector)].into(),
        custom_fields: [("Call".to_owned(), vec![CustomField::text("cCtiRequestId")])].into(),
        ..CrmConfig::default()
    };
    Crm::start(config, Arc::new(RealClock::new())).await.unwrap()
}
