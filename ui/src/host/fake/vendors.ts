// The vendors of a plain browser's Timbre, as their adapters describe themselves: CallMyWay, and FormCall, which lists no
// endpoints and shows no live calls. Not shipped.

import type { AccountDraft } from "../../bindings/AccountDraft";
import type { FieldInput } from "../../bindings/FieldInput";
import type { KnownField } from "../../bindings/KnownField";
import type { KnownVendor } from "../../bindings/KnownVendor";
import type { Language } from "../../bindings/Language";
import { catalogue } from "./words";

/** A field without its words, which are the catalogue's. */
type Described = Pick<KnownField, "name"> & Partial<Omit<KnownField, "input">> & { input: FieldInput["input"] | string[] };

/** The catalogue's word for a part of a field: the vendor's own, else the one that several share. */
function said(language: Language, provider: string, name: string, part: string): string {
  const all: Record<string, string> = catalogue[language];
  return all[`vendor.${provider}.${name}.${part}`] ?? all[`vendor.any.${name}.${part}`] ?? "";
}

function field(language: Language, provider: string, { input, ...more }: Described): KnownField {
  const { name } = more;
  const option = (value: string) => ({ value, label: said(language, provider, name, value) });
  return {
    label: said(language, provider, name, "label"),
    about: said(language, provider, name, "about"),
    input: Array.isArray(input) ? { input: "choice", options: input.map(option) } : ({ input } as FieldInput),
    assumed: "",
    required: false,
    advanced: false,
    ...more,
  };
}

/** A draft with what is usual at a vendor. */
const draft = (provider: string, base_url: string): AccountDraft => ({
  name: "principal",
  provider,
  values: { base_url },
  allow_plain_http: false,
});

/** CallMyWay's. */
export const account = draft("callmyway", "https://www.callmyway.com");
/** FormCall's. */
export const formcall = draft("formcall", "https://clickandtalk.medularis.com");

const CALLMYWAY: Described[] = [
  { name: "username", input: "text", required: true },
  { name: "password", input: "secret", required: true },
  { name: "base_url", input: "address", required: true, advanced: true },
  { name: "click_to_dial_url", input: "address", advanced: true },
  { name: "time_zone", input: "text", assumed: "America/Costa_Rica", advanced: true },
  { name: "currency", input: "text", advanced: true },
  { name: "ring_first", input: ["agent", "contact"], advanced: true },
  { name: "full_account", input: "switch", advanced: true },
  { name: "endpoints", input: "endpoints", advanced: true },
  { name: "agent_leg_callers", input: "list", advanced: true },
  { name: "throttle_scope", input: ["sign-in", "address"], advanced: true },
  { name: "reading_interval_ms", input: "number", assumed: "4000", advanced: true },
];

const FORMCALL: Described[] = [
  { name: "security_token", input: "secret", required: true },
  { name: "popups", input: "table", required: true },
  { name: "base_url", input: "address", required: true, advanced: true },
  { name: "time_zone", input: "text", assumed: "America/Santiago", advanced: true },
  { name: "list_interval_ms", input: "number", assumed: "5000", advanced: true },
  { name: "extra_ca", input: "file", advanced: true },
];

/** The vendors, the one named by `first` before the others. */
export function vendors(language: Language, first = "callmyway"): KnownVendor[] {
  const all: KnownVendor[] = [
    {
      provider: "callmyway",
      title: "CallMyWay",
      fields: CALLMYWAY.map((one) => field(language, "callmyway", one)),
      capabilities: ["live_calls", "call_records", "dial", "endpoints"],
      draft: account,
    },
    {
      provider: "formcall",
      title: "FormCall",
      fields: FORMCALL.map((one) => field(language, "formcall", one)),
      capabilities: ["dial", "placed_calls", "call_records"],
      draft: formcall,
    },
  ];
  return all.toSorted((one, other) => Number(other.provider === first) - Number(one.provider === first));
}
