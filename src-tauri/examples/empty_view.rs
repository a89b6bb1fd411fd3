//! A window with an empty page and nothing else, as plain WebKitGTK gives it: the bench's yardstick for what of Timbre's
//! memory is the web view's own. `lean`: with the environment that Timbre gives itself. `closed`: the view goes again, as
//! the pop-ups do when none is wanted; the window stays, empty.

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use gtk::prelude::{ContainerExt as _, WidgetExt as _};
    use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebView, WebViewExt};

    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    if asked("lean") {
        timbre_desktop::environment::settle()?;
    }
    gtk::init()?;
    let view = WebView::new();
    if let Some(settings) = WebViewExt::settings(&view) {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
    view.load_html("<!doctype html><title>Empty</title>", None);
    let window = gtk::Window::new(gtk::WindowType::Toplevel);
    window.add(&view);
    window.show_all();
    if asked("closed") {
        gtk::glib::timeout_add_seconds_local_once(2, move || window.remove(&view));
    }
    gtk::main();
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
