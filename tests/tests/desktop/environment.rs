//! What the programs inherit that Timbre starts: web views, and whatever opens a page.

use std::collections::BTreeMap;
use std::fs;

use crate::office::{Office, Setting};

/// Each process with its parent, as the system has them now.
fn parents() -> BTreeMap<u32, u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name before it may hold anything.
            Some((pid, stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?))
        })
        .collect()
}

fn below(pid: u32, parents: &BTreeMap<u32, u32>) -> Vec<u32> {
    let children = parents.iter().filter(|(_, parent)| **parent == pid).map(|(child, _)| *child);
    children.flat_map(|child| std::iter::once(child).chain(below(child, parents))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_program_that_timbre_starts_inherits_a_secret_and_timbre_itself_shows_none() {
    let mut office = Office::open_as(Setting::default()).await;
    let pid = office.app.pid();
    let all: Vec<u32> = std::iter::once(pid).chain(below(pid, &parents())).collect();
    assert!(all.len() > 1, "a web view has a process of its own: {all:?}");
    let mut looked_at = 0;
    for pid in all {
        // One that ended meanwhile has nothing to show.
        let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else { continue };
        looked_at += usize::from(!environment.is_empty());
        let names: Vec<_> = environment
            .split(|byte| *byte == 0)
            .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
            .filter(|(name, _)| name.starts_with("TIMBRE_SECRET_"))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, Vec::<&str>::new(), "process {pid}");
    }
    assert!(looked_at > 1);
    // The password came to Timbre all the same.
    office.asks_the_vendor().await;
}
