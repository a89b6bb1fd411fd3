"""Looks at a column of the screen about a thousand times a second: prints 1 when the band of a ringing pop-up appears in
it, 0 when it has gone."""

import sys
import time

import gi

gi.require_version("Gdk", "3.0")
from gi.repository import Gdk  # noqa: E402

x, height = int(sys.argv[1]), int(sys.argv[2])
band = bytes.fromhex(sys.argv[3])
Gdk.init([])
root = Gdk.get_default_root_window()
there = False
while True:
    column = Gdk.pixbuf_get_from_window(root, x, 0, 1, height)
    pixels, stride, size = column.get_pixels(), column.get_rowstride(), column.get_n_channels()
    now = any(pixels[row * stride : row * stride + 3] == band for row in range(0, height, 8))
    if now != there:
        there = now
        print(int(there), flush=True)
    time.sleep(0.001)
