// From a card to the words on it: what stands where, in one place and without a page.

import type { Call } from "../bindings/Call";
import type { Contact } from "../bindings/Contact";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { PopupCard } from "../bindings/PopupCard";
import { plain } from "../kit/plain";
import { type Certainty, type Signal, signalOf } from "../kit/signal";
import { type TextKey, text } from "../texts";

/** A person or a company in a list. */
export interface Row {
  id: string;
  name: string;
  company: string;
}

/** What a pop-up shows above the result form. Strangers' texts in it are plain already. */
export interface View {
  signal: Signal;
  direction: string;
  line: string;
  state: string;
  /** The largest thing on it. */
  title: string;
  company: string;
  number: string;
  /** What the number dials; null where there is none. */
  dial: string | null;
  certainty: Certainty;
  match: string;
  /** Why we think so; empty where the words say it all. */
  reason: string;
  /** The contact does not want to be called; empty where that is not so. */
  warning: string;
  /** Whom the agent may choose among; empty but for several matches. */
  rows: Row[];
}

/** The words and signals of a card. `final`: its result is written. */
export function view(bootstrap: WindowBootstrap, card: PopupCard, final: boolean): View {
  const say = (key: TextKey, values?: Record<string, string | number>) => text(bootstrap.language, key, values);
  const { call } = card;
  const number = plain(card.number_written);
  const signal = signalOf(call, final);
  const line = plain(card.line);
  const head = {
    signal,
    direction: say(`direction.${call.direction}`),
    line: line && line !== call.endpoint ? say("popup.line", { line }) : say("line", { endpoint: plain(call.endpoint) }),
    state: say(stateKey(signal)),
    dial: dialled(call),
    warning: "",
  };
  const known = (contact: Contact) => {
    const { name, company } = row(contact);
    const warning = contact.do_not_call ? say("contact.do_not_call") : "";
    return { title: name || number, company, number: name ? number : "", warning, rows: [] };
  };
  switch (card.match) {
    case "one":
      return {
        ...head,
        ...known(card.contact),
        certainty: "sure",
        // Where the number is not simply the same, that is said rather than hidden; a country code left out is everyday.
        match: card.kind === "exact" || card.kind === "national" ? say("match.one") : say(`popup.reason.${card.kind}`),
        reason: say(`popup.reason.${card.kind}`),
      };
    case "dialled":
      return {
        ...head,
        ...known(card.contact),
        certainty: "sure",
        match: say("match.dialled"),
        reason: say("popup.reason.dialled"),
      };
    case "maybe":
      return {
        ...head,
        ...known(card.contact),
        certainty: "maybe",
        match: say("match.maybe", { others: card.others }),
        reason: say(`popup.reason.${card.kind}`),
      };
    case "several":
      return {
        ...head,
        title: say("match.several.ask"),
        company: "",
        number,
        certainty: "choice",
        match: say("match.several", { count: card.contacts.length }),
        reason: say(`popup.reason.${card.kind}`),
        rows: card.contacts.map(row),
      };
    case "unknown":
      return { ...head, ...nobody(number), match: say("match.unknown") };
    case "colleague":
      return { ...head, ...nobody(number), certainty: "sure", match: say("match.colleague") };
    case "withheld":
      return { ...head, ...nobody(say("match.withheld")), match: "" };
    case "not_known_yet":
      return { ...head, ...nobody(say("match.not_known_yet")), certainty: "not_yet", match: say("match.not_known_yet.about") };
  }
}

function nobody(title: string) {
  return { title, company: "", number: "", certainty: "nobody" as Certainty, reason: "", rows: [] };
}

function stateKey(signal: Signal): TextKey {
  const keys: Record<Signal, TextKey> = {
    "ringing-in": "state.ringing",
    "ringing-out": "state.ringing",
    talking: "state.connected",
    held: "state.held",
    "wrap-up": "state.wrap_up",
    ended: "state.ended",
    missed: "state.missed",
    failed: "state.unanswered",
  };
  return keys[signal];
}

/** What would be dialled to call the other side. */
function dialled({ party }: Call): string | null {
  switch (party.kind) {
    case "number":
      return party.number.e164 ?? party.number.raw;
    case "endpoint":
      return party.number;
    case "withheld":
    case "not_known_yet":
      return null;
  }
}

/** A company without a named person stands under its own name; one without any, under an address. */
export function row(contact: Contact): Row {
  const name = plain(contact.name);
  const company = plain(contact.company);
  const other = company || plain(contact.emails[0] ?? "");
  return name ? { id: contact.id, name, company } : { id: contact.id, name: other, company: "" };
}

/** Since when the timer runs, and until when where it has stopped; in milliseconds since 1970. */
export function span(call: Call): { from: number; until: number | undefined } {
  return {
    from: Date.parse(call.connected_at ?? call.detected_at),
    until: call.ended_at ? Date.parse(call.ended_at) : undefined,
  };
}
