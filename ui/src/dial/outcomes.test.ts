// What the dial window shows of a dial's end, and of calls of late whose other side nobody told.

import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { dialHost, recent } from "../host/fake/dial";
import { bootstrap } from "../host/fake/world";
import type { DialHost, DialWish } from "../host/host";
import { DialWindow } from "./dial.svelte";
import Page from "./DialWindow.svelte";
import { press } from "./keys";
import { beginnings } from "./rows";

let now = Date.now();
let host: DialHost;
let dial: DialWindow;
let mounted: Record<string, unknown> | null = null;

const wish: DialWish = { number: "2290 4400", from: "command", contact: null, refusal: null, extension: null, context: null };

/** A number was dialled from elsewhere, and this came of it. */
async function dialled(outcome: string) {
  host = dialHost(new URLSearchParams({ outcome }));
  vi.spyOn(host, "dial");
  dial = new DialWindow(host, () => now);
  await host.start({ wish: () => undefined, progress: (progress) => dial.progress(progress), status: () => undefined, bootstrap: () => undefined });
  dial.greet(bootstrap("es"));
  mounted = mount(Page, { target: document.body, props: { dial } });
  await dial.wish(wish);
  await vi.waitFor(() => expect(dial.going?.watched.state).toBe(outcome === "pending" ? "pending" : "failed"));
  flushSync();
  return document.body.textContent!;
}

beforeEach(() => vi.spyOn(console, "info").mockReturnValue());
afterEach(async () => {
  if (mounted) {
    await unmount(mounted);
    mounted = null;
  }
  vi.restoreAllMocks();
});

test("a call that the vendor places later is a good end: it says so, offers no second one, and is not shown again", async () => {
  const shown = await dialled("pending");
  expect(shown).toContain("El proveedor hará la llamada cuando empiece su horario de atención");
  expect(shown).toContain("Llamada pedida");
  expect(document.querySelectorAll("li.done")).toHaveLength(2);
  expect(document.querySelector("li.now, li.ahead, .trouble, button.main")).toBeNull();
  now += 1000;
  press(dial, { key: "Enter", mod: false, shift: false, repeat: false, composing: false, at: "elsewhere", atEnd: true });
  expect(host.dial).toHaveBeenCalledOnce();
  await dial.wish({ ...wish, number: "", from: "hotkey" });
  expect(dial.mode).toBe("search");
});

test("its last step has a shape of its own beside the ticks", async () => {
  await dialled("pending");
  const [asked, later] = [...document.querySelectorAll("li svg")].map((shape) => shape.innerHTML);
  expect(later).not.toBe(asked);
});

test("a failure for a reason of the vendor's own is told in its words", async () => {
  const shown = await dialled("vendor");
  expect(shown).toContain("El proveedor no conoce el popup de este agente.");
  expect(shown).toContain("Corrija el uuid del popup");
});

test("a recent call whose caller was never told says so, and can't be dialled", () => {
  const withheld = recent.find(({ number_written }) => number_written === "")!;
  const untold = { ...withheld, call: { ...withheld.call, party: { kind: "not_known_yet" as const } } };
  const [section] = beginnings("es", [untold], []);
  expect(section!.rows).toEqual([expect.objectContaining({ title: "Aún no se sabe quién llama", target: null })]);
});
