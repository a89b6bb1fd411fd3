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

const hello = await host.start({ hello: (hello) => setup.greet(hello) });
setup.begin(hello, await host.offers());
mount(SetupWindow, { target: document.body, props: { setup } });
