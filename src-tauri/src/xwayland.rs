//! Wayland lets no program place its own windows or keep them on top; through XWayland both work.

pub(crate) const WANTED: [(&str, &str); 1] = [("GDK_BACKEND", "x11")];

/// Whether the session is Wayland with an X server beside it.
pub(crate) fn is_wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    set("WAYLAND_DISPLAY") && set("DISPLAY")
}
