//! The icon as Linux desktops take it: a StatusNotifierItem by way of libayatana-appindicator. Tauri's own says nothing of
//! itself but "tray icon".

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use gtk::glib::Cast as _;
use gtk::prelude::{
    CastNone as _, CheckMenuItemExt as _, ContainerExt, GtkMenuItemExt as _, MenuShellExt as _, WidgetExt as _,
};
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
    menu: gtk::Menu,
    /// What the menu shows.
    entries: Vec<Entry>,
    /// Panels read pictures from files.
    folder: PathBuf,
}

/// Puts it into the tray. On the main thread.
pub(super) fn create(app_state: &AppState, tip: &Tip, entries: &[Entry]) -> std::io::Result<()> {
    let folder = folder(app_state);
    fs::create_dir_all(&folder)?;
    let mut indicator = AppIndicator::new("timbre", "");
    indicator.set_icon_theme_path(&folder.to_string_lossy());
    let mut menu = menu(app_state, entries);
    indicator.set_menu(&mut menu);
    let mut made = Icon { indicator, menu, entries: entries.to_vec(), folder };
    made.show(TrayStatus::Ready, tip)?;
    made.indicator.set_status(AppIndicatorStatus::Active);
    ICON.set(Some(made));
    Ok(())
}

/// Another state, or other words for it.
pub(super) fn show(tray_status: TrayStatus, tip: &Tip) -> std::io::Result<()> {
    ICON.with_borrow_mut(|icon| icon.as_mut().map_or(Ok(()), |icon| icon.show(tray_status, tip)))
}

/// Other entries. Those that stay are left as they are: the menu may be open, and a click on its way.
pub(super) fn offer(app_state: &AppState, entries: &[Entry]) {
    ICON.with_borrow_mut(|icon| {
        if let Some(icon) = icon {
            let before = std::mem::replace(&mut icon.entries, entries.to_vec());
            redraw(app_state, &icon.menu, &before, entries);
        }
    });
}

/// Draws what stands between the entries that are the same at both ends.
fn redraw(app_state: &AppState, menu: &gtk::Menu, before: &[Entry], now: &[Entry]) {
    let children = menu.children();
    // Should it ever have others than it was given, all are drawn anew.
    let before = if children.len() == before.len() { before } else { &[] };
    let stays = |(child, (was, is)): (&gtk::Widget, (&Entry, &Entry))| was == is && shows(child, is);
    let first = children.iter().zip(before.iter().zip(now)).take_while(|pair| stays(*pair)).count();
    let ends = children[first..].iter().rev().zip(before[first..].iter().rev().zip(now[first..].iter().rev()));
    let last = ends.take_while(|pair| stays(*pair)).count();
    children[first..children.len() - last].iter().for_each(|child| menu.remove(child));
    for (place, entry) in (first..).zip(&now[first..now.len() - last]) {
        let item = item(app_state, entry);
        item.show_all();
        menu.insert(&item, i32::try_from(place).unwrap_or(-1));
    }
}

/// Whether a drawn entry has its ticks as they should be: a click changes them before anybody has agreed.
fn shows(child: &gtk::Widget, entry: &Entry) -> bool {
    match entry {
        Entry::Tick { ticked, .. } => {
            child.downcast_ref::<gtk::CheckMenuItem>().is_some_and(|item| item.is_active() == *ticked)
        }
        Entry::Below { entries, .. } => {
            let below = child.downcast_ref::<gtk::MenuItem>().and_then(gtk::MenuItem::submenu);
            let children = below.and_downcast_ref::<gtk::Menu>().map(ContainerExt::children).unwrap_or_default();
            children.len() == entries.len() && children.iter().zip(entries).all(|(child, entry)| shows(child, entry))
        }
        Entry::Words(_) | Entry::Do { .. } | Entry::Line => true,
    }
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
        timbre_files::replace(&path, bytes)?;
    }
    Ok(path)
}

fn menu(app_state: &AppState, entries: &[Entry]) -> gtk::Menu {
    let menu = gtk::Menu::new();
    entries.iter().for_each(|entry| menu.append(&item(app_state, entry)));
    menu.show_all();
    menu
}

fn item(app_state: &AppState, entry: &Entry) -> gtk::MenuItem {
    match entry {
        Entry::Words(words) => {
            let item = gtk::MenuItem::with_label(&shown(words));
            item.set_sensitive(false);
            item
        }
        Entry::Do { words, choice, enabled } => {
            let item = gtk::MenuItem::with_label(&shown(words));
            item.set_sensitive(*enabled);
            item.connect_activate(does(app_state, choice));
            item
        }
        Entry::Tick { words, choice, ticked } => {
            let item = gtk::CheckMenuItem::with_label(&shown(words));
            item.set_active(*ticked);
            let does = does(app_state, choice);
            item.connect_activate(move |item| does(item.as_ref()));
            item.upcast()
        }
        Entry::Below { words, entries } => {
            let item = gtk::MenuItem::with_label(&shown(words));
            item.set_submenu(Some(&menu(app_state, entries)));
            item
        }
        Entry::Line => gtk::SeparatorMenuItem::new().upcast(),
    }
}

fn does(app_state: &AppState, choice: &Choice) -> impl Fn(&gtk::MenuItem) + 'static {
    let (app_state, choice) = (app_state.clone(), choice.clone());
    move |_| chosen(&app_state, choice.clone())
}

/// Other menus take `&` for a sign of their own, and two of them for one that is meant.
fn shown(words: &str) -> String {
    words.replace("&&", "&")
}
