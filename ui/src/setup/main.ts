import "./setup.css";

import { mount } from "svelte";

import { setupHost } from "../host";
import { Setup } from "./setup.svelte";
import SetupWindow from "./SetupWindow.svelte";

const host = await setupHost();
const setup = new Setup(host);

const hello = await host.start({ hello: (hello) => setup.greet(hello) });
setup.begin(hello, await host.offers());
mount(SetupWindow, { target: document.body, props: { setup } });
