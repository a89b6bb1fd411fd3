import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

import type { Hello } from "../../bindings/Hello";
import type { SetupHost } from "../setup";
import { comesUp } from "./shown";

/** Timbre itself, as far as the first run may ask it. */
export const setupHost: SetupHost = {
  async start(listener) {
    await getCurrentWebviewWindow().listen<Hello>("setup-hello", ({ payload }) => listener.hello(payload));
    const hello = await invoke<Hello>("setup_ready");
    comesUp("setup");
    return hello;
  },
  offers: () => invoke("setup_offers"),
  setLanguage: (language) => invoke("setup_set_language", { language }),
  checkAccount: (draft, password) => invoke("setup_check_account", { draft, password }),
  saveAccount: (draft, password, keep) => invoke("setup_save_account", { draft, password, keep }),
  keyring: (name) => invoke("setup_keyring", { name }),
  checkConnector: (draft, key) => invoke("setup_check_connector", { draft, key }),
  saveConnector: (draft, key, keep) => invoke("setup_save_connector", { draft, key, keep }),
  pickConnectorFile: () => invoke("setup_pick_connector_file"),
  finish: (autostart) => invoke("setup_finish", { autostart }),
};
