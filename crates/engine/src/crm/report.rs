//! How the CRMs are, for people; trying one out, and going on with one that was stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use timbre_domain::crm::{ConnectorAbout, ConnectorTest, CrmUser, TestStep};
use timbre_domain::error::ErrorCode;
use timbre_domain::name::ConnectorName;
use timbre_domain::outbox::{Problem, RecordKind};
use timbre_settings::ConnectorFile;
use timbre_store::OutboxCounts;

use crate::Context;
use crate::crm::connector::{ConnectorHandle, ConnectorHealth};
use crate::error::CommandError;

/// A CRM and how it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectorReport {
    /// What it is and can do.
    #[serde(flatten)]
    pub about: ConnectorAbout,
    /// The file that describes it: the name of one that comes with Timbre, or a path.
    pub file: String,
    /// What the settings file says for it.
    pub values: BTreeMap<String, String>,
    /// Whether it can be asked.
    pub state: ConnectorHealth,
    /// How many records stand where.
    pub outbox: OutboxCounts,
    /// The kinds of record that are not sent, because the CRM would not find them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldKind>,
}

/// A kind of record that is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldKind {
    pub kind: RecordKind,
    pub why: Problem,
}

impl Context {
    pub(crate) async fn connectors(&self) -> Result<Vec<ConnectorReport>, CommandError> {
        let mut connectors = Vec::with_capacity(self.connectors.len());
        let mut counts = self.core.stored(timbre_store::Store::outbox_counts_of_all).await?;
        for crm in self.connectors.iter() {
            let outbox = counts.remove(crm.name()).unwrap_or_default();
            connectors.push(ConnectorReport {
                about: crm.connector.about().clone(),
                file: match &crm.settings.file {
                    ConnectorFile::BuiltIn(name) => name.clone(),
                    ConnectorFile::Path(path) => path.display().to_string(),
                },
                values: crm.settings.values.clone(),
                state: crm.condition(),
                outbox,
                held: crm.kinds().held().into_iter().map(|(kind, why)| HeldKind { kind, why }).collect(),
            });
        }
        Ok(connectors)
    }

    /// Tries a CRM out. A person asked, so that it is asked although it was stopped; where the sign-in works again, it
    /// goes on.
    pub(crate) async fn test_connector(
        &self,
        name: &ConnectorName,
        test: ConnectorTest,
    ) -> Result<Vec<TestStep>, CommandError> {
        let crm = self.crm(name)?;
        let steps: Vec<TestStep> = crm.connector.test(&test).await;
        crm.learns_of_kinds(&self.core, &steps).await;
        let went_well = steps.first().is_some_and(|step| step.problem.is_none() && step.status.is_some());
        if went_well && matches!(crm.condition(), ConnectorHealth::Stopped { .. }) {
            crm.resumes(&self.core).await?;
        }
        Ok(steps)
    }

    /// A person says that the sign-in is right now.
    pub(crate) async fn resume_connector(&self, name: &ConnectorName) -> Result<CrmUser, CommandError> {
        let crm = self.crm(name)?;
        let user = crm
            .connector
            .sign_in()
            .await
            .map_err(|error| CommandError::new(error.code, error.detail).at("connector"))?;
        crm.resumes(&self.core).await?;
        crm.outbox_changed.notify_one();
        crm.sync_wanted.notify_one();
        Ok(user)
    }

    /// The CRMs that take contacts from here.
    pub(crate) fn crms_for_contacts(&self) -> Vec<ConnectorName> {
        let takes = |crm: &&Arc<ConnectorHandle>| {
            crm.settings.push_contacts && crm.connector.about().abilities.records.contains(&RecordKind::Contact)
        };
        self.connectors.iter().filter(takes).map(|crm| crm.name().clone()).collect()
    }

    pub(crate) fn crm(&self, name: &ConnectorName) -> Result<Arc<ConnectorHandle>, CommandError> {
        self.connectors.iter().find(|crm| crm.name() == name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.connectors.iter().map(|crm| crm.name().as_str()).collect();
            let detail = match known.as_slice() {
                [] => "the settings file names no CRM: add a [[connectors]] section".to_owned(),
                known => format!("no such connector; there are: {}", known.join(", ")),
            };
            CommandError::new(ErrorCode::NotFound, detail).at("connector")
        })
    }
}
