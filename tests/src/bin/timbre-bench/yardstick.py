"""An empty window of GTK's own that takes no focus, made beforehand: from show() to its first drawing, in milliseconds,
as often as it is told to."""

import sys
import time

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

left = int(sys.argv[1])
started = 0.0
shown = False

window = Gtk.Window(
    title="Yardstick",
    decorated=False,
    accept_focus=False,
    focus_on_map=False,
    skip_taskbar_hint=True,
    default_width=400,
    default_height=200,
)
window.set_keep_above(True)
window.realize()
window.move(40, 300)


def show():
    global started
    started = time.monotonic()
    window.show()
    return GLib.SOURCE_REMOVE


def mapped(*_):
    global shown
    shown = True


def after_paint(_clock):
    global left, shown
    if not shown:
        return
    shown = False
    print((time.monotonic() - started) * 1000, flush=True)
    window.hide()
    left -= 1
    if left > 0:
        GLib.timeout_add(150, show)
    else:
        Gtk.main_quit()


window.connect("map", mapped)
window.get_window().get_frame_clock().connect("after-paint", after_paint)
GLib.timeout_add(150, show)
Gtk.main()
