import "./popup.css";

import { flushSync, mount } from "svelte";

import { popupHost } from "../host";
import { Popup } from "./popup.svelte";
import PopupWindow from "./PopupWindow.svelte";

const host = await popupHost();
const popup = new Popup();

const close = () => {
  if (popup.card) {
    void host.close(popup.card.call.key);
  }
};

mount(PopupWindow, { target: document.body, props: { popup, close } });

window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    close();
  }
});

// The timer turns over with the wall clock's seconds only while there is something to count.
setInterval(() => {
  if (popup.running) {
    popup.tick(Date.now());
  }
}, 1000);

/** Resolves on the second animation frame from now: by then the first has been painted. */
const painted = () =>
  new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

popup.language = await host.start({
  show(card) {
    flushSync(() => popup.show(card, Date.now()));
    const main = document.querySelector("main");
    main?.scrollTo(0, 0);
    // As tall as what is on it, whatever the window's height was for the call before.
    const height = main?.scrollHeight ?? 0;
    void host.filled(card.call.key, height);
    void painted().then(() => host.painted(card.call.key));
  },
  changed: (call) => popup.changed(call),
  clear: () => flushSync(() => popup.clear()),
});
document.documentElement.lang = popup.language;
