//! The windows beside the pop-ups: made when they are wanted, given back with their memory when they are closed.

pub(crate) mod dial;
pub(crate) mod main;
pub(crate) mod places;
pub(crate) mod setup;
pub(crate) mod size;
pub(crate) mod strip;

use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Wry};

/// A window's builder, as all of them begin.
fn builder<'a>(app: &'a AppHandle, label: &str, title: &str) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    let page = WebviewUrl::App(format!("{label}.html").into());
    WebviewWindowBuilder::new(app, label, page).title(title).visible(false)
}

/// Makes a window on the main thread, where the toolkit wants it made, beside the web process of the others; then does
/// with it what is to be done.
fn make(
    app: &AppHandle,
    describe: impl for<'a> FnOnce(&'a AppHandle) -> WebviewWindowBuilder<'a, Wry, AppHandle> + Send + 'static,
    then: impl FnOnce(&WebviewWindow) -> tauri::Result<()> + Send + 'static,
) {
    let of = app.clone();
    let made = app.run_on_main_thread(move || {
        let builder = describe(&of);
        #[cfg(target_os = "linux")]
        let builder = crate::popup::gtk::beside(builder, &of);
        let made = builder.build().and_then(|window| {
            // Else the first picture comes a third of a second after the window.
            #[cfg(target_os = "linux")]
            {
                if !window.is_decorated()? {
                    crate::popup::gtk::frameless(&window)?;
                }
                crate::popup::gtk::paint_plainly(&window)?;
                crate::popup::gtk::outlive_the_web_process(&window)?;
            }
            then(&window)
        });
        if let Err(error) = made {
            tracing::error!(%error, "a window could not be made");
        }
    });
    if let Err(error) = made {
        tracing::error!(%error, "a window could not be made");
    }
}

/// Brings a window to the front and gives it the keyboard: a person asked for it.
pub(crate) fn present(window: &WebviewWindow) -> tauri::Result<()> {
    window.unminimize()?;
    window.show()?;
    #[cfg(target_os = "linux")]
    crate::popup::gtk::present(window)?;
    window.set_focus()
}

/// The page has laid out what it shows first: from now on the window is seen. One that came up empty would flash.
pub(crate) fn page_is_laid_out(window: &WebviewWindow) {
    // The small window stands there for nobody in particular; the others were asked for.
    let came = if window.label() == strip::LABEL { window.show() } else { present(window) };
    if let Err(error) = came {
        tracing::error!(%error, window = window.label(), "a window does not come up");
    }
}

/// Text is so many times larger than before in every program, or smaller, and so must be the windows. The pop-ups' see to it
/// themselves.
#[cfg(target_os = "linux")]
pub(crate) fn rescaled(app: &AppHandle, times: f64) {
    let grow = |label: &str| -> tauri::Result<()> {
        let Some(window) = find(app, label) else { return Ok(()) };
        match label {
            main::LABEL => main::SIZE.grow(&window, times),
            setup::LABEL => setup::SIZE.grow(&window, times),
            dial::LABEL => dial::fit_again(&window),
            _ => strip::fit(&window),
        }
    };
    for label in [main::LABEL, setup::LABEL, dial::LABEL, strip::LABEL] {
        if let Err(error) = grow(label) {
            tracing::warn!(%error, window = label, "a window keeps its size although text has another one");
        }
    }
}

/// The window with this label, where there is one.
pub(crate) fn find(app: &AppHandle, label: &str) -> Option<WebviewWindow> {
    app.get_webview_window(label)
}
