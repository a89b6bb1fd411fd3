//! What is read, and how: one file an area.

mod crm;
mod files;
mod local;
mod numbers;
mod vendors;

use std::path::{Path, PathBuf};

use crate::Target;

pub(crate) const ALL: &[Target] = &[
    Target { name: "live_answer", run: vendors::live_answer, seeds: vendors::live_answers },
    Target { name: "call_records", run: vendors::call_records, seeds: vendors::call_record_answers },
    Target { name: "endpoints", run: vendors::endpoints, seeds: vendors::endpoint_answers },
    Target { name: "dial_answer", run: vendors::dial_answer, seeds: vendors::dial_answers },
    Target { name: "formcall_order", run: vendors::formcall_order, seeds: vendors::formcall_orders },
    Target { name: "formcall_list", run: vendors::formcall_list, seeds: vendors::formcall_lists },
    Target { name: "csv", run: files::csv, seeds: files::tables },
    Target { name: "vcard", run: files::vcard, seeds: files::cards },
    Target { name: "phone_book", run: files::phone_book, seeds: files::phone_books },
    Target { name: "number", run: numbers::number, seeds: numbers::written },
    Target { name: "dial_link", run: numbers::dial_link, seeds: numbers::links },
    Target { name: "connector_file", run: crm::connector_file, seeds: crm::connector_files },
    Target { name: "template", run: crm::template, seeds: crm::templates },
    Target { name: "socket_line", run: local::socket_line, seeds: local::socket_lines },
    Target { name: "settings_file", run: local::settings_file, seeds: local::settings_files },
    Target { name: "redactor", run: local::redactor, seeds: local::redacted },
];

/// A file or folder of the project.
fn project(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(inside)
}

/// The files below a folder of the project with this ending, in the order of their names.
fn files_of(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(project(folder)).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .collect();
    paths.sort();
    paths.into_iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

fn bytes(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}
