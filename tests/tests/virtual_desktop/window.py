"""Another program's window with things to read and to click. Prints what was done."""

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


def tell(what):
    print(what, flush=True)


def save(_):
    label.set_text("Saved at once")
    tell("saved")


window = Gtk.Window(title="A window of another program", default_width=300, default_height=200)
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
label = Gtk.Label(label="Not saved")
button = Gtk.Button(label="Save")
follow_up = Gtk.CheckButton(label="Follow up")
hidden = Gtk.Label(label="behind the curtain", no_show_all=True)
for part in (label, button, follow_up, Gtk.Entry(), hidden):
    box.add(part)
button.connect("clicked", save)
follow_up.connect("toggled", lambda check: tell(f"follow-up {check.get_active()}".lower()))
window.add(box)
window.show_all()
window.move(60, 60)
window.present()
Gtk.main()
