import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { samples } from "../host/fake/strip";
import { bootstrap } from "../host/fake/world";
import { Strip } from "./strip.svelte";
import StripBar from "./StripBar.svelte";

const host = { start: vi.fn(), menu: vi.fn(), openDial: vi.fn(), openMain: vi.fn() };
let strip: Strip;
let mounted: Record<string, unknown>;

beforeEach(() => {
  strip = new Strip();
  strip.greet(bootstrap("es"));
  mounted = mount(StripBar, { target: document.body, props: { strip, host } });
});
afterEach(() => unmount(mounted));

const show = (name: string) => {
  const [trayStatus, status] = samples[name]!;
  strip.changed(status, trayStatus, Date.now());
  flushSync();
  return document.querySelector(".state")!.textContent!.replace(/\s+/g, " ");
};

test("the one thing that is most urgent stands there as a word and a shape", () => {
  expect(show("ready")).toContain("Listo");
  expect(show("unreachable")).toContain("Sin proveedor");
  expect(show("do_not_disturb")).toMatch(/No molestar hasta \d/);
  expect(document.querySelector(".state svg")).not.toBeNull();
});

test("a call takes the place of the word, with its timer; more calls are counted", () => {
  expect(show("in_call")).toContain("8888 4787");
  expect(strip.timer).toBe("4:07");
  expect(show("two")).toContain("+1");
  expect(show("withheld")).toContain("Número oculto");
  expect(show("not_known_yet")).toContain("Aún no se sabe quién llama");
});

test("the window is moved by all of it but the buttons", () => {
  show("ready");
  expect(document.querySelector("main")!.hasAttribute("data-tauri-drag-region")).toBe(true);
  expect(document.querySelector("button")!.hasAttribute("data-tauri-drag-region")).toBe(false);
});

test("the buttons have names and open what they say", () => {
  show("ready");
  const [dial, main, menu] = document.querySelectorAll("button");
  expect([dial, main, menu].map((button) => button!.getAttribute("aria-label"))).toEqual(["Marcar…", "Abrir Timbre", "Menú"]);
  dial!.click();
  main!.click();
  menu!.click();
  expect([host.openDial, host.openMain, host.menu].map((called) => called.mock.calls.length)).toEqual([1, 1, 1]);
});

test("every state has words in every language", () => {
  for (const language of ["es", "en", "pt"] as const) {
    strip.greet(bootstrap(language));
    for (const name of Object.keys(samples)) {
      expect(show(name)).not.toMatch(/undefined|strip\./);
    }
  }
});

test("before there is an account it is not ready, whatever else is well", () => {
  strip.greet(bootstrap("es", { set_up: false }));
  expect(show("ready")).toContain("Sin configurar");
  strip.greet(bootstrap("es"));
  expect(show("ready")).toContain("Listo");
});

test("a call has the place of what the menu opens, too", () => {
  show("in_call");
  expect([...document.querySelectorAll("button")].map((button) => button.getAttribute("aria-label"))).toEqual(["Menú"]);
});
