//! Wayland lets no program place its own windows or keep them on top; through XWayland both work.

/// Starts this program anew with GTK on X11, where the session is Wayland with an X server beside it and nobody chose
/// otherwise with `GDK_BACKEND`. Comes back when there is nothing to do.
///
/// A variable of the own process can't be set safely once there may be threads, hence the new start.
///
/// # Errors
/// When the program could not be started anew; it may go on as it is.
#[cfg(target_os = "linux")]
pub fn prefer() -> std::io::Result<()> {
    use std::os::unix::process::CommandExt;

    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !set("WAYLAND_DISPLAY") || !set("DISPLAY") || set("GDK_BACKEND") {
        return Ok(());
    }
    let mut args = std::env::args_os();
    let mut anew = std::process::Command::new(std::env::current_exe()?);
    if let Some(name) = args.next() {
        anew.arg0(name);
    }
    Err(anew.args(args).env("GDK_BACKEND", "x11").exec())
}

/// Nothing to do here.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn prefer() -> std::io::Result<()> {
    Ok(())
}
