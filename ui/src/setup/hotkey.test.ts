import { expect, test } from "vitest";

import { keysOf } from "./hotkey";

test("hotkeys are written as on the system's keyboards", () => {
  expect(keysOf("CommandOrControl+Shift+D", "linux")).toEqual(["Ctrl", "Shift", "D"]);
  expect(keysOf("CommandOrControl+Shift+D", "macos")).toEqual(["⌘", "⇧", "D"]);
  expect(keysOf("", "linux")).toEqual([]);
});
