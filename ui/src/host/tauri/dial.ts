import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

import type { DialProgress } from "../../bindings/DialProgress";
import type { Hello } from "../../bindings/Hello";
import type { Status } from "../../bindings/Status";
import type { DialHost, DialWish } from "../host";
import { comesUp } from "./shown";

/** Timbre itself, as far as the dial window may ask it. */
export const dialHost: DialHost = {
  async start(listener) {
    const window = getCurrentWebviewWindow();
    await Promise.all([
      window.listen<DialWish>("dial-wish", ({ payload }) => listener.wish(payload)),
      window.listen<DialProgress>("dial-progress", ({ payload }) => listener.progress(payload)),
      window.listen<Status>("dial-status", ({ payload }) => listener.status(payload)),
      window.listen<Hello>("dial-hello", ({ payload }) => listener.hello(payload)),
    ]);
    const hello = await invoke<Hello>("dial_ready");
    comesUp("dial");
    return hello;
  },
  search: (text) => invoke("dial_search", { text }),
  recent: (limit) => invoke("dial_recent", { limit }),
  readNumber: (text) => invoke("dial_read_number", { text }),
  chooseIdentity: (label) => invoke("dial_choose_identity", { label }),
  dial: (number, from, contact, despiteDoNotCall) => invoke("dial_dial", { number, from, contact, despiteDoNotCall }),
  height: (height) => invoke("dial_height", { height }),
  close: () => invoke("dial_close"),
};
