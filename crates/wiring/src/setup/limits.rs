//! The limits that a trial keeps: those of vendors and CRMs count for everything that shares them.

use std::path::PathBuf;
use std::sync::Arc;

use timbre_crm::Limiters;
use timbre_domain::ports::Clock;
use timbre_engine::runtime::store_work::StoreWork;
use timbre_store::DataFolder;
use timbre_telephony::throttle::Throttles;

use crate::{StartError, open_store};

/// The limits that a trial keeps. It is dropped before the Timbre that it came from is stopped.
#[derive(Clone)]
pub enum Limits {
    /// Those of a running Timbre.
    Running {
        /// Of the telephony vendors.
        throttles: Arc<Throttles>,
        /// The limits that are set by the CRMs.
        limiters: Arc<Limiters>,
    },
    /// Nobody runs on this data folder: it remembers when a vendor was last asked, and will remember that it was asked now.
    Folder(PathBuf),
}

/// The limits, held for as long as somebody asks.
pub(super) struct Open {
    pub(super) throttles: Arc<Throttles>,
    folder: Option<(DataFolder, StoreWork)>,
}

impl Limits {
    pub(super) async fn open(&self, clock: &Arc<dyn Clock>) -> Result<Open, StartError> {
        match self {
            Self::Running { throttles, .. } => Ok(Open { throttles: throttles.clone(), folder: None }),
            Self::Folder(data_dir) => {
                let (folder, store, opened) = open_store(data_dir, clock.as_ref()).await?;
                if opened.set_aside.is_some() {
                    tracing::error!("the database was damaged: it was set aside, and what was typed was brought back");
                }
                let store = StoreWork::new(Arc::new(store));
                let throttles = Arc::new(Throttles::new(clock.clone(), Arc::new(store.clone())));
                Ok(Open { throttles, folder: Some((folder, store)) })
            }
        }
    }

    pub(super) fn limiters(&self) -> Arc<Limiters> {
        match self {
            Self::Running { limiters, .. } => limiters.clone(),
            Self::Folder(_) => Arc::default(),
        }
    }
}

impl Open {
    /// Lets go of the data folder, so that Timbre can start on it.
    pub(super) async fn close(self) {
        let Self { throttles, folder } = self;
        drop(throttles);
        let Some((folder, store)) = folder else { return };
        // On its own, so that the folder is held until the database is closed even where nobody waits for that.
        let closed = tokio::spawn(async move {
            let closed = store.close().await;
            drop(folder);
            closed
        });
        if let Ok(Err(error)) = closed.await {
            tracing::warn!(%error, "the database was not closed cleanly");
        }
    }
}
