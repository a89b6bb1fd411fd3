// What is known of an account or a CRM of the settings file, from what can be set up here.

import type { AccountCheck, AccountDraft, ConnectorDraft, KnownConnector, Offers, SettingsForm } from "../../host/setup";
import { plain } from "../../kit/plain";
import { lineOf, linesOf, rowsOf } from "../../setup/forms/values";
import type { Shell } from "../shell.svelte";

const vendorOf = (offers: Offers, { provider }: AccountDraft) => offers.vendors.find((one) => one.provider === provider);

/** What an account is called: its vendor, and what it signs in with where that is no secret. */
export function accountTitle(offers: Offers, draft: AccountDraft): string {
  const vendor = vendorOf(offers, draft);
  const signIn = vendor?.fields.find(({ input, required, advanced }) => input.input === "text" && required && !advanced);
  return [vendor?.title ?? draft.provider, signIn && lineOf(draft.values, signIn.name)].filter(Boolean).join(" ");
}

/** That the vendor let an account in: with what it told, as far as it tells of such things. */
export function fineWords(say: Shell["say"], offers: Offers, draft: AccountDraft, check: AccountCheck): string {
  const vendor = vendorOf(offers, draft);
  const tells = vendor?.capabilities.includes("endpoints") && vendor.capabilities.includes("live_calls");
  return tells
    ? say("settings.connections.fine.account", { endpoints: check.endpoints.length, calls: check.live_calls })
    : say("setup.account.fine", { vendor: plain(vendor?.title ?? draft.provider) });
}

/** Which kind of CRM it is; one from a file that is not known here is made up from what is set. */
export function connectorKind(offers: Offers, draft: ConnectorDraft): KnownConnector {
  const settings = Object.keys(draft.settings).map((name) => ({ name, label: name, about: "", default: null, required: false, kind: "text" as const }));
  return offers.connectors.find(({ file }) => file === draft.file) ?? { file: draft.file, title: draft.file, settings };
}

/** The endpoints that an identity of this account may have: those chosen, those of the tables by agent, else the sign-in. */
export function endpointsOf(offers: Offers, form: SettingsForm | null, account: string): string[] {
  const draft = form?.accounts.find(({ name }) => name === account);
  const fields = (draft && vendorOf(offers, draft)?.fields) ?? [];
  if (!draft || fields.length === 0) {
    return [];
  }
  const tables = fields.filter(({ input }) => input.input === "table").flatMap(({ name }) => rowsOf(draft.values, name));
  const agent = form?.agent.trim().toLowerCase();
  const mine = tables.filter(({ name }) => name.trim().toLowerCase() === agent);
  const found = [...linesOf(draft.values, "endpoints"), ...[...mine, ...tables].map(({ value }) => value)];
  const own = fields.some(({ input }) => input.input === "endpoints") ? [lineOf(draft.values, "username")] : [];
  return [...new Set(found.length > 0 ? found : own)].filter(Boolean);
}

/** A name that none of these has. */
export function freeName(name: string, taken: { name: string }[]): string {
  const names = [name, ...Array.from({ length: taken.length + 1 }, (_, place) => `${name}-${place + 2}`)];
  return names.find((one) => !taken.some((other) => other.name === one)) ?? name;
}
