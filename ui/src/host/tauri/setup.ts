import type { MainCommands, SetupCommands, SetupEvents } from "../../bindings/commands";
import type { AccountHost, ConnectionsHost, ConnectorHost, SetupHost } from "../setup";
import { ask, comesUp, hear, keeps } from "./page";

/** The commands that the first run's window and the main window both have a right to. */
type SharedCommands = Pick<SetupCommands, keyof SetupCommands & keyof MainCommands>;

const callOfSetup = ask<SetupCommands>();
const callOfMain = ask<MainCommands>();
const callOfBoth = ask<SharedCommands>();

/** What the first run and the settings page have in common. */
const shared: AccountHost & ConnectorHost & Pick<ConnectionsHost, "offers"> = {
  offers: () => callOfBoth("setup_offers", {}),
  checkAccount: (draft, password) => callOfBoth("setup_check_account", { draft, password }),
  saveAccount: (draft, password, keep) => callOfBoth("setup_save_account", { draft, password, keep }),
  keyring: (name) => callOfBoth("setup_keyring", { name }),
  checkConnector: (draft, key) => callOfBoth("setup_check_connector", { draft, key }),
  saveConnector: (draft, key, keep) => callOfBoth("setup_save_connector", { draft, key, keep }),
  pickConnectorFile: () => callOfBoth("setup_pick_connector_file", {}),
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
    await hear<SetupEvents>({
      bootstrap: (bootstrap) => listener.bootstrap(bootstrap),
      flush: keeps(
        () => listener.leaving?.() ?? Promise.resolve([]),
        (left) => callOfSetup("setup_left", { left }),
      ),
    });
    const bootstrap = await callOfSetup("setup_ready", {});
    comesUp(callOfSetup);
    return bootstrap;
  },
  setLanguage: (language) => callOfSetup("setup_set_language", { language }),
  finish: (autostart) => callOfSetup("setup_finish", { autostart }),
};
