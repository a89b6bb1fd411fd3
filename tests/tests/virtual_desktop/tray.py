"""A program with an icon in the tray, by libayatana-appindicator. Prints the label of each entry that is clicked."""

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("AyatanaAppIndicator3", "0.1")
from gi.repository import AyatanaAppIndicator3 as Indicator  # noqa: E402
from gi.repository import Gtk  # noqa: E402

icon = Indicator.Indicator.new("probe", "phone", Indicator.IndicatorCategory.APPLICATION_STATUS)
icon.set_status(Indicator.IndicatorStatus.ACTIVE)
icon.set_title("Probe")
menu = Gtk.Menu()


def add(entry, to=menu):
    entry.connect("activate", lambda entry: print(entry.get_label(), flush=True))
    to.append(entry)
    entry.show()
    return entry


def quiet(entry):
    add(Gtk.MenuItem(label="Until 14:30"))


recent = Gtk.Menu()
add(Gtk.MenuItem(label="8888 4787"), recent)
calls = Gtk.MenuItem.new_with_mnemonic("_Recent calls")
calls.set_submenu(recent)
menu.append(calls)
add(Gtk.MenuItem(label="Redial")).set_sensitive(False)
menu.append(Gtk.SeparatorMenuItem())
add(Gtk.CheckMenuItem(label="Do not disturb")).connect("activate", quiet)
menu.show_all()
icon.set_menu(menu)
Gtk.main()
