import "./strip.css";

import { mount } from "svelte";
import catalogue from "virtual:texts/strip";

import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import { stripHost } from "../host";
import { speakFrom } from "../texts";
import { Strip } from "./strip.svelte";
import StripBar from "./StripBar.svelte";

speakFrom(catalogue);
const host = await stripHost();
const strip = new Strip();

mount(StripBar, { target: document.body, props: { strip, host } });

// The timer turns over only while there is something to count.
setInterval(() => {
  if (strip.call) {
    strip.tick(Date.now());
  }
}, 1000);

const greet = (bootstrap: WindowBootstrap) => {
  document.documentElement.lang = bootstrap.language;
  strip.greet(bootstrap);
};

greet(
  await host.start({
    status: (status, trayStatus) => strip.changed(status, trayStatus, Date.now()),
    bootstrap: greet,
  }),
);
