// A telephone rings, and the vendor has not said who it is.

import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { PopupCard } from "../bindings/PopupCard";
import { bootstrap } from "../host/fake/world";
import { popupHost, samples } from "../host/fake/popup";
import { firstField } from "./keys";
import { Popup } from "./popup.svelte";
import PopupWindow from "./PopupWindow.svelte";
import { view } from "./view";

const card = samples.not_known_yet!;
const known: PopupCard = { ...samples.one!, call: { ...samples.one!.call, key: card.call.key } };
const at = Date.parse(card.call.detected_at);

let popup: Popup;
let mounted: Record<string, unknown>;

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  popup = new Popup(popupHost(new URLSearchParams()));
  popup.greet(bootstrap("es"));
  mounted = mount(PopupWindow, { target: document.body, props: { popup } });
});
afterEach(() => unmount(mounted));

const show = (card: PopupCard) => {
  popup.show(card, at);
  flushSync();
};
const shown = () => {
  flushSync();
  return document.body.textContent!;
};
const shapeOf = (selector: string) => document.querySelector(selector)!.innerHTML.replace(/ class="[^"]*"/g, "");

test("says so, and that it will be filled in, in a shape of its own", () => {
  expect(view(bootstrap("es"), card, false)).toMatchObject({
    signal: "ringing-in",
    title: "Aún no se sabe quién llama",
    number: "",
    dial: null,
    certainty: "not_yet",
    match: "Aparece aquí en cuanto el proveedor lo diga",
  });
  show(card);
  const shape = shapeOf(".match svg");
  for (const other of ["one", "maybe", "unknown"]) {
    popup.clear();
    show(samples[other]!);
    expect(shapeOf(".match svg")).not.toBe(shape);
  }
});

test("offers no way to name them while it rings and while people talk: the vendor may yet say it", () => {
  show(card);
  expect([...document.querySelectorAll(".identify, .panel, [role=combobox]")]).toEqual([]);
  popup.changed({ ...card.call, state: "connected", connected_at: card.call.detected_at });
  flushSync();
  expect([...document.querySelectorAll(".identify, .panel, [role=combobox]")]).toEqual([]);
});

test("the keyboard goes to the dispositions, and digits are for them", () => {
  show(card);
  expect(firstField()?.textContent).toContain("Venta");
});

test("is filled in when the vendor says who it is", () => {
  show(card);
  show(known);
  expect(document.querySelector("h1")!.textContent).toBe("Ana Lucía Fernández");
  expect(shown()).not.toContain("Aún no se sabe");
  expect(shown()).toContain("8888 4787");
});

test("once the agent has begun to act nothing is exchanged, and what they wrote stays", () => {
  show(card);
  popup.begin();
  popup.form!.comment = "Pregunta por el plan";
  show({ ...known, call: { ...known.call, state: "connected", connected_at: known.call.detected_at } });
  expect(document.querySelector("h1")!.textContent).toBe("Aún no se sabe quién llama");
  expect(popup.form!.comment).toBe("Pregunta por el plan");
  expect(shown()).toContain("en conversación");
});

test("a call that is over with nobody named may be attached to a contact; there is no number to make one of", () => {
  show({ ...card, call: { ...card.call, state: "ended", connected_at: card.call.detected_at, ended_at: new Date(at + 9000).toISOString() } });
  expect(document.querySelector("[role=combobox]")).not.toBeNull();
  expect(shown()).not.toContain("Nuevo contacto");
});
