//! Whether this desktop shows a tray at all.

/// Whether something shows the icons of programs. Only Linux desktops may have nothing of the kind (GNOME without its
/// extension): there a StatusNotifierWatcher with a host is asked for on the session bus. It may block for a moment.
#[cfg(target_os = "linux")]
pub(crate) fn is_there() -> bool {
    let asked = || -> zbus::Result<bool> {
        let bus = zbus::blocking::Connection::session()?;
        let watcher = zbus::blocking::Proxy::new(
            &bus,
            "org.kde.StatusNotifierWatcher",
            "/StatusNotifierWatcher",
            "org.kde.StatusNotifierWatcher",
        )?;
        watcher.get_property("IsStatusNotifierHostRegistered")
    };
    asked().unwrap_or_else(|error| {
        tracing::info!(%error, "no tray answers");
        false
    })
}

/// Windows and macOS always show one.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_there() -> bool {
    true
}
