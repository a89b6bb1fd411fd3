import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

import type { Hello } from "../../bindings/Hello";
import type { ConnectionsHost, SetupHost } from "../setup";
import { comesUp } from "./shown";

/** Accounts and CRMs, which the first run and the main window set up alike. */
export const connectionsHost: ConnectionsHost = {
  offers: () => invoke("setup_offers"),
  checkAccount: (draft, password) => invoke("setup_check_account", { draft, password }),
  saveAccount: (draft, password, keep) => invoke("setup_save_account", { draft, password, keep }),
  keyring: (name) => invoke("setup_keyring", { name }),
  checkConnector: (draft, key) => invoke("setup_check_connector", { draft, key }),
  saveConnector: (draft, key, keep) => invoke("setup_save_connector", { draft, key, keep }),
  pickConnectorFile: () => invoke("setup_pick_connector_file"),
  form: () => invoke("setup_form"),
  removeAccount: (name) => invoke("setup_remove_account", { name }),
  removeConnector: (name) => invoke("setup_remove_connector", { name }),
  saveIdentity: (was, identity) => invoke("setup_save_identity", { was, identity }),
  removeIdentity: (label) => invoke("setup_remove_identity", { label }),
};

/** Timbre itself, as far as the first run may ask it. */
export const setupHost: SetupHost = {
  ...connectionsHost,
  async start(listener) {
    await getCurrentWebviewWindow().listen<Hello>("setup-hello", ({ payload }) => listener.hello(payload));
    const hello = await invoke<Hello>("setup_ready");
    comesUp("setup");
    return hello;
  },
  setLanguage: (language) => invoke("setup_set_language", { language }),
  finish: (autostart) => invoke("setup_finish", { autostart }),
};
