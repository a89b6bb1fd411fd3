//! The tray, and the icons in it: `org.kde.StatusNotifierItem`, as libayatana-appindicator and ksni speak it.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::tray_menu::{self, MenuEntry};
use super::{Bus, COMES_UP_WITHIN, VirtualDesktop};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";

/// A panel with nothing but a tray, at the right end of the upper edge.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="26"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-2" type="string" value="systray"/>
  </property>
</channel>
"#;

/// Who may have an icon in the tray.
#[derive(Debug, Clone)]
pub struct Tray {
    bus: Arc<Bus>,
}

/// The icon of a program.
#[derive(Debug, Clone)]
pub struct TrayItem {
    bus: Arc<Bus>,
    /// Its name on the bus and its path.
    object: (String, String),
}

impl VirtualDesktop {
    /// Brings a panel with a tray up. It may come after the program that wants an icon.
    ///
    /// # Errors
    /// When it does not come up (Debian: xfce4-panel).
    pub fn start_tray(&mut self) -> io::Result<Tray> {
        let folder = self.home.join(".config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("xfce4-panel.xml"), PANEL)?;
        let bus = Arc::new(self.bus()?);
        self.offer_installed(&bus, "org.xfce.Xfconf")?;
        let mut panel = self.command("xfce4-panel");
        panel.arg("--disable-wm-check");
        self.silent_part(panel)?;
        bus.wait_for(WATCHER)?;
        let tray = Tray { bus };
        tray.bus.wait_until(COMES_UP_WITHIN, || {
            let shows = tray.watcher().ok()?.remove("IsStatusNotifierHostRegistered")?;
            bool::try_from(shows).ok()?.then_some(())
        })?;
        Ok(tray)
    }
}

impl Tray {
    fn watcher(&self) -> io::Result<HashMap<String, OwnedValue>> {
        self.bus.properties((WATCHER, "/StatusNotifierWatcher"), WATCHER)
    }

    /// All icons there are.
    ///
    /// # Errors
    /// When the tray does not answer.
    pub fn items(&self) -> io::Result<Vec<TrayItem>> {
        let registered = self.watcher()?.remove("RegisteredStatusNotifierItems");
        let registered = registered.ok_or_else(|| io::Error::other("the tray does not say who is in it"))?;
        let registered = Vec::<String>::try_from(registered).map_err(io::Error::other)?;
        // A name and a path in one word; some give the name alone.
        let object = |item: &str| match item.find('/') {
            Some(slash) => (item[..slash].to_owned(), item[slash..].to_owned()),
            None => (item.to_owned(), "/StatusNotifierItem".to_owned()),
        };
        Ok(registered.iter().map(|item| TrayItem { bus: self.bus.clone(), object: object(item) }).collect())
    }

    /// Waits until this process has an icon.
    ///
    /// # Errors
    /// When it gets none in time.
    pub fn item_of(&self, pid: u32, within: Duration) -> io::Result<TrayItem> {
        let its = |item: &TrayItem| self.bus.pid_of(&item.object.0).is_ok_and(|owner| owner == pid);
        self.bus.wait_until(within, || self.items().ok()?.into_iter().find(its))
    }
}

impl TrayItem {
    fn object(&self) -> (&str, &str) {
        (&self.object.0, &self.object.1)
    }

    fn property<T: TryFrom<OwnedValue>>(&self, name: &str) -> io::Result<Option<T>> {
        let mut properties = self.bus.properties(self.object(), ITEM)?;
        Ok(properties.remove(name).and_then(|value| value.try_into().ok()))
    }

    fn text(&self, property: &str) -> io::Result<String> {
        Ok(self.property(property)?.unwrap_or_default())
    }

    /// The name that its program gave it.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn id(&self) -> io::Result<String> {
        self.text("Id")
    }

    /// The title; empty where it has none.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn title(&self) -> io::Result<String> {
        self.text("Title")
    }

    /// `Active`, `Passive` or `NeedsAttention`.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn status(&self) -> io::Result<String> {
        self.text("Status")
    }

    /// The name of its picture; with libayatana this may be the path of a file.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn icon_name(&self) -> io::Result<String> {
        self.text("IconName")
    }

    /// What it says of itself, and what it says besides: what panels show where the pointer rests on it.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn said(&self) -> io::Result<(String, String)> {
        Ok((self.text("Title")?, self.text("IconAccessibleDesc")?))
    }

    /// What stands beside the picture; only libayatana has it.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn label(&self) -> io::Result<String> {
        self.text("XAyatanaLabel")
    }

    /// The picture's file, where it comes as one.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn icon_file(&self) -> io::Result<Option<PathBuf>> {
        let (folder, name) = (PathBuf::from(self.text("IconThemePath")?), self.icon_name()?);
        let files = ["", ".png", ".svg"].map(|extension| folder.join(format!("{name}{extension}")));
        Ok(files.into_iter().find(|file| file.is_file()))
    }

    /// What it says when the pointer rests on it, title and text; libayatana has no such thing.
    ///
    /// # Errors
    /// When the program does not answer.
    pub fn tooltip(&self) -> io::Result<Option<(String, String)>> {
        let told = self.bus.properties(self.object(), ITEM)?.remove("ToolTip");
        let Some(Value::Structure(told)) = told.map(Value::from) else { return Ok(None) };
        let [_, _, Value::Str(title), Value::Str(text)] = told.fields() else {
            return Err(io::Error::other(format!("not a tooltip: {told:?}")));
        };
        Ok(Some((title.to_string(), text.to_string())))
    }

    fn menu_path(&self) -> io::Result<String> {
        let path: Option<OwnedObjectPath> = self.property("Menu")?;
        path.map(|path| path.to_string()).ok_or_else(|| io::Error::other("the icon has no menu"))
    }

    /// Its menu as it is now.
    ///
    /// # Errors
    /// When it has none, or the program does not answer.
    pub fn menu(&self) -> io::Result<Vec<MenuEntry>> {
        let path = self.menu_path()?;
        let menu = (self.object.0.as_str(), path.as_str());
        // Some fill their menu only when it is to be shown; those that don't, may refuse to be asked.
        let _ = self.bus.ask::<_, bool>(menu, MENU, "AboutToShow", &(0_i32,));
        let everything: [&str; 0] = [];
        let (_, root): (u32, tray_menu::Layout) =
            self.bus.ask(menu, MENU, "GetLayout", &(0_i32, -1_i32, everything.as_slice()))?;
        tray_menu::read(root)
    }

    /// Waits until the menu has an entry there, and shows it: labels from the outermost menu on.
    ///
    /// # Errors
    /// When it does not come in time; the error says what the menu has instead.
    pub fn entry(&self, labels: &[&str], within: Duration) -> io::Result<MenuEntry> {
        let shown = |entry: &MenuEntry| entry.visible;
        let found = || tray_menu::find(&self.menu().ok()?, labels).filter(|entry| shown(entry)).cloned();
        self.bus.wait_until(within, found).map_err(|error| {
            let has = self.menu().map_or_else(|error| error.to_string(), |menu| tray_menu::drawn(&menu));
            io::Error::new(error.kind(), format!("no entry {labels:?} in the menu:\n{has}"))
        })
    }

    /// Clicks an entry that is there, or comes in time. One that was drawn anew since we looked is looked for again, as a panel
    /// does.
    ///
    /// # Errors
    /// When it does not come, or can't be clicked because it is grey.
    pub fn click(&self, labels: &[&str], within: Duration) -> io::Result<()> {
        let mut refused = None;
        let clicked = self.bus.wait_until(within, || {
            let done = self.entry(labels, within).and_then(|entry| self.click_entry(&entry, labels));
            match done {
                Err(error) if error.to_string().contains("does not refer to a menu item") => None,
                done => {
                    refused = done.err();
                    Some(())
                }
            }
        });
        refused.map_or(clicked, Err)
    }

    fn click_entry(&self, entry: &MenuEntry, labels: &[&str]) -> io::Result<()> {
        if !entry.enabled {
            return Err(io::Error::other(format!("{labels:?} is grey")));
        }
        let path = self.menu_path()?;
        let event = (entry.id, "clicked", Value::I32(0), 0_u32);
        self.bus.ask((&self.object.0, &path), MENU, "Event", &event)
    }
}
