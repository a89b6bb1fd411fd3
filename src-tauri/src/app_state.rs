//! What every window, the tray and the notifications work with: the engine, as far as it has come, and the ways to the
//! windows.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tauri::{AppHandle, Manager, WebviewWindow};
use timbre_domain::disposition::Requirement;
use timbre_domain::error::ErrorCode;
use timbre_domain::popup::PopupPolicy;
use timbre_domain::ports::Clock;
use timbre_domain::preferences::Preferences;
use timbre_domain::refusal::Refusal;
use timbre_domain::status::{Status, WindowBootstrap};
use timbre_domain::texts::{Catalogue, Language};
use timbre_engine::api::Command;
use timbre_engine::{CommandError, Context};
use timbre_platform::secrets::Secrets;
use timbre_wiring::setup::Limits;
use tokio::sync::{broadcast, mpsc, watch};

use crate::commands::{PageEvent, events};
use crate::hotkeys::NotHad;
use crate::popup;
use crate::popup::pool::{Event, Slot};

/// How long pages may take to keep what is being written. The data is local; a slow disk, or a database that another program
/// holds, takes its time all the same.
const FLUSHES_WITHIN: Duration = Duration::from_secs(3);

/// How many answers of pages may wait to be read.
const ANSWERS: usize = 64;

/// How far the engine has come.
#[derive(Clone)]
pub(crate) enum EngineState {
    Starting,
    /// There is no account yet.
    NotSetUp,
    /// It can't start as things are.
    Broken(ErrorCode, String),
    /// It runs; an engine that only shows pop-ups has no context.
    Running(Option<(Arc<Context>, Limits)>),
}

/// What the supervisor of the engine is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Stop the engine and start it with the settings as they are now; where that fails, the person who changed them is
    /// told.
    Restart,
    /// The first run is done: the same, and the main window opens.
    Begin,
    /// The same, and nobody waits for it.
    StartAgain,
    /// The same, because the database is damaged: it is healed by a start.
    Heal,
    /// Stop the engine and end, unless the agent wants to stay because something typed can't be kept.
    Quit,
    /// Stop the engine and end: the system says so, and nobody can be asked.
    End,
}

/// Where what happens is put down for the windows; never blocks.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Inner>);

struct Inner {
    popups: Sender<(Event, Instant)>,
    engine: watch::Sender<EngineState>,
    asks: mpsc::UnboundedSender<Ask>,
    data_dir: Option<PathBuf>,
    config: Option<PathBuf>,
    secrets: Arc<Secrets>,
    trials: tokio::sync::RwLock<()>,
    clock: Arc<dyn Clock>,
    /// The last status told, for windows that come later.
    status: Mutex<Status>,
    keys_not_had: Mutex<Vec<NotHad>>,
    /// What pages say they could not keep, each with its window's label.
    left: broadcast::Sender<(String, Vec<String>)>,
    app: std::sync::OnceLock<AppHandle>,
}

impl AppState {
    pub(crate) fn new(
        popups: Sender<(Event, Instant)>,
        asks: mpsc::UnboundedSender<Ask>,
        data_dir: Option<PathBuf>,
        config: Option<PathBuf>,
        secrets: Arc<Secrets>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let engine = watch::Sender::new(EngineState::Starting);
        let (status, keys_not_had, app) = (Mutex::default(), Mutex::default(), std::sync::OnceLock::new());
        Self(Arc::new(Inner {
            popups,
            engine,
            asks,
            data_dir,
            config,
            secrets,
            trials: Default::default(),
            clock,
            status,
            keys_not_had,
            left: broadcast::Sender::new(ANSWERS),
            app,
        }))
    }

    /// The windows are there.
    pub(crate) fn opens(&self, app: AppHandle) {
        // It opens once.
        let _ = self.0.app.set(app);
    }

    pub(crate) fn app(&self) -> Option<&AppHandle> {
        self.0.app.get()
    }

    pub(crate) fn post(&self, event: Event) {
        // Nobody listens only when the program is about to end.
        let _ = self.0.popups.send((event, Instant::now()));
    }

    /// What a pop-up's page says about its own window.
    pub(crate) fn post_of(&self, window: &WebviewWindow, event: impl FnOnce(Slot) -> Event) {
        if let Some(slot) = popup::slot(window.label()) {
            self.post(event(slot));
        }
    }

    pub(crate) fn ask(&self, ask: Ask) {
        // The supervisor is gone only when the program is about to end.
        let _ = self.0.asks.send(ask);
    }

    pub(crate) fn data_dir(&self) -> Option<&PathBuf> {
        self.0.data_dir.as_ref()
    }

    pub(crate) fn config(&self) -> Option<&PathBuf> {
        self.0.config.as_ref()
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    pub(crate) fn engine_is(&self, state: EngineState) {
        self.0.engine.send_replace(state);
    }

    pub(crate) fn engine(&self) -> EngineState {
        self.0.engine.borrow().clone()
    }

    pub(crate) fn context(&self) -> Option<Arc<Context>> {
        match &*self.0.engine.borrow() {
            EngineState::Running(running) => running.as_ref().map(|(context, _)| context.clone()),
            _ => None,
        }
    }

    /// The vendors' limits: the running engine's, or what the data folder remembers.
    pub(crate) fn limits(&self) -> Option<Limits> {
        match &*self.0.engine.borrow() {
            EngineState::Running(Some((_, limits))) => Some(limits.clone()),
            // It is about to hold the folder itself.
            EngineState::Starting => None,
            _ => self.0.data_dir.clone().map(Limits::Folder),
        }
    }

    /// Held while something is tried out with the vendors' limits: the engine does not stop meanwhile.
    pub(crate) fn trials(&self) -> &tokio::sync::RwLock<()> {
        &self.0.trials
    }

    pub(crate) fn secrets(&self) -> &Arc<Secrets> {
        &self.0.secrets
    }

    /// Has the engine do something.
    pub(crate) async fn execute<C: Command>(&self, command: C) -> Result<C::Output, Refusal> {
        let Some(context) = self.context() else {
            let (code, detail) = match self.engine() {
                EngineState::Broken(code, detail) => (code, detail),
                _ => (ErrorCode::Stopping, "the engine does not run".to_owned()),
            };
            return Err(self.refusal(CommandError::new(code, detail)));
        };
        context.execute(command).await.map_err(|error| self.refusal(error))
    }

    /// An error in the agent's words.
    pub(crate) fn refusal(&self, error: CommandError) -> Refusal {
        tracing::info!(code = error.code.as_str(), place = error.place, "refused");
        let texts = Catalogue::of(self.language());
        let of_crm = error.is_of_crm();
        let refusal = Refusal::new(texts, error.code, error.place, error.detail)
            .because(texts, error.reason.as_ref())
            .saying(texts, error.said.as_ref());
        if of_crm { refusal.in_crm_words(texts) } else { refusal }
    }

    /// What the agent chose.
    pub(crate) fn preferences(&self) -> Preferences {
        match self.context() {
            Some(context) => context.preferences(),
            None => self.0.data_dir.as_deref().map(timbre_engine::runtime::preferences::load).unwrap_or_default(),
        }
    }

    /// A part of the shell ended badly: told as the engine's own parts are.
    pub(crate) fn component_failed(&self, name: &'static str) {
        if let Some(context) = self.context() {
            context.component_failed(name);
        }
    }

    /// A part of the shell runs again.
    pub(crate) fn component_runs(&self, name: &'static str) {
        if let Some(context) = self.context() {
            context.component_runs(name);
        }
    }

    /// These keys that work in every program could not be had the last time.
    pub(crate) fn keys_not_had(&self, not_had: Vec<NotHad>) {
        *self.0.keys_not_had.lock().unwrap_or_else(PoisonError::into_inner) = not_had;
    }

    fn keys_refused(&self) -> Vec<Refusal> {
        let texts = Catalogue::of(self.language());
        let not_had = self.0.keys_not_had.lock().unwrap_or_else(PoisonError::into_inner);
        not_had.iter().map(|one| one.refusal(texts)).collect()
    }

    /// The language to speak.
    pub(crate) fn language(&self) -> Language {
        match self.context() {
            Some(context) => context.language(),
            // Nothing was chosen yet: as the session speaks.
            None => self.preferences().language.unwrap_or_else(system_language),
        }
    }

    /// What every window must know before it shows anything.
    pub(crate) fn bootstrap(&self) -> WindowBootstrap {
        let (set_up, trouble) = match self.engine() {
            EngineState::NotSetUp => (false, None),
            EngineState::Broken(code, detail) => (true, Some(self.refusal(CommandError::new(code, detail)))),
            EngineState::Starting | EngineState::Running(_) => (true, None),
        };
        let bare = WindowBootstrap {
            language: self.language(),
            platform: std::env::consts::OS.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            set_up,
            trouble,
            dispositions: Default::default(),
            result_fields: Vec::new(),
            identities: Vec::new(),
            currency: None,
            country: "CR".to_owned(),
            offers: Vec::new(),
            has_crm: false,
            preferences: self.preferences(),
            keys_not_had: self.keys_refused(),
            popup: PopupPolicy::default(),
        };
        let Some(context) = self.context() else { return bare };
        let settings = context.settings();
        let mut identities = settings.identities.clone();
        if let Some(usual) = &bare.preferences.identity {
            identities.sort_by_key(|identity| identity.label != *usual);
        }
        let mut result_fields = Vec::new();
        for requirement in settings.dispositions.all().iter().flat_map(|one| &one.requires) {
            if let Requirement::Field(name) = requirement
                && !result_fields.contains(name)
            {
                result_fields.push(name.clone());
            }
        }
        WindowBootstrap {
            dispositions: settings.dispositions.clone(),
            result_fields,
            identities,
            currency: settings.accounts.iter().find_map(|account| account.currency().map(str::to_owned)),
            country: settings.country.to_string(),
            offers: context.capabilities(),
            has_crm: !settings.connectors.is_empty(),
            popup: context.popup_policy(),
            ..bare
        }
    }

    /// Tells every window what it must know anew.
    pub(crate) fn publish_bootstrap(&self) {
        let bootstrap = self.bootstrap();
        let Some(app) = self.app() else { return };
        for label in app.webview_windows().into_keys() {
            self.tell(&label, events::bootstrap(&bootstrap));
        }
    }

    /// Has every page keep what is being written; gives what is typed and could not be kept, as it was typed.
    pub(crate) async fn flush(&self) -> Vec<String> {
        let Some(app) = self.app() else { return Vec::new() };
        let labels = app.webview_windows().into_keys().filter(|label| events::flush(&()).is_heard_by(label));
        self.flush_windows(labels.collect()).await
    }

    /// The same for these windows.
    pub(crate) async fn flush_windows(&self, labels: BTreeSet<String>) -> Vec<String> {
        let (mut answers, mut waiting, mut left) = (self.0.left.subscribe(), labels, Vec::new());
        for label in &waiting {
            self.tell(label, events::flush(&()));
        }
        let deadline = self.clock().elapsed() + FLUSHES_WITHIN;
        while !waiting.is_empty() {
            tokio::select! {
                answer = answers.recv() => match answer {
                    Ok((label, of_page)) => if waiting.remove(&label) { left.extend(of_page) },
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                () = self.clock().sleep_until(deadline) => {
                    // Drafts are kept as they are typed: a page that hangs holds what was typed last, at most.
                    tracing::warn!(windows = ?waiting, "pages did not say whether everything is kept");
                    break;
                }
            }
        }
        left
    }

    /// A page has kept what it could.
    pub(crate) fn page_left(&self, label: &str, left: Vec<String>) {
        // Nobody waits for a page that was not asked, or that answers too late.
        let _ = self.0.left.send((label.to_owned(), left));
    }

    /// Tells a window something, where it is open.
    pub(crate) fn tell<T: serde::Serialize + Clone>(&self, label: &str, event: PageEvent<'_, T>) {
        if let Some(app) = self.app()
            && let Err(error) = event.emit(app, label)
        {
            tracing::error!(%error, window = label, "a window was not told");
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.0.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn remember_status(&self, status: Status) {
        *self.0.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }
}

/// The session's language, as the system says.
fn system_language() -> Language {
    sys_locale::get_locale().map(|locale| Language::of_locale(&locale)).unwrap_or_default()
}
