import { expect, test } from "vitest";

import type { Refusal } from "../../bindings/Refusal";
import { connectionsHost } from "../../host/fake/connections";
import { bootstrap } from "../../host/fake/world";
import type { ConnectionsHost, Keyring } from "../../host/setup";
import type { Shell } from "../shell.svelte";
import { Connections } from "./connections.svelte";

const keyring = (state: Keyring["state"]): Keyring => ({ state, variable: "TIMBRE_SECRET_PRINCIPAL", variable_set: false });

/** The page with its settings read, and what it asked to be saved or removed. */
async function opened(query = "", more: Partial<ConnectionsHost> = {}) {
  const asked: string[] = [];
  const real = connectionsHost(new URLSearchParams(query), () => bootstrap("es"), () => undefined);
  const host: ConnectionsHost = {
    ...real,
    saveAccount: (draft, password, keep) => (asked.push(`save ${draft.name} ${String(draft.values["username"])} ${password} ${keep}`), real.saveAccount(draft, password, keep)),
    saveConnector: (draft, key, keep) => (asked.push(`save ${draft.name} ${keep}`), real.saveConnector(draft, key, keep)),
    removeAccount: (name) => (asked.push(`remove ${name}`), real.removeAccount(name)),
    ...more,
  };
  const page = new Connections({ host: { connections: host }, status: null, now: 0 } as unknown as Shell);
  await page.refresh();
  return { page, asked };
}

test("a new account and a new CRM never take the name of another", async () => {
  const { page } = await opened();
  page.editAccount("");
  expect(page.account.draft.name).toBe("principal-2");
  page.editCrm("");
  expect(page.crm.draft.name).toBe("espocrm-2");
});

test("what is there already is saved without a new password, also unchecked; something new is checked first", async () => {
  const { page, asked } = await opened();
  page.editAccount("principal");
  expect(page.savable).toBe(true);
  await page.save();
  expect(asked).toEqual(["save principal 8373456  keyring"]);
  expect(page.editing).toBeNull();
  page.editAccount("");
  expect(page.savable).toBe(false);
  page.account.draft.values["username"] = "8373457";
  page.account.password = "secreto";
  await page.verify();
  expect(page.fine).toBe(true);
  page.account.draft.values["username"] = "8373458";
  expect(page.fine).toBe(false);
});

test("without a keyring the agent says where the password is kept, and nothing is saved before", async () => {
  const { page, asked } = await opened("", { keyring: () => Promise.resolve(keyring("missing")) });
  page.editAccount("principal");
  page.account.password = "otra";
  await page.save();
  expect(asked).toEqual([]);
  expect(page.choosing).toBe(true);
  page.choice = "session";
  await page.save();
  expect(asked).toEqual(["save principal 8373456 otra session"]);
});

test("a keyring that was unlocked meanwhile is used when it is tried again", async () => {
  let state: Keyring["state"] = "locked";
  const { page, asked } = await opened("", { keyring: () => Promise.resolve(keyring(state)) });
  page.editAccount("principal");
  page.account.password = "otra";
  await page.save();
  state = "works";
  await page.save();
  expect(asked).toEqual(["save principal 8373456 otra keyring"]);
});

test("what is refused is said, and what was typed stays", async () => {
  const { page } = await opened("fake=readonly");
  page.editIdentity("Ventas");
  page.identity.label = "Ventas internas";
  await page.save();
  expect(page.wrong?.what).toBe("El archivo no se puede leer o escribir.");
  expect(page.identity.label).toBe("Ventas internas");
  expect(page.busy).toBe(false);
  expect(page.form?.identities[0]?.label).toBe("Ventas");
});

test("an account is removed once the question is answered, and its identities with it", async () => {
  const { page, asked } = await opened();
  await page.remove();
  expect(asked).toEqual([]);
  page.asking = { kind: "account", name: "principal" };
  await page.remove();
  expect(asked).toEqual(["remove principal"]);
  expect([page.form?.accounts, page.form?.identities, page.asking]).toEqual([[], [], null]);
});

test("an answer to what was left meanwhile changes nothing", async () => {
  let answer: (refusal: Refusal) => void = () => undefined;
  const { page } = await opened("", { checkAccount: () => new Promise((_, refuse) => (answer = refuse)) });
  const trying = page.try({ kind: "account", name: "principal" });
  page.editIdentity("Ventas");
  answer({ code: "unreachable", place: null, what: "No responde.", what_to_do: "", detail: "" });
  await trying;
  expect([page.tried, page.wrong]).toEqual([null, null]);
});

test("settings that can't be read say why, and offer nothing to change", async () => {
  const refusal: Refusal = { code: "bad_config", place: null, what: "Hay un error.", what_to_do: "Corríjalo.", detail: "line 3" };
  const { page } = await opened("", { form: () => Promise.reject(refusal) });
  expect([page.unread, page.form]).toEqual([refusal, null]);
});
