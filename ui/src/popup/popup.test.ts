import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { hello } from "../host/fake/people";
import { popupHost, samples } from "../host/fake/popup";
import { Popup } from "./popup.svelte";
import PopupWindow from "./PopupWindow.svelte";

const card = samples.one!;
const detected = Date.parse(card.call.detected_at);

let popup: Popup;
let mounted: Record<string, unknown>;
const host = popupHost(new URLSearchParams());
const close = vi.spyOn(host, "close");

beforeEach(() => {
  popup = new Popup(host);
  popup.greet(hello("es"));
  mounted = mount(PopupWindow, { target: document.body, props: { popup } });
});

afterEach(() => unmount(mounted));

const shown = () => {
  flushSync();
  return document.body.textContent ?? "";
};

test("an empty window shows nothing", () => {
  expect(shown().trim()).toBe("");
});

test("a call fills the window and its timer runs", () => {
  popup.show(card, detected + 7000);
  expect(shown()).toContain("Ana Lucía Fernández");
  expect(shown()).toContain("0:07");
  popup.tick(detected + 67_000);
  expect(shown()).toContain("1:07");
});

test("the timer starts over when the other side answers, and stops when the call is over", () => {
  popup.show(card, detected + 7000);
  const connected_at = new Date(detected + 10_000).toISOString();
  popup.changed({ ...card.call, state: "connected", connected_at });
  popup.tick(detected + 15_000);
  expect(shown()).toContain("en conversación");
  expect(popup.timer).toBe("0:05");

  popup.changed({ ...card.call, state: "ended", connected_at, ended_at: new Date(detected + 70_000).toISOString() });
  popup.tick(detected + 999_000);
  expect(shown()).toContain("terminada");
  expect(popup.timer).toBe("1:00");
  expect(popup.running).toBe(false);
});

test("news of another call changes nothing", () => {
  popup.show(card, detected);
  popup.changed({ ...card.call, key: "callmyway:main:other", state: "ended" });
  expect(shown()).toContain("suena");
});

test("a cleared window holds nothing of the call it showed", () => {
  popup.show(card, detected);
  shown();
  popup.clear();
  expect(shown().trim()).toBe("");
});

test("what a stranger wrote is text, never markup", () => {
  popup.show(samples.hostile!, detected);
  expect(shown()).toContain("<b>Juan</b>");
  expect(document.querySelector("main b, main img")).toBeNull();
});

test("the close button has a name in the window's language and closes", () => {
  popup.greet(hello("pt"));
  popup.show(card, detected);
  flushSync();
  const button = document.querySelector("header button") as HTMLButtonElement;
  expect(button.getAttribute("aria-label")).toBe("Fechar");
  button.click();
  expect(close).toHaveBeenCalledOnce();
});
