import "./setup.css";

import { mount } from "svelte";
import catalogue from "virtual:texts/setup";

import { setupHost } from "../host";
import { speakFrom } from "../texts";
import { Setup } from "./setup.svelte";
import SetupWindow from "./SetupWindow.svelte";

speakFrom(catalogue);
const host = await setupHost();
const setup = new Setup(host);

const bootstrap = await host.start({
  bootstrap: (bootstrap) => setup.greet(bootstrap),
  leaving: () => Promise.resolve(setup.left),
});
setup.begin(bootstrap, await host.offers());
mount(SetupWindow, { target: document.body, props: { setup } });
