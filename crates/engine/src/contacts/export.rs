//! All contacts, into a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use timbre_domain::error::ErrorCode;
use timbre_domain::interchange::FileFormat;

use super::import::absolute;
use crate::Context;
use crate::error::CommandError;

impl Context {
    pub(crate) async fn export_contacts(
        self: &Arc<Self>,
        path: PathBuf,
        format: Option<FileFormat>,
    ) -> Result<usize, CommandError> {
        absolute(&path)?;
        let format = format.unwrap_or_else(|| format_of(&path));
        let context = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            // As they are at this moment, whatever is imported meanwhile.
            let view = context.core.store.contacts_view()?;
            let mut writer = context.files.write(&path, format, &view.shape()?)?;
            let (mut count, mut last) = (0, None);
            loop {
                let page = view.after(last)?;
                let Some(end) = page.last() else { break };
                last = Some(end.id);
                for contact in &page {
                    writer.write(contact)?;
                }
                count += page.len();
            }
            writer.finish()?;
            Ok(count)
        });
        work.await.unwrap_or_else(|error| Err(CommandError::new(ErrorCode::FileAccess, error.to_string())))
    }
}

fn format_of(path: &Path) -> FileFormat {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some(ending) if ending.eq_ignore_ascii_case("vcf") => FileFormat::Vcard,
        _ => FileFormat::Csv,
    }
}
