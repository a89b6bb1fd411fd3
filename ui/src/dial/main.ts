import "./dial.css";

import { flushSync, mount } from "svelte";
import catalogue from "virtual:texts/dial";

import { dialHost } from "../host";
import { speakFrom } from "../texts";
import { DialWindow } from "./dial.svelte";
import Page from "./DialWindow.svelte";
import { press } from "./keys";

/** How long a conversation that has begun stays on the glass: the pop-up shows the call from here on. */
const STAYS_MS = 1500;

speakFrom(catalogue);
const host = await dialHost();
const dial = new DialWindow(host);

mount(Page, { target: document.body, props: { dial } });

window.addEventListener("keydown", (event) => {
  const { target } = event;
  document.documentElement.classList.toggle("mod", event.key === "Control" || event.key === "Meta");
  const field = target instanceof HTMLInputElement ? target : null;
  const meant = press(dial, {
    key: event.key,
    mod: event.ctrlKey || event.metaKey,
    shift: event.shiftKey,
    repeat: event.repeat,
    composing: event.isComposing,
    at: field ? "field" : target instanceof HTMLButtonElement || target instanceof HTMLSelectElement ? "control" : "elsewhere",
    atEnd: field !== null && field.selectionEnd === field.value.length,
  });
  if (meant) {
    event.preventDefault();
  }
});
const released = () => document.documentElement.classList.remove("mod");
window.addEventListener("keyup", released);
window.addEventListener("blur", released);

// A key that was on its way to another window as this one came up is not for us.
window.addEventListener("focus", () => dial.guard.again(Date.now()));

// As tall as what is on it; the window never has a scroll bar of its own.
const content = document.querySelector("main > div")!;
new ResizeObserver(() => {
  const height = Math.ceil(content.getBoundingClientRect().height);
  if (height > 0) {
    void host.height(height);
  }
}).observe(content);

const greet: Parameters<typeof host.start>[0]["bootstrap"] = (bootstrap) => {
  document.documentElement.lang = bootstrap.language;
  flushSync(() => dial.greet(bootstrap));
};

greet(
  await host.start({
    wish: (wish) => void dial.wish(wish),
    progress(progress) {
      dial.progress(progress);
      const followed = dial.going;
      if (followed?.id === progress.id && progress.state === "connected") {
        setTimeout(() => {
          if (dial.going?.id === progress.id && dial.going.watched.state === "connected") {
            dial.leave();
          }
        }, STAYS_MS);
      }
    },
    status() {
      // Nothing of it is shown here.
    },
    bootstrap: greet,
  }),
);
