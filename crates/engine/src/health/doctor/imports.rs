//! Imports of contacts: did each file come to its end?

use std::collections::HashSet;
use std::sync::Arc;

use timbre_store::ImportRecord;

use super::finding::{Check, findings};
use crate::Context;

/// So many are looked at; what was cut short longer ago was forgotten on purpose.
const LATEST: usize = 20;

findings! {
    /// What can be found of imports.
    Import in "import" {
        Finished = "finished" => Good,
        /// One is going on.
        GoesOn = "goes_on" => Good,
        CutShort = "cut_short" => Warning,
        /// The list could not be read.
        Unknown = "unknown" => Failed,
    }
}

pub(super) async fn check(context: &Arc<Context>) -> Option<Check> {
    let goes_on = context.importing.try_lock().is_err();
    match context.core.stored(|store| store.imports(LATEST)).await {
        Ok(imports) => of_imports(&imports, goes_on),
        Err(error) => Some(Check::of(Import::Unknown).because(error.code(), error.to_string())),
    }
}

/// `imports`, the last first. A file that was cut short and later came to its end is no matter any more.
fn of_imports(imports: &[ImportRecord], goes_on: bool) -> Option<Check> {
    if goes_on {
        return Some(Check::of(Import::GoesOn));
    }
    let mut seen = HashSet::new();
    let last_of_each = imports.iter().filter(|import| seen.insert((&import.file, &import.source)));
    // One that was taken back on purpose has nothing to come any more.
    let cut_short = last_of_each.into_iter().find(|import| import.finished_at.is_none() && import.undone_at.is_none());
    let (import, finding) = match cut_short {
        Some(import) => (import, Import::CutShort),
        None => (imports.first()?, Import::Finished),
    };
    let check = Check::of(finding).with("file", import.file.as_str()).with("rows", import.rows);
    Some(check.with("started_at", import.started_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(file: &str, finished: bool) -> ImportRecord {
        let at = "2026-03-02T14:00:00Z".parse().unwrap();
        let begun = ImportRecord::begun(file.into(), "csv".into(), at);
        ImportRecord { finished_at: finished.then_some(at), rows: 7, added: 7, ..begun }
    }

    fn found(imports: &[ImportRecord], goes_on: bool) -> Option<String> {
        of_imports(imports, goes_on).map(|check| check.finding)
    }

    #[test]
    fn an_import_that_was_cut_short_is_told_until_the_same_file_comes_to_its_end() {
        let cut_short = Some("import.cut_short".to_owned());
        assert_eq!(found(&[], false), None);
        assert_eq!(found(&[import("a", false)], false), cut_short);
        assert_eq!(found(&[import("b", true), import("a", false)], false), cut_short);
        let again = [import("a", true), import("a", false)];
        assert_eq!(found(&again, false).as_deref(), Some("import.finished"));
        assert_eq!(found(&[import("a", false)], true).as_deref(), Some("import.goes_on"));
    }
}
