//! The icon as Linux desktops take it: a StatusNotifierItem by way of libayatana-appindicator. Tauri's own says nothing of
//! itself but "tray icon".

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use gtk::prelude::{CheckMenuItemExt as _, GtkMenuItemExt as _, MenuShellExt as _, WidgetExt as _};
use libappindicator::{AppIndicator, AppIndicatorStatus};
use timbre_domain::status::TrayStatus;

use super::menu::{Choice, Entry};
use super::{Tip, chosen, icon};
use crate::app_state::AppState;

thread_local! {
    /// It lives on the toolkit's thread, as long as the program.
    static ICON: RefCell<Option<Icon>> = const { RefCell::new(None) };
}

struct Icon {
    indicator: AppIndicator,
    /// Panels read pictures from files.
    folder: PathBuf,
}

/// Puts it into the tray. On the main thread.
pub(super) fn create(app_state: &AppState, tip: &Tip, entries: &[Entry]) -> std::io::Result<()> {
    let folder = folder(app_state);
    fs::create_dir_all(&folder)?;
    let mut indicator = AppIndicator::new("timbre", "");
    indicator.set_icon_theme_path(&folder.to_string_lossy());
    indicator.set_menu(&mut menu(app_state, entries));
    let mut made = Icon { indicator, folder };
    made.show(TrayStatus::Ready, tip)?;
    made.indicator.set_status(AppIndicatorStatus::Active);
    ICON.set(Some(made));
    Ok(())
}

/// Another state, or other words for it.
pub(super) fn show(tray_status: TrayStatus, tip: &Tip) -> std::io::Result<()> {
    ICON.with_borrow_mut(|icon| icon.as_mut().map_or(Ok(()), |icon| icon.show(tray_status, tip)))
}

pub(super) fn offer(app_state: &AppState, entries: &[Entry]) {
    ICON.with_borrow_mut(|icon| {
        if let Some(icon) = icon {
            icon.indicator.set_menu(&mut menu(app_state, entries));
        }
    });
}

impl Icon {
    fn show(&mut self, tray_status: TrayStatus, tip: &Tip) -> std::io::Result<()> {
        let picture = write(&self.folder, tray_status)?;
        self.indicator.set_title(&tip.state);
        self.indicator.set_icon_full(&picture.to_string_lossy(), &tip.click);
        Ok(())
    }
}

/// Where the session keeps what is gone with it; else where Timbre's own files are.
fn folder(app_state: &AppState) -> PathBuf {
    let session = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let own = || app_state.data_dir().cloned().unwrap_or_else(std::env::temp_dir);
    session.unwrap_or_else(own).join("timbre-tray")
}

/// A state's picture; a panel that has seen its file does not look again, so that each has its own.
fn write(folder: &Path, tray_status: TrayStatus) -> std::io::Result<PathBuf> {
    let path = folder.join(format!("{tray_status:?}.png").to_lowercase());
    let bytes = icon::picture(tray_status);
    if fs::read(&path).ok().as_deref() != Some(bytes) {
        fs::write(&path, bytes)?;
    }
    Ok(path)
}

fn menu(app_state: &AppState, entries: &[Entry]) -> gtk::Menu {
    let menu = gtk::Menu::new();
    for entry in entries {
        match entry {
            Entry::Words(words) => {
                let item = gtk::MenuItem::with_label(&shown(words));
                item.set_sensitive(false);
                menu.append(&item);
            }
            Entry::Do { words, choice, enabled } => {
                let item = gtk::MenuItem::with_label(&shown(words));
                item.set_sensitive(*enabled);
                item.connect_activate(does(app_state, choice));
                menu.append(&item);
            }
            Entry::Tick { words, choice, ticked } => {
                let item = gtk::CheckMenuItem::with_label(&shown(words));
                item.set_active(*ticked);
                let does = does(app_state, choice);
                item.connect_activate(move |item| does(item.as_ref()));
                menu.append(&item);
            }
            Entry::Below { words, entries } => {
                let item = gtk::MenuItem::with_label(&shown(words));
                item.set_submenu(Some(&self::menu(app_state, entries)));
                menu.append(&item);
            }
            Entry::Line => menu.append(&gtk::SeparatorMenuItem::new()),
        }
    }
    menu.show_all();
    menu
}

fn does(app_state: &AppState, choice: &Choice) -> impl Fn(&gtk::MenuItem) + 'static {
    let (app_state, choice) = (app_state.clone(), choice.clone());
    move |_| chosen(&app_state, choice.clone())
}

/// Other menus take `&` for a sign of their own, and two of them for one that is meant.
fn shown(words: &str) -> String {
    words.replace("&&", "&")
}
