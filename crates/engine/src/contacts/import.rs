//! Importing a file of contacts: one thread reads and understands, one writes; memory stays bounded, calls go first.
//!
//! Every stretch of rows is one transaction with the record of how far the import came, so after whatever ends it, all
//! rows up to the one the record names are there and none behind it. The same file again brings the rest and changes
//! nothing that is there already.

mod reading;
mod report;
mod undo;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use timbre_domain::contact::Contact;
use timbre_domain::error::ErrorCode;
use timbre_domain::identity::MergeRule;
use timbre_domain::interchange::{
    ChosenBy, ColumnNote, FileError, FileLayout, ProblemKind, ReadOptions, RowProblem, Target,
};
use timbre_store::{ImportRecord, ImportRow, MergeNote, Store, StoreError, Trial};

use crate::Context;
use crate::api::event::{Event, ImportProgress};
use crate::error::CommandError;
use reading::{Findings, GROUP, Reading, Rows};
use report::ReportFile;
use timbre_settings::claim;

/// Groups of rows that may wait for the writing thread.
const WAITING: usize = 16;
/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_millis(200);
/// Contacts that a trial shows.
const SAMPLE: usize = 5;
/// Merges that stand in the answer; the record has the count of all.
const MERGES: usize = 100;

/// What is to be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRequest {
    /// The file: an absolute path.
    pub path: PathBuf,
    /// What is known of it.
    #[serde(default)]
    pub options: ReadOptions,
    /// Where its contacts come from; the program that wrote it where left out.
    #[serde(default)]
    pub source: Option<String>,
    /// When a row without a known id is a contact of ours.
    #[serde(default)]
    pub rule: MergeRule,
    /// Only say what would become of it.
    #[serde(default)]
    pub dry_run: bool,
    /// A file for every row that was refused and why: CSV, replaced if it is there.
    #[serde(default)]
    pub report: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// How the file was read.
    pub layout: FileLayout,
    /// The count of rows.
    pub record: ImportRecord,
    /// Whether nothing was kept.
    pub dry_run: bool,
    /// An earlier import of a file of this name that was cut short.
    pub earlier: Option<ImportRecord>,
    /// What was wrong with rows, the first hundred.
    pub problems: Vec<RowNote>,
    /// What was wrong with rows, counted by kind.
    pub problem_counts: BTreeMap<String, u64>,
    /// What is to be told of columns.
    #[serde(default)]
    pub column_notes: Vec<ColumnNote>,
    /// Rows that were taken for a contact which was there, or which came from a row before: the first hundred.
    #[serde(default)]
    pub merges: Vec<MergeNote>,
    /// The first contacts, of a trial.
    pub sample: Vec<Contact>,
    /// What the columns were taken for was saved for the next time.
    pub mapping_saved: bool,
}

/// What was wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowNote {
    /// Its number: the first below the header is 1.
    pub row: u64,
    /// The line of the file it begins on.
    pub line: u64,
    /// Whether the row was not taken; else it was, but for what the problem names.
    #[serde(default)]
    pub refused: bool,
    #[serde(flatten)]
    pub problem: RowProblem,
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        Self { place: error.place, ..Self::new(error.code, error.detail) }
    }
}

/// Imports a file. Dropped before its end, it stops at the next row.
pub(crate) async fn import(context: &Arc<Context>, request: ImportRequest) -> Result<ImportReport, CommandError> {
    // One at a time, to the end of its threads: `imports` tells how far each came.
    let turn = context.importing.clone().lock_owned().await;
    let stop = Arc::new(AtomicBool::new(false));
    let _guard = StopOnDrop(stop.clone());
    let context = context.clone();
    let file = file_name(&request.path);
    let work = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        Import::prepare(&context, request, stop)?.run()
    });
    match work.await {
        Ok(done) => done.map_err(|error| in_file(&file, error)),
        // Only a panic or the end of the runtime leads here.
        Err(error) => {
            Err(StoreError::File { what: "the import was cut short", source: std::io::Error::other(error) }.into())
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Names the file, unless the error is about something else.
fn in_file(file: &str, error: CommandError) -> CommandError {
    if !matches!(error.code, ErrorCode::BadFile | ErrorCode::FileAccess | ErrorCode::BadRequest) {
        return error;
    }
    let place = match &error.place {
        // About the report, not about the file.
        Some(place) if place == "report" => return error,
        Some(place) => format!("{file}, {place}"),
        None => file.to_owned(),
    };
    error.at(place)
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

struct Import {
    context: Arc<Context>,
    request: ImportRequest,
    layout: FileLayout,
    record: ImportRecord,
    earlier: Option<ImportRecord>,
    merges: Vec<MergeNote>,
    stop: Arc<AtomicBool>,
    bytes: Arc<AtomicU64>,
}

impl Import {
    fn prepare(
        context: &Arc<Context>,
        mut request: ImportRequest,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, CommandError> {
        let store = context.core.store.as_ref();
        if let Some(report) = &request.report {
            apart(report, &request.path)?;
        }
        let mut layout = context.files.inspect(&request.path, &request.options)?;
        if let Some(key) = &layout.header_key
            && request.options.saved_mapping.is_empty()
            && let Some(saved) = store.setting::<BTreeMap<String, Target>>(&mapping_setting(key))?
        {
            request.options.saved_mapping = saved;
            layout = context.files.inspect(&request.path, &request.options)?;
        }
        claim(&context.core.settings.contact_fields, &mut layout);
        let file = file_name(&request.path);
        // Ids of a list that no program is known to write count for files of its name alone.
        let source = request.source.clone().unwrap_or_else(|| match layout.program.as_str() {
            "csv" => format!("csv:{file}"),
            program => program.to_owned(),
        });
        let last = store.imports(50)?.into_iter().find(|earlier| earlier.file == file && earlier.source == source);
        let record = ImportRecord::begun(file, source, context.core.clock.now());
        Ok(Self {
            context: context.clone(),
            request,
            layout,
            record,
            // One that was taken back brought nothing that another could complete.
            earlier: last.filter(|earlier| earlier.finished_at.is_none() && earlier.undone_at.is_none()),
            merges: Vec::new(),
            stop,
            bytes: Arc::default(),
        })
    }

    fn run(mut self) -> Result<ImportReport, CommandError> {
        let reader = self.context.files.read(&self.request.path, &self.layout)?;
        let report = self.request.report.as_deref().map(ReportFile::begin).transpose()?;
        if !self.request.dry_run {
            self.context.core.store.save_import(&self.record)?;
        }
        let (send, receive) = sync_channel(WAITING);
        let (give_back, given_back) = channel();
        let reading = Reading {
            reader,
            country: self.context.core.settings.country,
            source: self.record.source.clone(),
            stop: self.stop.clone(),
            bytes: self.bytes.clone(),
            sample: if self.request.dry_run { SAMPLE } else { 0 },
            findings: Findings { report, ..Findings::default() },
            ids: HashSet::new(),
            given_back,
        };
        let (written, read) = std::thread::scope(|scope| {
            let reading = scope.spawn(move || reading.run(&send));
            let written = self.write(receive, give_back);
            if written.is_err() {
                self.stop.store(true, Ordering::Relaxed);
            }
            (written, reading.join())
        });
        let Ok((mut findings, read)) = read else {
            return Err(CommandError::new(ErrorCode::BadFile, "reading the file was cut short"));
        };
        written?;
        if let Some(report) = findings.report.take() {
            report.finish()?;
        }
        read.map_err(|error| self.cut_short(error))?;
        self.finish(findings)
    }

    /// Says how far it came: an error in the middle of a file leaves the rows before it in.
    fn cut_short(&self, error: FileError) -> CommandError {
        let rows = self.record.rows;
        let detail = match self.request.dry_run {
            true => error.detail,
            false => format!("{}; rows 1 to {rows} were worked off, none behind them", error.detail),
        };
        CommandError { place: error.place, ..CommandError::new(error.code, detail) }
    }

    fn write(
        &mut self,
        receive: Receiver<Vec<ImportRow>>,
        give_back: Sender<Vec<ImportRow>>,
    ) -> Result<(), CommandError> {
        let mut rows = Rows {
            receive,
            group: Vec::new().into_iter(),
            done: Vec::with_capacity(GROUP),
            give_back,
            ended: false,
            stop: self.stop.clone(),
        };
        // A trial does all of it, on a copy that nobody else sees: what it says is what would become of it.
        let mut trial: Option<Trial> = self.request.dry_run.then(|| self.context.core.store.trial()).transpose()?;
        let mut told = self.context.core.clock.elapsed();
        while !rows.ended {
            let now = self.context.core.clock.now();
            let mut telling = Telling { import: &self.progress(now), context: &self.context, told: &mut told };
            let (bytes, first) = (self.bytes.clone(), self.record.rows);
            let is_trial = trial.is_some();
            let mut count = 0;
            let mut next = |done: Option<ImportRow>| {
                rows.take_back(done);
                let row = rows.next();
                count += 1;
                if !is_trial {
                    telling.now_and_then(first + count, &bytes);
                }
                row
            };
            let merges = &mut self.merges;
            // What a stretch told that was not kept in the end is told once.
            let mut merged = |note: MergeNote| {
                if merges.len() < MERGES && !merges.iter().any(|known| known.row == note.row) {
                    merges.push(note);
                }
            };
            let rule = self.request.rule;
            match &mut trial {
                Some(trial) => trial.import_rows(&mut self.record, &mut next, rule, now, &mut merged)?,
                None => {
                    let store = &self.context.core.store;
                    store.import_rows_noting(&mut self.record, &mut next, rule, now, &mut merged)?
                }
            };
            if self.stop.load(Ordering::Relaxed) && !rows.ended {
                return Ok(());
            }
        }
        Ok(())
    }

    fn progress(&self, at: DateTime<Utc>) -> ImportProgress {
        ImportProgress {
            at,
            import: self.record.id,
            file: self.record.file.clone(),
            rows: self.record.rows,
            bytes: self.bytes.load(Ordering::Relaxed),
            total_bytes: self.layout.bytes,
            finished: false,
        }
    }

    fn finish(mut self, findings: Findings) -> Result<ImportReport, CommandError> {
        let Findings { problems, counts: problem_counts, sample, column_notes, .. } = findings;
        let mut mapping_saved = false;
        // A file that was cut short has more rows somewhere: importing the whole one brings the rest.
        let cut_short = problem_counts.contains_key(ProblemKind::CutShort.as_str());
        if self.request.dry_run && !self.stop.load(Ordering::Relaxed) {
            self.record.finished_at = (!cut_short).then(|| self.context.core.clock.now());
        }
        if !self.request.dry_run && !self.stop.load(Ordering::Relaxed) {
            let now = self.context.core.clock.now();
            self.record.finished_at = (!cut_short).then_some(now);
            self.context.core.store.save_import(&self.record)?;
            mapping_saved = self.save_mapping(&self.context.core.store)?;
            self.context.core.bus.publish(Event::Import(ImportProgress { finished: true, ..self.progress(now) }));
            // A file that was read once may be gone.
            self.context.database.back_up.notify_one();
        }
        Ok(ImportReport {
            layout: self.layout,
            record: self.record,
            dry_run: self.request.dry_run,
            earlier: self.earlier,
            problems,
            problem_counts,
            column_notes,
            merges: self.merges,
            sample,
            mapping_saved,
        })
    }

    /// What a person said of the columns is remembered for files with the same header.
    fn save_mapping(&self, store: &Store) -> Result<bool, StoreError> {
        let Some(key) = &self.layout.header_key else { return Ok(false) };
        if self.request.options.mapping.is_empty() {
            return Ok(false);
        }
        let by_person =
            |column: &&timbre_domain::interchange::ColumnUse| matches!(column.by, ChosenBy::Hand | ChosenBy::Saved);
        let mapping: BTreeMap<String, Target> = self
            .layout
            .columns
            .iter()
            .filter(by_person)
            .map(|column| (column.name.clone(), column.target.clone()))
            .collect();
        store.set_setting(&mapping_setting(key), &mapping)?;
        Ok(true)
    }
}

fn mapping_setting(header_key: &str) -> String {
    format!("import_mapping:{header_key}")
}

struct Telling<'a> {
    import: &'a ImportProgress,
    context: &'a Context,
    told: &'a mut Duration,
}

impl Telling<'_> {
    fn now_and_then(&mut self, rows: u64, bytes: &AtomicU64) {
        // Asking the clock for every row would cost more than many rows do.
        if !rows.is_multiple_of(512) {
            return;
        }
        let now = self.context.core.clock.elapsed();
        if now.saturating_sub(*self.told) >= TOLD_EVERY {
            *self.told = now;
            let bytes = bytes.load(Ordering::Relaxed);
            self.context.core.bus.publish(Event::Import(ImportProgress { rows, bytes, ..self.import.clone() }));
        }
    }
}

/// The report must not take the place of the file it reports on.
fn apart(report: &Path, file: &Path) -> Result<(), CommandError> {
    absolute(report)?;
    let same =
        |a: &Path, b: &Path| std::fs::canonicalize(a).is_ok_and(|a| std::fs::canonicalize(b).is_ok_and(|b| a == b));
    if same(report, file) {
        let detail = "the report would take the place of the file that is imported";
        return Err(CommandError::new(ErrorCode::BadRequest, detail).at("report"));
    }
    Ok(())
}

/// An absolute path, or an error that says so: the engine may run in another folder than whoever asks.
pub(crate) fn absolute(path: &Path) -> Result<(), CommandError> {
    if path.is_absolute() {
        return Ok(());
    }
    Err(CommandError::new(ErrorCode::BadRequest, "the path must be absolute").at("path"))
}
