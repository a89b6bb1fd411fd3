import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { mainHost } from "../../host/fake/main";
import { bootstrap } from "../../host/fake/world";
import { Shell } from "../shell.svelte";
import Keys from "./Keys.svelte";
import type { Setting } from "./setting";

let shell: Shell;
let mounted: Record<string, unknown>;
const prefer = vi.fn(() => Promise.resolve());

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  prefer.mockClear();
  const taken = { code: "key_taken", place: "hotkeys.popup", what: "Otro programa ya usa estas teclas", what_to_do: "Elija otra combinación.", detail: "" } as const;
  shell = new Shell(mainHost(new URLSearchParams()), { ...bootstrap("es"), keys_not_had: [taken] });
  const setting: Setting = { shell, refused: null, prefer };
  mounted = mount(Keys, { target: document.body, props: { setting } });
  flushSync();
});
afterEach(async () => {
  await unmount(mounted);
  vi.restoreAllMocks();
});

const group = (which: string) => document.querySelector(`#record-${which}`)!.closest(".group")!;
const said = (which: string) => group(which).textContent!.replace(/\s+/g, " ");
const record = (which: string) => {
  const button = document.querySelector<HTMLButtonElement>(`#record-${which}`)!;
  button.focus();
  button.click();
  flushSync();
  return button;
};
const press = (button: HTMLElement, code: string, key: string, more: KeyboardEventInit = {}) => {
  button.dispatchEvent(new KeyboardEvent("keydown", { code, key, bubbles: true, ...more }));
  flushSync();
};

test("keys that could not be had when Timbre began are said beside them", () => {
  expect(said("popup")).toContain("Otro programa ya usa estas teclas");
  expect(said("popup")).toContain(shell.say("settings.keys.not_had"));
  expect(said("dial")).not.toContain("Otro programa");
});

test("while keys are waited for it is said that those of another program never come", () => {
  record("dial");
  expect(said("dial")).toContain(shell.say("settings.keys.hint"));
});

test("keys that can't be used are said, and modifiers alone are waited on", () => {
  const button = record("dial");
  press(button, "ControlLeft", "Control", { ctrlKey: true });
  expect(said("dial")).toContain(shell.say("settings.keys.hint"));
  press(button, "KeyD", "d");
  expect(said("dial")).toContain(shell.say("settings.keys.unfit"));
  press(button, "KeyD", "d", { ctrlKey: true, altKey: true });
  expect(prefer).toHaveBeenCalledOnce();
  expect(said("dial")).not.toContain(shell.say("settings.keys.unfit"));
});

test("keys that brought up another program's window are said to be taken", () => {
  const button = record("dial");
  vi.spyOn(document, "hasFocus").mockReturnValue(false);
  button.dispatchEvent(new FocusEvent("blur"));
  flushSync();
  expect(said("dial")).toContain(shell.say("settings.keys.lost"));
  expect(prefer).not.toHaveBeenCalled();
});
