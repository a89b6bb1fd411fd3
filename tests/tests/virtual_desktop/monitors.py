"""Prints the screens that a program sees, one after the other, on one line."""

import gi

gi.require_version("Gdk", "3.0")
from gi.repository import Gdk  # noqa: E402

display = Gdk.Display.get_default()
places = [display.get_monitor(number).get_geometry() for number in range(display.get_n_monitors())]
print(" ".join(f"{place.width}x{place.height}+{place.x}+{place.y}" for place in places))
