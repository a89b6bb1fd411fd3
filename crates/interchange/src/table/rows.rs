//! The rows of a table, one by one.

use std::path::Path;

use timbre_domain::interchange::{
    ChosenBy, ColumnNote, ColumnNoteKind, ContactDraft, ContactReader, FileError, FileLayout, FileRow, ProblemKind,
    RowProblem, Target,
};

use super::cell::{looks_like_email, looks_like_phone, tidy, unprotected};
use super::columns;
use super::plan::Plan;
use super::split::{Record, Splitter};
use crate::charset::{Charset, UTF8};
use crate::source::{Source, UTF8_MARK};
use crate::trouble::{bad_file, bad_request, of_io, problem};

/// Reads a table's rows.
pub(crate) struct Rows {
    splitter: Splitter<Source>,
    plan: Plan,
    header: Option<Record>,
    record: Record,
    row: u64,
    /// What was decoded from another encoding shows what could not be by U+FFFD.
    decoded: bool,
    /// A contact may go on in rows that have nothing of who it is.
    continued: bool,
    ended: bool,
    /// Columns that nobody knows, with how many of their values look like telephones and like addresses.
    unknown: Vec<(usize, u64, u64)>,
}

/// How many values of a column tell what it holds.
const TELLING: usize = 200;

/// The first values of columns, wherever in the file they stand.
pub(super) fn values_of(path: &Path, layout: &FileLayout, wanted: &[usize]) -> Result<Vec<Vec<String>>, FileError> {
    let mut rows = Rows::open(path, layout)?;
    let mut values: Vec<Vec<String>> = vec![Vec::new(); wanted.len()];
    while values.iter().any(|values| values.len() < TELLING) && rows.advance()? {
        for (at, values) in wanted.iter().zip(&mut values) {
            let value = String::from_utf8_lossy(rows.record.value(*at));
            if values.len() < TELLING && !value.trim().is_empty() {
                values.push(value.into_owned());
            }
        }
        if rows.record.open_quote.is_some() {
            break;
        }
    }
    Ok(values)
}

impl Rows {
    pub(crate) fn open(path: &Path, layout: &FileLayout) -> Result<Self, FileError> {
        let charset = Charset::of(&layout.encoding)?;
        let delimiter = layout.delimiter.and_then(|c| u8::try_from(c).ok()).filter(u8::is_ascii);
        let delimiter = delimiter.ok_or_else(|| bad_request("a table needs a delimiter of ASCII"))?;
        let mut splitter = Splitter::new(Source::open(path, charset)?, delimiter);
        splitter.skip_separator_line().map_err(|error| of_io(&error))?;
        let mut record = Record::default();
        for _ in 0..layout.rows_above {
            splitter.next(&mut record).map_err(|error| of_io(&error))?;
        }
        let header = layout.header && splitter.next(&mut record).map_err(|error| of_io(&error))?;
        if record.open_quote.is_some() && header {
            return Err(open_header());
        }
        Ok(Self {
            splitter,
            plan: Plan::new(layout),
            header: header.then(|| std::mem::take(&mut record)),
            record,
            row: 0,
            decoded: charset != UTF8,
            continued: layout.program == "odoo",
            ended: false,
            unknown: unknown(layout),
        })
    }

    fn advance(&mut self) -> Result<bool, FileError> {
        loop {
            if !self.splitter.next(&mut self.record).map_err(|error| of_io(&error))? {
                return Ok(false);
            }
            // A spreadsheet shows blank lines as rows.
            self.row += 1 + self.record.blank_before;
            let one = self.record.len() == 1 && self.plan.width() > 1 && self.record.open_quote.is_none();
            let says = self.record.bytes().trim_ascii();
            // Programs that come from DOS end a file with Ctrl-Z.
            if says != b"\x1a" && !(one && says.is_empty()) {
                return Ok(true);
            }
        }
    }

    fn row(&mut self) -> FileRow {
        let read = match self.refused() {
            Some(problem) => Err(problem),
            None => match std::str::from_utf8(self.record.bytes()) {
                Ok(whole) if self.record.splits(whole) && !(self.decoded && whole.contains('\u{fffd}')) => {
                    let record = &self.record;
                    let value = |column: usize| record.text_of(whole, column);
                    for (at, phones, emails) in &mut self.unknown {
                        let value = tidy(value(*at));
                        *phones += u64::from(looks_like_phone(value));
                        *emails += u64::from(looks_like_email(value));
                    }
                    let mut draft = if self.plan.own {
                        let plain: Vec<_> = (0..record.len()).map(|at| unprotected(value(at).trim())).collect();
                        self.plan.draft(|at| plain.get(at).map(|cell| &**cell).unwrap_or_default())
                    } else {
                        self.plan.draft(value)
                    };
                    // A program may leave out the empty values at the end of a row.
                    if record.len() < self.plan.width() {
                        draft.problems.push(self.count_of_values());
                    }
                    Ok(draft)
                }
                _ => Err(self.not_in_the_encoding()),
            },
        };
        FileRow { row: self.row, line: self.record.line, read }
    }

    /// What is wrong with the record as a whole.
    fn refused(&self) -> Option<RowProblem> {
        let record = &self.record;
        let in_column = |kind, at: usize, detail: &str| Some(problem(kind, self.plan.column(at), detail));
        if let Some(at) = record.open_quote {
            return in_column(ProblemKind::CutShort, at, "a quote is opened here and never closed");
        }
        if let Some(at) = record.too_long {
            return in_column(ProblemKind::TooLong, at, "the value is longer than 64 KiB");
        }
        let (has, wants) = (record.len(), self.plan.width());
        if has < wants && record.unended {
            let detail = format!("the file ends inside this row, with {has} of {wants} values");
            return Some(problem(ProblemKind::CutShort, None, detail));
        }
        if (wants..has).any(|at| !record.value(at).trim_ascii().is_empty()) {
            return Some(self.count_of_values());
        }
        if record.bytes().contains(&0) {
            let at = (0..has).find(|at| record.value(*at).contains(&0)).unwrap_or_default();
            return in_column(ProblemKind::Malformed, at, "there are zero bytes in the value");
        }
        if let Some(at) = record.behind_quote {
            return in_column(ProblemKind::Malformed, at, "something stands behind the closing quote");
        }
        self.header
            .as_ref()
            .is_some_and(|header| (0..wants).all(|at| header.value(at) == unmarked(record.value(at))))
            .then(|| problem(ProblemKind::Malformed, None, "this is the header again"))
    }

    fn count_of_values(&self) -> RowProblem {
        let (has, wants) = (self.record.len(), self.plan.width());
        problem(ProblemKind::Columns, None, format!("the row has {has} values where the file has {wants} columns"))
    }

    fn not_in_the_encoding(&self) -> RowProblem {
        let good = |at: usize| {
            std::str::from_utf8(self.record.value(at)).is_ok_and(|text| !(self.decoded && text.contains('\u{fffd}')))
        };
        let at = (0..self.record.len()).find(|at| !good(*at)).unwrap_or_default();
        problem(ProblemKind::Encoding, self.plan.column(at), "the value is not written in the file's encoding")
    }
}

/// Odoo writes the second and every further tag of a contact into a row that has nothing else.
fn says_nobody(draft: &ContactDraft) -> bool {
    let ContactDraft { external_id, name, company, phones, emails, .. } = draft;
    external_id.is_none() && name.is_empty() && company.is_empty() && phones.is_empty() && emails.is_empty()
}

/// The columns that are kept as fields because nobody knows them, but for those whose numbers are no telephones.
fn unknown(layout: &FileLayout) -> Vec<(usize, u64, u64)> {
    let columns = layout.columns.iter().enumerate();
    let unknown = columns.filter(|(_, column)| {
        column.by == ChosenBy::Nobody
            && matches!(column.target, Target::Field(_))
            && !columns::is_of_other_numbers(&column.name)
    });
    unknown.map(|(at, _)| (at, 0, 0)).collect()
}

/// A file put behind another brings its byte order mark along.
fn unmarked(value: &[u8]) -> &[u8] {
    value.strip_prefix(UTF8_MARK).unwrap_or(value)
}

/// What names the columns can't be told from what follows it.
pub(super) fn open_header() -> FileError {
    bad_file(Some("line 1"), "a quote is opened in the header and never closed")
}

impl ContactReader for Rows {
    fn next_row(&mut self) -> Option<Result<FileRow, FileError>> {
        while !self.ended {
            match self.advance() {
                Ok(true) => {
                    // Whatever an open quote swallowed can't be told from what follows it.
                    self.ended = self.record.open_quote.is_some();
                    let row = self.row();
                    // A spreadsheet writes its empty rows too.
                    let passed_over = |draft: &ContactDraft| {
                        let says = ContactDraft { problems: Vec::new(), ..draft.clone() };
                        says == ContactDraft::default() || self.continued && says_nobody(draft)
                    };
                    if !row.read.as_ref().is_ok_and(passed_over) {
                        return Some(Ok(row));
                    }
                }
                Ok(false) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }

    fn bytes_read(&self) -> u64 {
        self.splitter.input().bytes_read()
    }

    fn column_notes(&self) -> Vec<ColumnNote> {
        let note = |at: usize, kind, values| ColumnNote {
            column: self.plan.column(at).unwrap_or_default().to_owned(),
            kind,
            values,
        };
        let told = self.unknown.iter().flat_map(|(at, phones, emails)| {
            let phones = (*phones > 0).then(|| note(*at, ColumnNoteKind::LooksLikePhones, *phones));
            let emails = (*emails > 0).then(|| note(*at, ColumnNoteKind::LooksLikeEmails, *emails));
            phones.into_iter().chain(emails)
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use timbre_domain::interchange::{ContactDraft, ReadOptions};
    use timbre_domain::ports::ContactFiles as _;

    use super::*;
    use crate::Files;

    fn read(text: &[u8]) -> Vec<FileRow> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).unwrap();
        let layout = Files.inspect(&path, &ReadOptions::default()).unwrap();
        let mut rows = Rows::open(&path, &layout).unwrap();
        std::iter::from_fn(|| rows.next_row()).map(Result::unwrap).collect()
    }

    fn drafts(text: &str) -> Vec<ContactDraft> {
        read(text.as_bytes()).into_iter().map(|row| row.read.unwrap()).collect()
    }

    fn kinds(text: &str) -> Vec<(u64, u64, Option<ProblemKind>)> {
        read(text.as_bytes())
            .into_iter()
            .map(|row| (row.row, row.line, row.read.err().map(|problem| problem.kind)))
            .collect()
    }

    #[test]
    fn rows_and_lines_are_counted_as_a_spreadsheet_and_an_editor_show_them() {
        assert_eq!(
            kinds("Name,Phone\r\nAna,\"1\r\n2\"\r\n\r\nBea,2\r\n   \r\nEva,3"),
            [(1, 2, None), (3, 5, None), (5, 7, None)]
        );
        assert_eq!(kinds("sep=;\r\nNombre;Teléfono\r\nAna;1\r\n"), [(1, 3, None)]);
        assert_eq!(kinds("Clientes\r\n\r\nNombre;Teléfono\r\nAna;1\r\n\x1a"), [(1, 4, None)]);
    }

    #[test]
    fn empty_cells_too_many_are_no_matter_and_values_are() {
        use ProblemKind::{Columns, CutShort};
        assert_eq!(
            kinds("Name,Phone\nAna,1,,\nBea,2,x\nEva\nIda"),
            [(1, 2, None), (2, 3, Some(Columns)), (3, 4, None), (4, 5, Some(CutShort))]
        );
        let short = read(b"Name,Phone,Note\nEva,8888-1234\n").remove(0).read.unwrap();
        assert_eq!((short.name.as_str(), short.phones.len(), short.problems[0].kind), ("Eva", 1, Columns));
        assert_eq!(kinds("Name,Phone,\nAna,1\nBea,2,\n"), [(1, 2, None), (2, 3, None)]);
    }

    #[test]
    fn a_second_file_behind_the_first_is_noticed() {
        let twice = "\u{feff}Name,Phone\nAna,1\n\u{feff}Name,Phone\nBea,2\n";
        assert_eq!(kinds(twice), [(1, 2, None), (2, 3, Some(ProblemKind::Malformed)), (3, 4, None)]);
    }

    #[test]
    fn what_stands_behind_an_open_quote_is_not_read() {
        assert_eq!(kinds("Name,Phone\nAna,1\nBea,\"2\nEva,3\n"), [(1, 2, None), (2, 3, Some(ProblemKind::CutShort))]);
    }

    #[test]
    fn a_quote_that_swallows_a_large_file_is_told_at_its_row() {
        let text = "Name,Phone\nAna,\"".to_owned() + &"x,y\n".repeat(600_000);
        assert_eq!(kinds(&text), [(1, 2, Some(ProblemKind::CutShort))]);
    }

    #[test]
    fn a_quote_left_open_in_the_header_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, "Name,\"Phone\nAna,1\n").unwrap();
        let error = Files.inspect(&path, &ReadOptions::default()).unwrap_err();
        assert_eq!((error.code.as_str(), error.place.as_deref()), ("bad_file", Some("line 1")));
    }

    #[test]
    fn a_second_column_that_says_otherwise_is_kept() {
        let drafts =
            drafts("Record ID,Phone Number,Company name,Associated Company\n1,2222-3333,Acme,Sol\n2,2222-3334,,Sol\n");
        assert_eq!((drafts[0].company.as_str(), drafts[0].fields["Associated Company"].as_str()), ("Acme", "Sol"));
        assert_eq!((drafts[1].company.as_str(), drafts[1].fields.len()), ("Sol", 0));
    }

    #[test]
    fn two_columns_named_alike_are_not_added_up() {
        let drafts =
            drafts("First Name,First Name,Last Name,Phone\nAna,Ana,Rojas,1\nBea,Beatriz,Solís,2\n,Eva,Mora,3\n");
        assert_eq!(
            drafts.iter().map(|draft| draft.name.as_str()).collect::<Vec<_>>(),
            ["Ana Rojas", "Bea Solís", "Eva Mora"]
        );
        assert_eq!(drafts[1].fields["First Name (2)"], "Beatriz");
        assert!(drafts[0].fields.is_empty() && drafts[2].fields.is_empty());
    }

    #[test]
    fn a_column_whose_first_telephones_stand_far_below_is_one_of_telephones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let filling = "x".repeat(1_000);
        let late = |row: u32| if row < 400 { String::new() } else { format!("8888-{row:04}") };
        let rows: String = (0..900).map(|row| format!("Ana {row},{filling},{}\n", late(row))).collect();
        std::fs::write(&path, format!("Nombre,Nota,Contactabilidad\n{rows}")).unwrap();
        let layout = Files.inspect(&path, &ReadOptions::default()).unwrap();
        assert_eq!(
            (layout.columns[2].target.to_string().as_str(), layout.columns[2].by),
            ("phone:other", ChosenBy::Content)
        );
    }

    #[test]
    fn telephones_in_a_column_that_nobody_knows_are_counted_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        let rows: String = (0..40)
            .map(|row| {
                if row % 4 == 0 {
                    format!("Ana,8888-{row:04},\n")
                } else {
                    format!("Ana,nota {row},a{row}@x.example y\n")
                }
            })
            .collect();
        std::fs::write(&path, format!("Nombre,Varios,Cédula\n{rows}")).unwrap();
        let layout = Files.inspect(&path, &ReadOptions::default()).unwrap();
        let mut reader = Files.read(&path, &layout).unwrap();
        while reader.next_row().is_some() {}
        let notes = reader.column_notes();
        assert_eq!(notes, [ColumnNote { column: "Varios".into(), kind: ColumnNoteKind::LooksLikePhones, values: 10 }]);
    }

    #[test]
    fn yes_or_no_is_read_and_what_is_neither_is_kept() {
        let drafts = drafts("Name,Phone,Do Not Call\nAna,1,Sí\nBea,2,\nEva,3,mornings\n");
        assert_eq!(drafts.iter().map(|draft| draft.do_not_call).collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(drafts[2].fields["Do Not Call"], "mornings");
        assert_eq!(drafts[2].problems[0].kind, ProblemKind::NotYesOrNo);
    }
}
