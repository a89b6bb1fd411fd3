// The settings file of a plain browser's Timbre, for the main window's accounts and CRMs: `fake=readonly` refuses to
// write it, `keyring=missing|locked|silent`, `check=password|address|strange`, `crm=refused` and `vendor=formcall` are as in
// the first run.

import type { WindowBootstrap } from "../../bindings/WindowBootstrap";
import type { Refusal } from "../../bindings/Refusal";
import type { ConnectionsHost, SettingsForm } from "../setup";
import { refusal } from "./dial";
import { setupHost } from "./setup";
import { setupWorld } from "./world";

/** Accounts and CRMs, and what is told after each change. */
export function connectionsHost(query: URLSearchParams, bootstrap: () => WindowBootstrap, changed: () => void): ConnectionsHost {
  const { offers, checkAccount, checkConnector, keyring, pickConnectorFile } = setupHost(query);
  const kind = query.get("fake") ?? "day";
  const set = setupWorld[query.get("vendor") === "formcall" ? "formcall" : "callmyway"];
  let form: SettingsForm = {
    ...set,
    language: bootstrap().language,
    accounts: kind === "trouble" ? [] : set.accounts,
    connectors: kind === "nocrm" ? [] : setupWorld.callmyway.connectors,
  };
  const write = (change: Partial<SettingsForm>): Promise<void> => {
    if (kind === "readonly") {
      return Promise.reject(refusal(bootstrap().language, "file_access") satisfies Refusal);
    }
    form = { ...form, ...change };
    console.info("host: settings", Object.keys(change).join());
    setTimeout(changed);
    return Promise.resolve();
  };
  const put = <T>(list: T[], same: (one: T) => boolean, put: T): T[] =>
    list.some(same) ? list.map((one) => (same(one) ? put : one)) : [...list, put];
  return {
    offers,
    checkAccount,
    checkConnector,
    keyring,
    pickConnectorFile,
    form: () => Promise.resolve(structuredClone(form)),
    saveAccount: (draft) => write({ accounts: put(form.accounts, ({ name }) => name === draft.name, draft) }),
    saveConnector: (draft) => write({ connectors: put(form.connectors, ({ name }) => name === draft.name, draft) }),
    removeAccount: (name) =>
      write({ accounts: form.accounts.filter((one) => one.name !== name), identities: form.identities.filter((one) => one.account !== name) }),
    removeConnector: (name) => write({ connectors: form.connectors.filter((one) => one.name !== name) }),
    saveIdentity: (was, identity) => write({ identities: put(form.identities, ({ label }) => label === was, identity) }),
    removeIdentity: (label) => write({ identities: form.identities.filter((one) => one.label !== label) }),
  };
}
