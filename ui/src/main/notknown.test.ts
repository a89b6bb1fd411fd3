// A call in the main window whose caller the vendor has not named yet.

import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { CallRow } from "../bindings/CallRow";
import type { PopupCard } from "../bindings/PopupCard";
import { bootstrap, world } from "../host/fake/world";
import { mainHost } from "../host/fake/main";
import CallItem from "./CallItem.svelte";
import DetailPane from "./DetailPane.svelte";
import { rowView, searched } from "./row";
import { Main } from "./window.svelte";

const [row, other] = [world.not_known_yet, world.calls[0]!];
let main: Main;
let mounted: Record<string, unknown>[];

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  mounted = [];
  main = new Main(mainHost(new URLSearchParams("who=notyet")), bootstrap("es"));
});
afterEach(() => Promise.all(mounted.map((one) => unmount(one))));

const find = (selector: string) => document.querySelector(selector);

/** The detail of that call, as the host has its card by then. */
async function detail(more: Partial<PopupCard> = {}) {
  const card = await main.shell.host.card(row.call.key);
  vi.spyOn(main.shell.host, "card").mockResolvedValue({ ...card, ...more } as PopupCard);
  mounted.push(mount(DetailPane, { target: document.body, props: { shell: main.shell, detail: main.detail, back: () => undefined } }));
  await main.detail.call(row.call.key);
  await vi.waitFor(() => expect(main.detail.card).not.toBeNull());
  flushSync();
  return document.body.textContent!;
}

test("a row says so, and has a shape of its own before the words; a row with a name has none", () => {
  expect(rowView(bootstrap("es"), row, Date.now())).toMatchObject({ name: "Aún no se sabe quién llama", notKnownYet: true, live: true });
  expect(rowView(bootstrap("es"), { ...row, name: "Ana" }, Date.now())).toMatchObject({ name: "Ana", notKnownYet: false });
  expect(searched(row).digits).toBe("");
  const draw = (row: CallRow) => mounted.push(mount(CallItem, { target: document.body, props: { shell: main.shell, row, withDay: false } }));
  draw(row);
  flushSync();
  expect(document.querySelectorAll(".who svg")).toHaveLength(1);
  draw(other);
  flushSync();
  expect(document.querySelectorAll(".who svg")).toHaveLength(1);
});

test("the detail waits for the vendor and asks nobody who it is while the call goes on", async () => {
  const shown = await detail();
  expect(shown).toContain("Aún no se sabe quién llama");
  expect(shown).toContain("Aparece aquí en cuanto el proveedor lo diga");
  expect(find(".waits svg")).not.toBeNull();
  expect(find(".identify")).toBeNull();
});

test("once the call is over it may be attached to a contact; there is no number to make one of", async () => {
  await detail({ call: { ...row.call, state: "ended", ended_at: row.call.detected_at } });
  expect([...document.querySelectorAll(".identify button")].map((button) => button.textContent)).toEqual(["Vincular a un contacto…"]);
});

test("is filled in as soon as it is known", async () => {
  await detail();
  const known = await mainHost(new URLSearchParams()).card(other.call.key);
  vi.spyOn(main.shell.host, "card").mockResolvedValue({ ...known, call: { ...known.call, key: row.call.key } });
  main.shell.page = "today";
  main.listener().changed("calls");
  await vi.waitFor(() => expect(main.detail.contact?.name).toBe("Ana Lucía Fernández"));
  flushSync();
  expect(find("h2")!.textContent).toBe("Ana Lucía Fernández");
  expect(find(".waits")).toBeNull();
});
