// A plain browser in place of Timbre, for work on the looks: `npm run dev`, then
// http://localhost:5173/popup.html?fake=one&state=ringing&lang=es . Not part of what is shipped.

import type { Call } from "../bindings/Call";
import type { Contact } from "../bindings/Contact";
import type { Language } from "../bindings/Language";
import type { PopupCard } from "../bindings/PopupCard";
import type { PopupHost } from "./host";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

const contact = (name: string, company: string): Contact => ({
  id: name,
  name,
  company,
  phones: [],
  emails: [],
  owner: null,
  do_not_call: false,
  fields: {},
  typed: [],
  origin: null,
  last_used_at: null,
});

const ana = contact("Ana Lucía Fernández", "Cafetalera del Valle S.A.");
const others = [contact("Marco Rojas", "Cafetalera del Valle S.A."), contact("", "Transportes Rojas"), contact("Recepción", "")];
const hostile = contact("<b>Juan</b>\u202e {count} \n".repeat(12), "<img src=x onerror=alert(1)>".repeat(8));

const call: Call = {
  key: "callmyway:main:1",
  endpoint: "8373456",
  direction: "in",
  party: { kind: "number", number: { raw: "88884787", e164: "+50688884787" } },
  state: "ringing",
  detected_at: ago(7),
  connected_at: null,
  ended_at: null,
  dial: null,
  legs: [],
};
const card = { call, number_written: "8888 4787", answered_at: ago(7) };
const out: Call = { ...call, direction: "out" };

/** A card of each kind, by name. */
export const samples: Record<string, PopupCard> = {
  one: { ...card, match: "one", kind: "exact", contact: ana },
  several: { ...card, match: "several", kind: "exact", contacts: [ana, ...others] },
  many: { ...card, match: "several", kind: "digits", contacts: Array.from({ length: 30 }, () => [ana, ...others]).flat() },
  otherform: { ...card, match: "one", kind: "other_form", contact: { ...ana, do_not_call: true } },
  unknown: { ...card, match: "unknown" },
  withheld: { ...card, call: { ...call, party: { kind: "withheld" } }, number_written: "", match: "withheld" },
  dialled: { ...card, call: out, match: "dialled", contact: ana },
  maybe: { ...card, call: out, match: "maybe", kind: "used_last", contact: ana, others: 2 },
  colleague: {
    ...card,
    call: { ...out, party: { kind: "endpoint", number: "8373457" } },
    number_written: "8373457",
    match: "colleague",
  },
  company: { ...card, match: "one", kind: "digits", contact: contact("", "Municipalidad de Alajuela") },
  hostile: { ...card, match: "one", kind: "exact", contact: hostile },
};

const states: Record<string, Partial<Call>> = {
  ringing: {},
  connected: { state: "connected", connected_at: ago(247) },
  ended: { state: "ended", connected_at: ago(247), ended_at: ago(3) },
};

/** A browser's page, told what to show by its address. */
export function fakeHost(query: URLSearchParams): PopupHost {
  const said = (what: string) => {
    console.info("host:", what);
    return Promise.resolve();
  };
  return {
    start(listener) {
      const sample = samples[query.get("fake") ?? "one"] ?? samples.one!;
      const state = states[query.get("state") ?? "ringing"] ?? {};
      setTimeout(() => listener.show({ ...sample, call: { ...sample.call, ...state } }));
      return Promise.resolve((query.get("lang") ?? "es") as Language);
    },
    filled: (_, height) => said(`filled ${height}`),
    painted: () => said("painted"),
    close: () => said("close"),
  };
}
