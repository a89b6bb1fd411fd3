import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

import type { Call } from "../bindings/Call";
import type { Language } from "../bindings/Language";
import type { PopupCard } from "../bindings/PopupCard";
import type { PopupHost } from "./host";

/** Timbre itself. */
export const tauriHost: PopupHost = {
  async start(listener) {
    const window = getCurrentWebviewWindow();
    await Promise.all([
      window.listen<PopupCard>("popup-show", (event) => listener.show(event.payload)),
      window.listen<Call>("popup-changed", (event) => listener.changed(event.payload)),
      window.listen("popup-clear", () => listener.clear()),
    ]);
    return invoke<Language>("popup_ready");
  },
  filled: (callKey, height) => invoke("popup_filled", { callKey, height }),
  painted: (callKey) => invoke("popup_painted", { callKey }),
  close: (callKey) => invoke("popup_close", { callKey }),
};
