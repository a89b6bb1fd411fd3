"""An icon in the tray without libayatana: with a tooltip, as Qt and ksni have it, by a name of its own, without a menu."""

import os

from gi.repository import Gio, GLib

XML = """<node><interface name="org.kde.StatusNotifierItem">
<property name="Id" type="s" access="read"/><property name="Title" type="s" access="read"/>
<property name="Status" type="s" access="read"/><property name="IconName" type="s" access="read"/>
<property name="Category" type="s" access="read"/><property name="ToolTip" type="(sa(iiay)ss)" access="read"/>
</interface></node>"""
PROPERTIES = {
    "Id": GLib.Variant("s", "hand"),
    "Title": GLib.Variant("s", "By hand"),
    "Status": GLib.Variant("s", "Active"),
    "Category": GLib.Variant("s", "Communications"),
    "IconName": GLib.Variant("s", "phone"),
    "ToolTip": GLib.Variant("(sa(iiay)ss)", ("", [], "Ready", "2 items wait")),
}

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
interface = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]
bus.register_object("/StatusNotifierItem", interface, None, lambda *call: PROPERTIES[call[4]], None)
name = f"org.kde.StatusNotifierItem-{os.getpid()}-1"
Gio.bus_own_name_on_connection(bus, name, Gio.BusNameOwnerFlags.NONE, None, None)


def register():
    bus.call(
        "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher",
        "RegisterStatusNotifierItem", GLib.Variant("(s)", (name,)), None, Gio.DBusCallFlags.NONE, -1, None, None,
    )


GLib.idle_add(register)
GLib.MainLoop().run()
