//! The environment that the windows' libraries read when they start: chosen once, by starting this program anew with it.
//!
//! A variable of the own process can't be set safely once there may be threads, hence the new start.

#[cfg(target_os = "linux")]
use crate::{memory, xwayland};

/// What whoever starts Timbre where no window can be shown is told.
pub const NO_DISPLAY: &str = "Timbre needs a display for its windows, and this session has none (neither DISPLAY nor \
                              WAYLAND_DISPLAY is set). `timbrectl watch` follows calls without windows.";

/// Whether windows can be shown at all.
#[must_use]
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Starts this program anew where a variable is missing that it had better run with, or one holds a secret that nothing which
/// this program starts is to inherit; nobody's own choice is changed. Comes back when there is nothing to do.
///
/// # Errors
/// When the program could not be started anew; it may go on as it is.
#[cfg(unix)]
pub fn settle() -> std::io::Result<()> {
    use std::os::unix::process::CommandExt;

    use timbre_platform::secrets::environment as handed_over;

    #[cfg(target_os = "linux")]
    let missing = missing(xwayland::is_wanted(), |name| std::env::var_os(name).is_some());
    #[cfg(not(target_os = "linux"))]
    let missing: [(&str, &str); 0] = [];
    let mut args = std::env::args_os();
    let mut anew = std::process::Command::new(std::env::current_exe()?);
    if !handed_over::hand_over(&mut anew)? && missing.is_empty() {
        handed_over::take_over();
        return Ok(());
    }
    if let Some(name) = args.next() {
        anew.arg0(name);
    }
    Err(anew.args(args).envs(missing).exec())
}

/// The variables that are wanted and not set to anything yet.
#[cfg(target_os = "linux")]
fn missing(on_wayland: bool, is_set: impl Fn(&str) -> bool) -> Vec<(&'static str, &'static str)> {
    let wanted = xwayland::WANTED.into_iter().filter(|_| on_wayland).chain(memory::WANTED);
    wanted.filter(|(name, _)| !is_set(name)).collect()
}

/// Nothing to do here.
///
/// # Errors
/// Never.
#[cfg(not(unix))]
pub fn settle() -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn started_anew_nothing_is_missing_so_that_it_is_not_started_a_third_time() {
        let first = missing(true, |_| false);
        assert!(first.contains(&("GDK_BACKEND", "x11")));
        assert_eq!(missing(true, |name| first.iter().any(|(set, _)| *set == name)), []);
    }

    #[test]
    fn what_somebody_chose_stays_and_x11_is_chosen_on_wayland_alone() {
        let chosen = missing(false, |name| name == "JSC_useJIT");
        assert!(chosen.iter().all(|(name, _)| !["JSC_useJIT", "GDK_BACKEND"].contains(name)), "{chosen:?}");
    }
}
