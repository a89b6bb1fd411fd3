//! Certificates to trust beside the system's, from a file that an administrator names: a vendor may offer one of its own.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Certificate;
use timbre_domain::error::ErrorCode;
use timbre_domain::session::{Severity, VendorCheck, VendorChecks};
use x509_parser::pem::Pem;

/// Before a certificate expires, an administrator has so long to replace it.
const WARNED_BEFORE: TimeDelta = TimeDelta::days(30);

/// The certificates of one file.
pub struct ExtraCa {
    file: PathBuf,
    certificates: Vec<Certificate>,
    /// When the first of them expires, UTC; nothing where the file can't be read.
    expires_at: Option<DateTime<Utc>>,
    /// Why the file can't be read, in English.
    fault: Option<String>,
}

impl ExtraCa {
    /// Reads the file; nothing where none is named. A file that can't be read trusts nobody and is told by the check: it must
    /// not keep the other accounts from working.
    #[must_use]
    pub fn named(file: &str) -> Option<Self> {
        (!file.is_empty()).then(|| {
            let file = Path::new(file);
            match read(file) {
                Ok((certificates, expires_at)) => {
                    Self { file: file.to_owned(), certificates, expires_at: Some(expires_at), fault: None }
                }
                Err(fault) => {
                    tracing::error!(file = %file.display(), fault, "the extra certificates can't be read");
                    Self { file: file.to_owned(), certificates: Vec::new(), expires_at: None, fault: Some(fault) }
                }
            }
        })
    }

    /// The certificates, for an HTTP client.
    #[must_use]
    pub fn certificates(&self) -> Vec<Certificate> {
        self.certificates.clone()
    }
}

fn read(file: &Path) -> Result<(Vec<Certificate>, DateTime<Utc>), String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    let certificates = Certificate::from_pem_bundle(&bytes).map_err(|error| error.to_string())?;
    let expiries = Pem::iter_from_buffer(&bytes).map(|pem| {
        let pem = pem.map_err(|error| error.to_string())?;
        let certificate = pem.parse_x509().map_err(|error| error.to_string())?;
        let expires = certificate.validity().not_after.timestamp();
        DateTime::from_timestamp(expires, 0).ok_or_else(|| "a certificate has no end".to_owned())
    });
    let first = expiries.collect::<Result<Vec<_>, String>>()?.into_iter().min();
    let first = first.ok_or_else(|| "there is no certificate in it".to_owned())?;
    Ok((certificates, first))
}

#[async_trait]
impl VendorChecks for ExtraCa {
    async fn examine(&self, now: DateTime<Utc>) -> Vec<VendorCheck> {
        let file = self.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (name, severity, code) = match self.expires_at {
            None => ("extra_ca.unreadable", Severity::Failed, Some(ErrorCode::FileAccess)),
            Some(at) if at <= now => ("extra_ca.expired", Severity::Failed, None),
            Some(at) if at - now <= WARNED_BEFORE => ("extra_ca.expires_soon", Severity::Warning, None),
            Some(_) => ("extra_ca.valid", Severity::Good, None),
        };
        let mut values = [("file", file)].into_iter().collect::<std::collections::BTreeMap<_, _>>();
        if let Some(at) = self.expires_at {
            values.insert("expires_at", at.to_rfc3339());
        }
        if let Some(fault) = &self.fault {
            values.insert("fault", fault.clone());
        }
        vec![VendorCheck { name, severity, values, code }]
    }
}
