// A plain browser in place of Timbre: `npm run dev`, then
// http://localhost:5173/popup.html?fake=one&state=ringing&lang=es . It is told by the address:
// fake=SAMPLE · state=ringing|connected|ended|missed · lang=es|en|pt · theme=light|dark · save=fails|refused ·
// dispositions=none|many · crm=none|parked · dials=no · completes (the vendor says who it is after three seconds)

import type { Contact } from "../../bindings/Contact";
import type { PopupCard } from "../../bindings/PopupCard";
import type { Refusal } from "../../bindings/Refusal";
import type { PopupHost, PopupListener } from "../host";
import { contact, freshSummary, hostile, interaction, manyDispositions } from "./made";
import { edited } from "./contacts";
import { changed, makesContact } from "./results";
import { heedLanguage, wear } from "./theme";
import { ago, ana, everybody, greetingOf, popups, shy, states, world } from "./world";

const one = popups["one"]! as Extract<PopupCard, { match: "one" }>;
const several = popups["several"]! as Extract<PopupCard, { match: "several" }>;

/** A card of each kind, by name: as they were shown, and some that no story brings. */
export const samples: Record<string, PopupCard> = {
  ...popups,
  many: { ...several, contacts: Array.from({ length: 30 }, (_, n) => ({ ...several.contacts[n % 4]!, id: `many-${n}` })) },
  hostile: {
    ...one,
    line: hostile.name,
    contact: hostile,
    contact_summary: {
      ...one.contact_summary!,
      fields: [{ name: hostile.company, value: hostile.name }],
      phones: [{ written: "<i>8888</i> 4787", dial: "+50688884787", kind: "other" }],
      follow_ups: [{ at: ago(60), whom: hostile.name, what: hostile.name }],
    },
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
  const greeting = greetingOf(query, {
    ...(catalogue ? { dispositions: { all: catalogue } } : {}),
    ...(query.get("crm") === "none" ? { has_crm: false } : {}),
  });
  let listener: PopupListener | undefined;
  let shown = samples.one!;
  let kept = interaction();

  const identified = (found: Contact): PopupCard => {
    const { call, number_written, line, answered_at } = shown;
    kept = { ...kept, contact: found.id };
    const contact_summary = world.known[found.id]?.contact_summary ?? freshSummary;
    shown = { call, number_written, line, answered_at, contact_summary, interaction: kept, records: [], returned_at: null, match: "one", kind: "chosen", contact: found };
    return shown;
  };

  return {
    start(given) {
      listener = given;
      heedLanguage((language) => given.bootstrap({ ...greeting, language }));
      const sample = samples[query.get("fake") ?? "one"] ?? samples.one!;
      const state = states[query.get("state") ?? "ringing"] ?? {};
      shown = { ...sample, call: { ...sample.call, ...state } };
      kept = sample.interaction ?? interaction();
      setTimeout(() => listener?.show(shown));
      if (query.has("completes")) {
        setTimeout(() => listener?.show({ ...samples.one!, call: { ...samples.one!.call, key: shown.call.key, ...state } }), 3000);
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
    async dial(number, id, despite) {
      const refuses = id === shy.id || (shown.match === "one" && shown.contact.do_not_call);
      if (refuses && !despite.includes("do_not_call")) {
        throw refusal("do_not_call", "Este contacto no quiere que lo llamen.", "No se marcó.");
      }
      await said("dial", number);
    },
    openContact: (id) => said("open", id),
  };
}
