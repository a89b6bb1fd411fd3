import "./main.css";

import { mount } from "svelte";
import catalogue from "virtual:texts/main";

import { mainHost } from "../host";
import { speakFrom } from "../texts";
import MainWindow from "./MainWindow.svelte";
import { Main } from "./window.svelte";
import type { MainListener } from "../host/host";

speakFrom(catalogue);
const host = await mainHost();

// The host may tell of things before its greeting is here; they are kept until there is a window to tell.
let listener: MainListener | undefined;
const early: ((listener: MainListener) => void)[] = [];
const tell = (what: (listener: MainListener) => void) => {
  if (listener) {
    what(listener);
  } else {
    early.push(what);
  }
};
const bootstrap = await host.start({
  goTo: (goal) => tell((to) => to.goTo(goal)),
  status: (status) => tell((to) => to.status(status)),
  changed: (what) => tell((to) => to.changed(what)),
  progress: (progress) => tell((to) => to.progress(progress)),
  leaving: () => listener?.leaving?.() ?? Promise.resolve([]),
  bootstrap: (newer) => tell((to) => to.bootstrap(newer)),
});

const main = new Main(host, bootstrap);
mount(MainWindow, { target: document.body, props: { main } });
main.open("today");
listener = main.listener();
for (const what of early) {
  what(listener);
}
main.shell.status ??= await host.status();

// What is being written is kept before the window goes, whichever way it goes.
addEventListener("pagehide", () => void main.detail.flush());
addEventListener("blur", () => void main.detail.flush());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") {
    void main.detail.flush();
  }
});

// Each second while a timer is on screen, else on the minute: an idle window does nothing.
setInterval(() => {
  const now = Date.now();
  const live = main.calls?.live === true || main.detail.card?.call.state === "connected";
  if (live || Math.floor(now / 60_000) !== Math.floor(main.shell.now / 60_000)) {
    main.tick(now);
  }
}, 1000);
