// The settings' page of accounts, with vendors of different kinds.

import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { connectionsHost } from "../../host/fake/connections";
import { mainHost } from "../../host/fake/main";
import { bootstrap } from "../../host/fake/world";
import { vendors } from "../../host/fake/setup";
import type { AccountDraft, ConnectionsHost } from "../../host/setup";
import { Shell } from "../shell.svelte";
import Page from "./Connections.svelte";
import { Connections } from "./connections.svelte";
import { accountTitle, endpointsOf, fineWords } from "./known";

let page: Connections;
let mounted: Record<string, unknown> | null = null;
let saved: [AccountDraft, string][];

/** The page with its settings read, as the agent sees it. */
async function opened(query: string, more: Partial<ConnectionsHost> = {}) {
  const given = new URLSearchParams(query);
  const real = connectionsHost(given, () => bootstrap("es"), () => undefined);
  const connections: ConnectionsHost = {
    ...real,
    saveAccount: (draft, password, keep) => (saved.push([draft, password]), real.saveAccount(draft, password, keep)),
    ...more,
  };
  const shell = new Shell({ ...mainHost(given), connections }, bootstrap("es"));
  page = new Connections(shell);
  await page.refresh();
  mounted = mount(Page, { target: document.body, props: { shell, connections: page } });
  flushSync();
}

async function close() {
  if (mounted) {
    await unmount(mounted);
    mounted = null;
  }
}

beforeEach(() => {
  saved = [];
  vi.spyOn(console, "info").mockReturnValue();
});
afterEach(async () => {
  await close();
  vi.restoreAllMocks();
});

const shown = () => {
  flushSync();
  return document.body.textContent!.replace(/\s+/g, " ");
};

test("an account is listed by its vendor and what it signs in with, and a secret is never that", async () => {
  await opened("");
  expect(shown()).toContain("CallMyWay 8373456");
  await close();
  await opened("vendor=formcall");
  expect(document.querySelector("[aria-labelledby=accounts] strong")!.textContent).toBe("FormCall");
});

test("a trial from the list says what the vendor tells, and where it lists nothing, that it lets us in", async () => {
  await opened("");
  await page.try({ kind: "account", name: "principal" });
  expect(shown()).toContain("El proveedor responde. Extensiones: 3. Llamadas activas: 2.");
  await close();
  await opened("vendor=formcall");
  await page.try({ kind: "account", name: "principal" });
  expect(shown()).toContain("FormCall lo deja entrar.");
  expect(shown()).not.toContain("Extensiones:");
});

test("an account of a vendor without endpoints is checked and saved with no choice among any", async () => {
  await opened("vendor=formcall");
  page.editAccount("principal");
  await page.verify();
  expect(shown()).toContain("FormCall lo deja entrar.");
  expect(document.querySelector(".found fieldset")).toBeNull();
  await page.save();
  expect(page.editing).toBeNull();
  expect(saved).toEqual([[expect.objectContaining({ provider: "formcall", values: expect.not.objectContaining({ endpoints: expect.anything() }) }), ""]]);
});

test("a field that the form does not know of goes back into the file as it came", async () => {
  const form = () =>
    Promise.resolve({
      ...{ revision: "1", exists: true, language: "es" as const, country: "CR", agent: "", popup: {}, identities: [], connectors: [] },
      accounts: [{ name: "principal", provider: "callmyway", values: { base_url: "http://localhost", username: "8373456", other: "kept" }, allow_plain_http: true }],
    });
  await opened("", { form });
  page.editAccount("principal");
  await page.save();
  expect(saved[0]![0]).toMatchObject({ allow_plain_http: true, values: { username: "8373456", other: "kept" } });
});

test("another vendor's form is never saved with the secret of the one before", async () => {
  await opened("");
  page.editAccount("principal");
  page.account.choose("formcall");
  page.account.setRows("popups", [{ name: "Marta", value: "6f1c2a90" }]);
  expect(page.account.draft.name).toBe("principal");
  await page.save();
  expect(saved).toEqual([]);
  expect(page.account.wrong?.field).toBe("security_token");
  page.account.password = "token";
  await page.save();
  expect(saved).toEqual([[expect.objectContaining({ name: "principal", provider: "formcall" }), "token"]]);
});

test("half a row of a table is not dropped when it is saved unchecked", async () => {
  await opened("vendor=formcall");
  page.editAccount("principal");
  page.account.setRows("popups", [...page.account.rows("popups"), { name: "Diego", value: "" }]);
  await page.save();
  expect(saved).toEqual([]);
  expect(page.account.wrong?.field).toBe("popups");
});

test("an account of a vendor that is not known here keeps what it has, and is told as it is", async () => {
  const odd: AccountDraft = { name: "odd", provider: "other", values: { username: "1" }, allow_plain_http: false };
  const offers = { vendors: vendors("es"), connectors: [] };
  const check = await connectionsHost(new URLSearchParams(), () => bootstrap("es"), () => undefined).checkAccount(odd, "");
  await opened("");
  expect(accountTitle(offers, odd)).toBe("other");
  expect(fineWords((key, values) => `${key} ${String(values?.["vendor"])}`, offers, odd, check)).toBe("setup.account.fine other");
});

test("an identity is offered the endpoints chosen, else the user name, else those of the table, the agent's own first", () => {
  const offers = { vendors: vendors("es"), connectors: [] };
  const of = (provider: string, values: AccountDraft["values"], agent = "") => {
    const form = { revision: "", exists: true, language: "es" as const, country: "CR", agent, popup: {}, identities: [], connectors: [] };
    return endpointsOf(offers, { ...form, accounts: [{ name: "a", provider, values, allow_plain_http: false }] }, "a");
  };
  expect(of("callmyway", { username: "8373456", endpoints: ["8373457", "8373458"] })).toEqual(["8373457", "8373458"]);
  expect(of("callmyway", { username: "8373456" })).toEqual(["8373456"]);
  expect(of("formcall", { popups: { Diego: "d-1", Marta: "m-1" } }, "marta")).toEqual(["m-1", "d-1"]);
  expect(of("formcall", {})).toEqual([]);
  expect(of("other", { username: "1" })).toEqual([]);
});
