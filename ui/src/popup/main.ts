import "./popup.css";

import { flushSync, mount } from "svelte";
import catalogue from "virtual:texts/popup";

import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { PopupCard } from "../bindings/PopupCard";
import { popupHost } from "../host";
import { speakFrom } from "../texts";
import { Keyboard, pressed } from "./keys";
import { Popup } from "./popup.svelte";
import PopupWindow from "./PopupWindow.svelte";
import { warmUp } from "./warmUp";
import { LEAST, Size, WIDEST } from "./size";

speakFrom(catalogue);
const host = await popupHost();
const popup = new Popup(host);
const keyboard = new Keyboard(() => host.focus());
const size = new Size((height) => {
  if (popup.card) {
    void host.filled(popup.card.call.key, height);
  }
});

// With very large text on a small screen the window is not as wide as the page would have it.
const fitIn = () => {
  const narrow = document.visibilityState === "visible" && innerWidth >= LEAST && innerWidth < WIDEST;
  document.documentElement.style.setProperty("--room", narrow ? `${innerWidth}px` : `${WIDEST}px`);
};
addEventListener("resize", fitIn);

mount(PopupWindow, { target: document.body, props: { popup } });

window.addEventListener("keydown", (event) => {
  popup.begin();
  pressed(popup, event);
});
window.addEventListener(
  "pointerdown",
  (event) => {
    popup.begin();
    keyboard.pointed(event);
  },
  { capture: true },
);
// Whoever goes away may not come back: what is typed is kept now.
window.addEventListener("blur", () => void popup.form?.flush());

// The timer turns over with the wall clock's seconds only while there is something to count.
setInterval(() => {
  if (popup.running) {
    popup.tick(Date.now());
  }
}, 1000);

/** Resolves on the second animation frame from now: by then the first has been painted. */
const painted = () =>
  new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

function show(card: PopupCard): void {
  flushSync(() => popup.show(card, Date.now()));
  document.querySelector("main .middle")?.scrollTo(0, 0);
  // As tall as what is on it, whatever the window's height was for the call before.
  size.tell();
  void painted().then(() => host.painted(card.call.key));
}

/** A call that came before we knew which language to speak. */
let early: PopupCard | null = null;

function greet(bootstrap: WindowBootstrap): void {
  document.documentElement.lang = bootstrap.language;
  popup.greet(bootstrap);
}

const bootstrap = await host.start({
  show: (card) => {
    if (popup.bootstrap) {
      show(card);
    } else {
      early = card;
    }
  },
  changed: (call) => popup.changed(call),
  records: (callKey, records) => popup.records(callKey, records),
  focused: () => keyboard.focused(),
  closeAsked: () => void popup.close(),
  leaving: () => popup.leaving(),
  clear: () => {
    early = null;
    flushSync(() => popup.clear());
  },
  bootstrap: greet,
});
greet(bootstrap);
if (early) {
  show(early);
} else {
  warmUp(bootstrap, host, Date.now());
}
