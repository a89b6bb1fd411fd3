import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

import type { Hello } from "../../bindings/Hello";
import type { Light } from "../../bindings/Light";
import type { Status } from "../../bindings/Status";
import type { StripHost } from "../host";
import { comesUp } from "./shown";

/** Timbre itself, as far as the strip may ask it. */
export const stripHost: StripHost = {
  async start(listener) {
    const window = getCurrentWebviewWindow();
    await Promise.all([
      window.listen<{ status: Status; light: Light }>("strip-status", ({ payload }) =>
        listener.status(payload.status, payload.light),
      ),
      window.listen<Hello>("strip-hello", ({ payload }) => listener.hello(payload)),
    ]);
    const hello = await invoke<Hello>("strip_ready");
    comesUp("strip");
    return hello;
  },
  menu: () => invoke("strip_menu"),
  openDial: () => invoke("strip_open_dial"),
  openMain: () => invoke("strip_open_main"),
};
