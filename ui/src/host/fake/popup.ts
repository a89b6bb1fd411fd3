// A plain browser in place of Timbre: `npm run dev`, then
// http://localhost:5173/popup.html?fake=one&state=ringing&lang=es . It is told by the address:
// fake=SAMPLE · state=ringing|connected|ended|missed · lang=es|en|pt · theme=light|dark · save=fails|refused ·
// dispositions=none|many · crm=none|parked · completes (the vendor says who it is after three seconds)

import type { Call } from "../../bindings/Call";
import type { Contact } from "../../bindings/Contact";
import type { Language } from "../../bindings/Language";
import type { PopupCard } from "../../bindings/PopupCard";
import type { Refusal } from "../../bindings/Refusal";
import type { PopupHost, PopupListener } from "../host";
import {
  ago,
  ana,
  anasSummary,
  call,
  contact,
  everybody,
  freshSummary,
  hello,
  hostile,
  interaction,
  manyDispositions,
  marco,
  reception,
  shy,
  states,
  town,
  transport,
} from "./people";
import { edited } from "./contacts";
import { changed, makesContact } from "./results";
import { heedLanguage, wear } from "./theme";

const card = { call, number_written: "8888 4787", line: "Ventas", answered_at: ago(7), contact_summary: null, interaction: null, records: [], returned_at: null };
const known = { ...card, contact_summary: anasSummary };
const out: Call = { ...call, direction: "out" };
const others = [marco, transport, reception];

const draft = interaction({
  contact: ana.id,
  disposition: [{ code: "interesado", name: "Interesado, llamar luego" }],
  comment: "Pide que la llamen el lunes con el precio del plan 500.\nPrefiere WhatsApp.",
  follow_up: { at: ago(-2 * 86_400), whom: null, what: "Precio del plan 500" },
});

/** A card of each kind, by name. */
export const samples: Record<string, PopupCard> = {
  one: { ...known, match: "one", kind: "exact", contact: ana },
  first: { ...card, contact_summary: freshSummary(), match: "one", kind: "exact", contact: ana },
  several: { ...card, match: "several", kind: "exact", contacts: [ana, ...others] },
  many: {
    ...card,
    match: "several",
    kind: "digits",
    contacts: Array.from({ length: 30 }, (_, n) => ({ ...[ana, ...others][n % 4]!, id: `many-${n}` })),
  },
  otherform: { ...known, match: "one", kind: "other_form", contact: { ...ana, do_not_call: true } },
  unknown: { ...card, match: "unknown" },
  withheld: { ...card, call: { ...call, party: { kind: "withheld" } }, number_written: "", match: "withheld" },
  not_known_yet: { ...card, call: { ...call, party: { kind: "not_known_yet" } }, number_written: "", match: "not_known_yet" },
  dialled: { ...known, call: out, match: "dialled", contact: ana },
  maybe: { ...known, call: out, match: "maybe", kind: "used_last", contact: ana, others: 2 },
  colleague: {
    ...card,
    call: { ...out, party: { kind: "endpoint", number: "8373457" } },
    number_written: "8373457",
    match: "colleague",
  },
  company: { ...card, contact_summary: freshSummary(), match: "one", kind: "digits", contact: town },
  draft: { ...known, match: "one", kind: "exact", contact: ana, interaction: draft },
  final: {
    ...known,
    match: "one",
    kind: "exact",
    contact: ana,
    interaction: { ...draft, state: "final", final_at: ago(60), updated_at: ago(60) },
  },
  hostile: {
    ...card,
    line: hostile.name,
    contact_summary: {
      ...anasSummary,
      fields: [{ name: hostile.company, value: hostile.name }],
      phones: [{ written: "<i>8888</i> 4787", dial: "+50688884787", kind: "other" }],
      follow_ups: [{ at: ago(60), whom: hostile.name, what: hostile.name }],
    },
    match: "one",
    kind: "exact",
    contact: hostile,
    interaction: interaction({ disposition: [{ code: "gone", name: hostile.name }], comment: hostile.name }),
  },
};

const refusal = (code: Refusal["code"], what: string, what_to_do: string, place: string | null = null): Refusal => ({
  code,
  place,
  what,
  what_to_do,
  detail: code,
});

/** A browser's page, told what to show by its address. */
export function popupHost(query: URLSearchParams): PopupHost {
  wear(query.get("theme"));
  const said = (...what: unknown[]) => {
    console.info("host:", ...what);
    return Promise.resolve();
  };
  const catalogue = { none: [], many: manyDispositions }[query.get("dispositions") ?? ""];
  const greeting = hello((query.get("lang") ?? "es") as Language, {
    ...(catalogue ? { dispositions: { all: catalogue } } : {}),
    ...(query.get("crm") === "none" ? { has_crm: false } : {}),
  });
  let listener: PopupListener | undefined;
  let shown = samples.one!;
  let kept = interaction();

  const identified = (found: Contact): PopupCard => {
    const { call, number_written, line, answered_at } = shown;
    kept = { ...kept, contact: found.id };
    const contact_summary = found.id === ana.id ? anasSummary : freshSummary();
    shown = { call, number_written, line, answered_at, contact_summary, interaction: kept, records: [], returned_at: null, match: "one", kind: "chosen", contact: found };
    return shown;
  };

  return {
    start(given) {
      listener = given;
      heedLanguage((language) => given.hello({ ...greeting, language }));
      const sample = samples[query.get("fake") ?? "one"] ?? samples.one!;
      const state = states[query.get("state") ?? "ringing"] ?? {};
      shown = { ...sample, call: { ...sample.call, ...state } };
      kept = sample.interaction ?? interaction();
      setTimeout(() => listener?.show(shown));
      if (query.has("completes")) {
        setTimeout(() => listener?.show({ ...samples.one!, call: { ...samples.one!.call, ...state } }), 3000);
      }
      return Promise.resolve(greeting);
    },
    filled: (_, height) => said(`filled ${height}`),
    painted: () => said("painted"),
    async focus() {
      await said("focus");
      listener?.focused();
    },
    begun: () => said("begun"),
    close: () => said("close"),
    async save(callKey, edit, caller) {
      await said("save", edit);
      if (query.get("save") === "fails") {
        throw refusal("disk_full", "El disco está lleno.", "Libere espacio.");
      }
      let card: PopupCard | null = null;
      if (caller && edit.finish && makesContact(caller, kept.contact !== null)) {
        card = identified(contact(caller.name, caller.company));
      }
      kept = changed(kept, edit, greeting.dispositions.all);
      if (!edit.finish || !greeting.has_crm) {
        return { interaction: kept, records: [], card };
      }
      const parked = query.get("crm") === "parked";
      const state = parked ? "parked" : "done";
      setTimeout(() => listener?.records(callKey, [{ connector: "espocrm", state, waits: null, at: new Date().toISOString() }]), 1500);
      return { interaction: kept, records: [{ connector: "espocrm", state: "waiting", waits: "turn", at: kept.updated_at }], card };
    },
    choose: (_, id) => {
      const several = shown.match === "several" ? shown.contacts : [];
      return Promise.resolve(identified([...several, ...everybody].find((one) => one.id === id) ?? ana));
    },
    search: (text) => {
      const wanted = text.toLowerCase();
      return Promise.resolve(everybody.filter((one) => `${one.name} ${one.company}`.toLowerCase().includes(wanted)));
    },
    addContact: (_, name, company) => Promise.resolve(identified(contact(name, company))),
    async editContact(_, id, edit) {
      await said("edit", edit);
      const found = edited("contact" in shown ? shown.contact : (everybody.find((one) => one.id === id) ?? ana), edit);
      shown = { ...identified(found), contact_summary: shown.contact_summary };
      return shown;
    },
    async dial(number, id, despiteDoNotCall) {
      const refuses = id === shy.id || (shown.match === "one" && shown.contact.do_not_call);
      if (refuses && !despiteDoNotCall) {
        throw refusal("do_not_call", "Este contacto no quiere que lo llamen.", "No se marcó.");
      }
      await said("dial", number);
    },
    openContact: (id) => said("open", id),
  };
}
