//! The CRMs of the settings, each with its adapter.

use std::sync::Arc;

use timbre_crm::{BUILT_IN, Connector, ConnectorSettings as CrmSettings, Declarative, Limiters};
use timbre_domain::error::{ErrorCode, PortError};
use timbre_domain::ports::{Clock, CrmConnector, SecretStore};
use timbre_engine::crm::connector::ConnectorHandle;
use timbre_settings::{ConnectorFile, ConnectorSettings, Settings};
use timbre_store::Store;

use crate::StartError;
use timbre_platform::clock::SystemClock;
use timbre_platform::secrets::Secrets;

/// A handle for each CRM of the settings, stopped where the last run left it stopped.
pub(crate) fn handles(
    settings: &Settings,
    store: &Store,
    secrets: &Arc<dyn SecretStore>,
    clock: &Arc<dyn Clock>,
    limiters: &Limiters,
) -> Result<Vec<Arc<ConnectorHandle>>, StartError> {
    let mut handles = Vec::with_capacity(settings.connectors.len());
    for connector in &settings.connectors {
        let adapter = adapter(connector, settings, secrets, clock, limiters)?;
        handles.push(Arc::new(ConnectorHandle::new(connector.clone(), adapter, store)?));
    }
    Ok(handles)
}

/// Reads and checks the files of all connectors and what the settings say for them, so that a mistake is reported before
/// anything starts. Nothing is sent.
///
/// # Errors
/// [`ErrorCode::BadConnector`] with file, line and reason; [`ErrorCode::BadConfig`] for a setting that a file knows not.
pub fn check(settings: &Settings) -> Result<(), PortError> {
    settings.connectors.iter().try_for_each(|connector| {
        check_one(connector, settings)
            .map_err(|error| PortError { detail: format!("connector {}: {}", connector.name, error.detail), ..error })
    })
}

/// The same for one connector.
pub(crate) fn check_one(connector: &ConnectorSettings, settings: &Settings) -> Result<(), PortError> {
    let secrets: Arc<dyn SecretStore> = Arc::new(Secrets::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    adapter(connector, settings, &secrets, &clock, &Limiters::default()).map(drop)
}

pub(crate) fn adapter(
    connector: &ConnectorSettings,
    settings: &Settings,
    secrets: &Arc<dyn SecretStore>,
    clock: &Arc<dyn Clock>,
    limiters: &Limiters,
) -> Result<Arc<dyn CrmConnector>, PortError> {
    let of_file = CrmSettings {
        name: connector.name.clone(),
        base_url: connector.base_url.clone(),
        file: file(connector)?,
        values: connector.values.clone(),
        country: settings.country,
        proxy: settings.proxy.clone(),
    };
    Ok(Arc::new(Declarative::sharing(of_file, secrets.clone(), clock.clone(), limiters)?))
}

fn file(connector: &ConnectorSettings) -> Result<Connector, PortError> {
    let bad = |detail: String| PortError::new(ErrorCode::BadConnector, detail);
    let (text, name) = match &connector.file {
        ConnectorFile::BuiltIn(name) => {
            let file = format!("{name}.toml");
            let found = BUILT_IN.iter().find(|(known, _)| *known == file);
            let (_, text) = found.ok_or_else(|| {
                let known: Vec<_> = BUILT_IN.iter().map(|(name, _)| name.trim_end_matches(".toml")).collect();
                bad(format!(
                    "connector {}: no file named {name:?} comes with Timbre; there are: {}. A file of yours ends in .toml",
                    connector.name,
                    known.join(", ")
                ))
            })?;
            ((*text).to_owned(), file)
        }
        ConnectorFile::Path(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path)
                .map_err(|error| bad(format!("{name}: the file can't be read: {error}")).caused_by(error))?;
            (text, name)
        }
    };
    Connector::load(&text, &name).map_err(|error| bad(error.to_string()).caused_by(error))
}
