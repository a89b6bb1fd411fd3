// The keyboard of the dial window. One place decides what a key does, by what the window shows.

import type { DialWindow } from "./dial.svelte";

/** How far Page Up and Page Down go. */
const PAGE = 6;

/** What a key press brings along. */
export interface Press {
  key: string;
  /** Control, or Command on a Mac. */
  mod: boolean;
  shift: boolean;
  /** The key is held down since an earlier press. */
  repeat: boolean;
  /** An input method is in the middle of a letter. */
  composing: boolean;
  /** Where the keyboard is. */
  at: "field" | "control" | "elsewhere";
  /** Whether the caret stands behind the last letter of the field. */
  atEnd: boolean;
}

/** Does what a key means. Answers whether it meant something here: then the browser does nothing with it. */
export function press(dial: DialWindow, press: Press): boolean {
  const { key, mod } = press;
  if (press.composing) {
    return false;
  }
  if (key === "Escape") {
    dial.escape();
    return true;
  }
  if (mod && key.toLowerCase() === "i") {
    dial.cycle();
    return true;
  }
  if (dial.mode === "search" && !dial.despite) {
    return inList(dial, press);
  }
  // A button does what it says; Enter anywhere else is the answer that stands first.
  if (key === "Enter" && press.at !== "control") {
    if (dial.mode === "progress") {
      dial.again(press.repeat);
    } else {
      dial.confirm(press.repeat);
    }
    return true;
  }
  return false;
}

function inList(dial: DialWindow, { key, mod, shift, repeat, at, atEnd }: Press): boolean {
  const { search } = dial;
  if (mod && /^[1-9]$/.test(key)) {
    if (!repeat) {
      dial.pick(Number(key) - 1);
    }
    return true;
  }
  if (at === "control" || mod) {
    return false;
  }
  switch (key) {
    case "ArrowDown":
      search.move(1);
      return true;
    case "ArrowUp":
      search.move(-1);
      return true;
    case "PageDown":
    case "PageUp":
      search.step(key === "PageDown" ? PAGE : -PAGE);
      return true;
    case "ArrowRight":
      return atEnd && search.open();
    case "Tab":
      return !shift && search.open();
    case "ArrowLeft":
      if (search.opened) {
        search.back();
        return true;
      }
      return false;
    case "Enter":
      if (!repeat) {
        dial.enter();
      }
      return true;
    default:
      return false;
  }
}
