//! WebKitGTK keeps its network process for as long as the program lives, even when no page is left
//! (<https://github.com/tauri-apps/tauri/issues/14626>): a quarter of what Timbre takes while it shows nothing. It is
//! ended then; WebKit starts another for the next page, as it does when one crashes.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpid, kill_process};
use tauri::{AppHandle, Manager as _};

/// How long no page must have been there: windows often go because others come.
const IDLE_FOR: Duration = Duration::from_secs(5);

/// As the kernel writes it, cut at fifteen letters.
const NAME: &str = "WebKitNetworkPr";

/// A window has gone: looks a little later whether any is left. Main thread only, on which no page can begin meanwhile.
pub(crate) fn window_gone(app: &AppHandle) {
    let app = app.clone();
    gtk::glib::timeout_add_local_once(IDLE_FOR, move || {
        if app.webview_windows().is_empty() {
            end();
        }
    });
}

fn end() {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let ours = pids.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        is_network_process_of(&stat, getpid())
    });
    for pid in ours.filter_map(Pid::from_raw) {
        match kill_process(pid, Signal::TERM) {
            Ok(()) => tracing::debug!("no page is left: the network process is ended"),
            Err(error) => tracing::warn!(%error, "the network process stays"),
        }
    }
}

fn is_network_process_of(stat: &str, parent: Pid) -> bool {
    // The name stands in parentheses: `PID (NAME) STATE PPID …`.
    let Some((front, rest)) = stat.rsplit_once(") ") else { return false };
    let name = front.split_once('(').map(|(_, name)| name);
    let of = rest.split(' ').nth(1).and_then(|ppid| ppid.parse::<i32>().ok()).and_then(Pid::from_raw);
    name == Some(NAME) && of == Some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_network_process_that_is_ours_is_ended() {
        let us = Pid::from_raw(7).unwrap();
        assert!(is_network_process_of("42 (WebKitNetworkPr) S 7 7 7 0 -1", us));
        assert!(!is_network_process_of("42 (WebKitNetworkPr) S 8 7 7 0 -1", us));
        assert!(!is_network_process_of("42 (WebKitWebProces) S 7 7 7 0 -1", us));
        assert!(!is_network_process_of("", us));
    }
}
