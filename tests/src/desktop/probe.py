"""Another program's window with a text field that has the focus. Prints a line of JSON for each change of the text and
each time the focus comes or goes."""

import json

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gtk  # noqa: E402


def tell(**what):
    print(json.dumps(what), flush=True)


window = Gtk.Window(title="Typing probe", default_width=420, default_height=80)
field = Gtk.Entry()
window.add(field)
field.connect("changed", lambda entry: tell(text=entry.get_text()))
window.connect("focus-in-event", lambda *_: tell(focus=True))
window.connect("focus-out-event", lambda *_: tell(focus=False))
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.move(40, 40)
window.present()
Gtk.main()
