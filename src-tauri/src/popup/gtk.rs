//! What GTK and WebKitGTK want to be told besides what Tauri tells them. Main thread only, but for [`resize`].

use std::time::Duration;

use ::gtk::glib::object::Cast;
use ::gtk::prelude::{ContainerExt, GtkWindowExt, WidgetExt};
use tauri::{AppHandle, Manager, WebviewWindow, WebviewWindowBuilder, Wry};
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebView, WebViewExt};

use super::place::Rect;

/// How long a window and the page in it may take to a new size.
const TAKES_ITS_SIZE_WITHIN: Duration = Duration::from_millis(250);
/// How often it is given its size before it keeps the one it has.
const TRIES: u32 = 4;

/// Lets a window share the web process of those there are: 65 MB less for each.
pub(crate) fn beside<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    app: &AppHandle,
) -> tauri::Result<WebviewWindowBuilder<'a, Wry, AppHandle>> {
    let any = app.webview_windows().into_values().next();
    Ok(match any.as_ref().map(view).transpose()?.flatten() {
        Some(view) => builder.with_related_view(view),
        None => builder,
    })
}

/// Raises a window and gives it the keyboard. A window manager grants that to a request that is not older than what the
/// person did last: it carries the server's time of now.
pub(crate) fn present(window: &WebviewWindow) -> tauri::Result<()> {
    let of = window.clone();
    window.run_on_main_thread(move || match of.gtk_window() {
        Ok(window) => {
            window.set_accept_focus(true);
            let now = window.window().and_then(|window| window.downcast::<gdkx11::X11Window>().ok());
            match now {
                Some(of) => window.present_with_time(gdkx11::functions::x11_get_server_time(&of)),
                None => window.present(),
            }
        }
        Err(error) => tracing::error!(%error, "a window can't be given the keyboard"),
    })
}

/// The windows are still text. With the graphics card's help the first one of the day comes five times later (on a machine
/// that has none: 350 ms instead of 70).
pub(crate) fn paint_plainly(window: &WebviewWindow) -> tauri::Result<()> {
    if let Some(settings) = view(window)?.as_ref().and_then(WebViewExt::settings) {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
    Ok(())
}

/// GTK gives a window that can't be resized the size its content asks for, and a web view asks for the size it has: such a
/// window grows and never shrinks. So it counts as one that can be until it has the size it is given. Not for longer: a few
/// pixels along the edges would be taken for handles.
pub(super) fn resize(window: &WebviewWindow, to: Rect, scale: f64) -> tauri::Result<()> {
    let logical = |physical: i32| (f64::from(physical) / scale).round() as i32;
    let (width, height) = (logical(to.width), logical(to.height));
    let resized = window.clone();
    window.run_on_main_thread(move || match resized.gtk_window() {
        Ok(window) => {
            window.set_size_request(width, height);
            take_size(window, (width, height), TRIES);
        }
        Err(error) => tracing::error!(%error, "a pop-up window has no size"),
    })
}

/// A page on a busy machine may be late with its new size, and the window would take the old one again: it is looked at
/// anew.
fn take_size(window: ::gtk::ApplicationWindow, size: (i32, i32), tries: u32) {
    window.set_resizable(true);
    window.resize(size.0, size.1);
    ::gtk::glib::timeout_add_local_once(TAKES_ITS_SIZE_WITHIN, move || {
        // Another size was wanted meanwhile: that one sees to it.
        if window.size() != size || window.size_request() != size {
            return;
        }
        window.set_resizable(false);
        ::gtk::glib::timeout_add_local_once(TAKES_ITS_SIZE_WITHIN, move || {
            if window.size() != size && window.size_request() == size && tries > 1 {
                take_size(window, size, tries - 1);
            }
        });
    });
}

/// Loads the page anew when its web process is gone; once it listens, its call is shown again.
pub(crate) fn outlive_the_web_process(window: &WebviewWindow) -> tauri::Result<()> {
    if let Some(view) = view(window)? {
        view.connect_web_process_terminated(|view, reason| {
            tracing::warn!(?reason, "the web process of the pop-ups ended; the page is loaded anew");
            view.reload();
        });
    }
    Ok(())
}

fn view(window: &WebviewWindow) -> tauri::Result<Option<WebView>> {
    let children = window.default_vbox()?.children();
    Ok(children.into_iter().find_map(|child| child.downcast::<WebView>().ok()))
}
