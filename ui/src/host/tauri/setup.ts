import type { MainCommands, SetupCommands, SetupEvents } from "../../bindings/commands";
import type { AccountHost, ConnectionsHost, ConnectorHost, SetupHost } from "../setup";
import { ask, comesUp, hear } from "./page";

const call = ask<SetupCommands>();
const callOfMain = ask<MainCommands>();

/** What the first run and the settings page have in common. */
const shared: AccountHost & ConnectorHost & Pick<ConnectionsHost, "offers"> = {
  offers: () => call("setup_offers", {}),
  checkAccount: (draft, password) => call("setup_check_account", { draft, password }),
  saveAccount: (draft, password, keep) => call("setup_save_account", { draft, password, keep }),
  keyring: (name) => call("setup_keyring", { name }),
  checkConnector: (draft, key) => call("setup_check_connector", { draft, key }),
  saveConnector: (draft, key, keep) => call("setup_save_connector", { draft, key, keep }),
  pickConnectorFile: () => call("setup_pick_connector_file", {}),
};

/** Accounts and CRMs, as the main window's settings page changes them. */
export const connectionsHost: ConnectionsHost = {
  ...shared,
  form: () => callOfMain("setup_form", {}),
  removeAccount: (name) => callOfMain("setup_remove_account", { name }),
  removeConnector: (name) => callOfMain("setup_remove_connector", { name }),
  saveIdentity: (was, identity) => callOfMain("setup_save_identity", { was, identity }),
  removeIdentity: (label) => callOfMain("setup_remove_identity", { label }),
};

/** Timbre itself, as far as the first run may ask it. */
export const setupHost: SetupHost = {
  ...shared,
  async start(listener) {
    await hear<SetupEvents>({ bootstrap: (bootstrap) => listener.bootstrap(bootstrap) });
    const bootstrap = await call("setup_ready", {});
    comesUp();
    return bootstrap;
  },
  setLanguage: (language) => call("setup_set_language", { language }),
  finish: (autostart) => call("setup_finish", { autostart }),
};
