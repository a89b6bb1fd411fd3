//! What GTK and WebKitGTK want to be told besides what Tauri tells them. Main thread only, but for [`resize`].

use ::gtk::Widget;
use ::gtk::gdk::prelude::SeatExt as _;
use ::gtk::gdk::{Geometry, Gravity, WMDecoration, WindowHints};
use ::gtk::glib::object::{Cast, ObjectExt};
use ::gtk::prelude::{ContainerExt, GtkWindowExt, WidgetExt};
use tauri::{AppHandle, Manager, WebviewWindow, WebviewWindowBuilder, Wry};
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebView, WebViewExt};

use super::place::Rect;

/// Lets a window share the web process of those there are: 65 MB less for each. One that has just been given back is still
/// listed, but has no view any more.
pub(crate) fn beside<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    app: &AppHandle,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let shared = app.webview_windows().into_values().find_map(|window| view(&window).ok().flatten());
    match shared {
        Some(view) => builder.with_related_view(view),
        None => builder,
    }
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

/// Takes the frame away where the window manager is asked, and not where the toolkit is: of a window that it knows to be
/// frameless and not of a fixed size, Tauri takes a click near the edges for the wish to make it larger, and since the
/// toolkit learns late where a window stands, on X11 now and then a click anywhere. The window manager would hold the
/// keyboard meanwhile, and what is typed elsewhere be lost. A window of a fixed size is no way out: GTK gives it the size
/// that its web view asks for, which is the one it has, so that it never shrinks.
pub(crate) fn frameless(window: &WebviewWindow) -> tauri::Result<()> {
    let window = window.gtk_window()?;
    window.realize();
    if let Some(of_display) = window.window().filter(|window| window.is::<gdkx11::X11Window>()) {
        window.set_decorated(true);
        of_display.set_decorations(WMDecoration::empty());
    }
    Ok(())
}

/// Gives a window this size and no other: the person can't change it.
pub(super) fn resize(window: &WebviewWindow, to: Rect, scale: f64) -> tauri::Result<()> {
    let logical = |physical: i32| (f64::from(physical) / scale).round() as i32;
    let (width, height) = (logical(to.width), logical(to.height));
    let resized = window.clone();
    window.run_on_main_thread(move || match resized.gtk_window() {
        Ok(window) => {
            let only = Geometry::new(width, height, width, height, 0, 0, 0, 0, 0.0, 0.0, Gravity::NorthWest);
            let hints = WindowHints::MIN_SIZE | WindowHints::MAX_SIZE;
            window.set_geometry_hints(None::<&Widget>, Some(&only), hints);
            window.resize(width, height);
        }
        Err(error) => tracing::error!(%error, "a pop-up window has no size"),
    })
}

/// Tells whether the pointer or the keyboard is in a window.
pub(super) fn is_used(window: &WebviewWindow, tell: impl FnOnce(bool) + Send + 'static) -> tauri::Result<()> {
    let of = window.clone();
    window.run_on_main_thread(move || {
        tell(of.gtk_window().is_ok_and(|window| window.is_active() || is_pointed_at(&window)))
    })
}

fn is_pointed_at(window: &::gtk::ApplicationWindow) -> bool {
    let pointer = window.display().default_seat().and_then(|seat| seat.pointer());
    let Some((of_display, pointer)) = window.window().zip(pointer) else { return false };
    let (_, x, y, _) = of_display.device_position(&pointer);
    (0..of_display.width()).contains(&x) && (0..of_display.height()).contains(&y)
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
