import { expect, test } from "vitest";

import { caps, chordOf, type Pressed } from "./chord";

const press = (code: string, ...modifiers: string[]): Pressed => ({
  code,
  key: "",
  ctrlKey: modifiers.includes("ctrl"),
  altKey: modifiers.includes("alt"),
  shiftKey: modifiers.includes("shift"),
  metaKey: modifiers.includes("meta"),
});

test("a chord is kept by the key's place and not by the letter the layout gives it", () => {
  expect(chordOf(press("KeyD", "ctrl", "shift"), "linux")).toBe("CommandOrControl+Shift+D");
  expect(chordOf(press("KeyD", "meta"), "macos")).toBe("CommandOrControl+D");
  expect(chordOf(press("KeyD", "meta"), "linux")).toBe("Super+D");
  expect(chordOf(press("ArrowUp", "alt"), "linux")).toBe("Alt+Up");
});

test("modifiers alone, and keys that people type with, are no chord", () => {
  expect(chordOf(press("ControlLeft", "ctrl"), "linux")).toBeNull();
  expect(chordOf(press("KeyD"), "linux")).toBeNull();
  expect(chordOf(press("KeyD", "shift"), "linux")).toBeNull();
  expect(chordOf(press("F9"), "linux")).toBe("F9");
});

test("the caps are called as on the system's keyboards", () => {
  expect(caps("CommandOrControl+Shift+D", "linux")).toEqual(["Ctrl", "Shift", "D"]);
  expect(caps("CommandOrControl+Shift+D", "macos")).toEqual(["⌘", "⇧", "D"]);
  expect(caps("Super+D", "windows")).toEqual(["Win", "D"]);
  expect(caps("", "linux")).toEqual([]);
});
