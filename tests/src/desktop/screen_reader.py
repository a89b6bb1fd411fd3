"""What a screen reader knows of the windows. Takes an order on each line, as JSON, and answers with a line of JSON."""

import json
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

STATES = ["checked", "editable", "enabled", "expanded", "focused", "pressed", "selected"]


def children(node):
    return [child for child in (node.get_child_at_index(i) for i in range(node.get_child_count())) if child]


def has(node, state):
    return node.get_state_set().contains(getattr(Atspi.StateType, state.upper()))


def text_of(node):
    """Its own text, without that of the parts which stand in it."""
    if "Text" not in node.get_interfaces():
        return ""
    return Atspi.Text.get_text(node, 0, -1).replace("\ufffc", "")


def windows():
    """Every window that is shown: (title, pid, node)."""
    desktop = Atspi.get_desktop(0)
    # What is remembered is what was, not what is. (To remember nothing from the start, Atspi.Cache.NONE, hangs.)
    desktop.clear_cache()
    for app in children(desktop):
        app.clear_cache()
        for frame in children(app):
            if has(frame, "showing"):
                yield frame.get_name() or "", frame.get_process_id(), frame


def walk(node, depth=0, page=False):
    """Everything that is shown in a window, in the order it is read."""
    # A part of a page that is scrolled out of sight is visible and not showing; a part of a window that stands in a hidden
    # one is, too. What lies between a window and its page is neither, and yet the page is shown.
    page = page or node.get_role_name() == "document web"
    if has(node, "visible" if page else "showing"):
        yield node, depth
    for child in children(node):
        yield from walk(child, depth + 1, page)


def described(node, title, window):
    box = Atspi.Component.get_extents(node, Atspi.CoordType.SCREEN) if "Component" in node.get_interfaces() else None
    value = Atspi.Value.get_current_value(node) if "Value" in node.get_interfaces() else None
    actions = Atspi.Action.get_n_actions(node) if "Action" in node.get_interfaces() else 0
    return {
        "window": title,
        "pid": window.get_process_id(),
        "role": node.get_role_name(),
        "name": node.get_name() or "",
        "description": node.get_description() or "",
        "text": text_of(node),
        "value": value,
        "actions": actions,
        "states": [state for state in STATES if has(node, state)],
        "x": box.x if box else 0,
        "y": box.y if box else 0,
        "width": box.width if box else 0,
        "height": box.height if box else 0,
    }


def fits(node, order):
    if order.get("role") is not None and node.get_role_name() != order["role"]:
        return False
    if order.get("state") is not None and not has(node, order["state"]):
        return False
    said = text_of(node) + "\n" + (node.get_name() or "")
    if order.get("text") is not None and order["text"] not in said:
        return False
    # The name of something that only holds text is that text.
    return order.get("name") is None or order["name"] in ((node.get_name() or ""), text_of(node))


def in_windows(order):
    for title, pid, frame in windows():
        if title.startswith(order.get("window") or "") and order.get("pid") in (None, pid):
            yield title, frame


def found(order):
    return [(node, title, frame) for title, frame in in_windows(order) for node, _ in walk(frame) if fits(node, order)]


def find_all(order):
    return [described(*one) for one in found(order)]


def find(order):
    hits = found(order)
    if not hits:
        return None
    # What stands around the thing with the focus may have it too; the innermost comes last.
    return described(*hits[-1 if order.get("state") == "focused" else 0])


def click(order):
    for node, _, _ in found(order):
        if "Action" in node.get_interfaces() and Atspi.Action.get_n_actions(node) and Atspi.Action.do_action(node, 0):
            return True
    return None


def read(order):
    """The text of the windows, a line for each part that has some."""
    lines = []
    for _, frame in in_windows(order):
        for node, _ in walk(frame):
            parts = [part.strip() for part in text_of(node).splitlines() if part.strip()]
            name = (node.get_name() or "").strip()
            # A name that only repeats the text is read once.
            lines += ([name] if name and name not in parts else []) + parts
    return "\n".join(lines) if lines else None


def tree(order):
    lines = []
    for title, frame in in_windows({**order, "window": None}):
        for node, depth in walk(frame):
            about = described(node, title, frame)
            place = "{x},{y} {width}x{height}".format(**about)
            said = " ".join(repr(about[part]) for part in ("name", "text") if about[part])
            lines.append("  " * depth + " ".join([about["role"], said, place, *about["states"]]))
    return "\n".join(lines)


def asked(do, order):
    """A window may go while it is read."""
    try:
        return do(order)
    except GLib.Error:
        return None


def wait(do, order):
    deadline = time.monotonic() + order.get("within", 0)
    while True:
        while GLib.MainContext.default().pending():
            GLib.MainContext.default().iteration(False)
        answer = asked(do, order)
        if answer is not None or time.monotonic() >= deadline:
            return answer
        time.sleep(0.03)


ORDERS = {"find": find, "find_all": find_all, "click": click, "read": read, "tree": tree}
# A program that has stopped must not stop us.
Atspi.set_timeout(5000, 5000)
Atspi.get_desktop(0)
print(json.dumps({"answer": "ready"}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps({"answer": wait(ORDERS[order["do"]], order)}), flush=True)
