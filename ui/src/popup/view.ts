// From a card to the words on it: what stands where, in one place and without a page.

import type { Call } from "../bindings/Call";
import type { Contact } from "../bindings/Contact";
import type { Language } from "../bindings/Language";
import type { PopupCard } from "../bindings/PopupCard";
import { type TextKey, text } from "../texts";
import { plain } from "./plain";

/** What the header band tells by its colour and its shape. */
export type Signal = "ringing-in" | "ringing-out" | "connected" | "ended";

/** How sure we are of who it is, told by shape and colour. */
export type Certainty = "sure" | "choice" | "maybe" | "nobody";

/** A person or a company in a list. */
export interface Row {
  id: string;
  name: string;
  company: string;
}

/** What a pop-up shows. Strangers' texts in it are plain already. */
export interface View {
  signal: Signal;
  direction: string;
  line: string;
  state: string;
  /** The largest thing on it. */
  title: string;
  company: string;
  number: string;
  certainty: Certainty;
  match: string;
  /** Why we think so; empty where the words say it all. */
  reason: string;
  /** The contact does not want to be called; empty where that is not so. */
  warning: string;
  /** Whom the agent may choose among; empty but for several matches. */
  rows: Row[];
}

/** The words and signals of a card. */
export function view(language: Language, card: PopupCard): View {
  const say = (key: TextKey, values?: Record<string, string | number>) => text(language, key, values);
  const { call } = card;
  const number = plain(card.number_written);
  const head = {
    signal: signal(call),
    direction: say(`direction.${call.direction}`),
    line: say("line", { endpoint: plain(call.endpoint) }),
    state: say(`state.${call.state}`),
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
  }
}

function nobody(title: string) {
  return { title, company: "", number: "", certainty: "nobody" as Certainty, reason: "", rows: [] };
}

/** A company without a named person stands under its own name; one without any, under an address. */
function row(contact: Contact): Row {
  const name = plain(contact.name);
  const company = plain(contact.company);
  const other = company || plain(contact.emails[0] ?? "");
  return name ? { id: contact.id, name, company } : { id: contact.id, name: other, company: "" };
}

function signal(call: Call): Signal {
  if (call.state !== "ringing") {
    return call.state;
  }
  return call.direction === "in" ? "ringing-in" : "ringing-out";
}

/** Since when the timer runs, and until when where it has stopped; in milliseconds since 1970. */
export function span(call: Call): { from: number; until: number | undefined } {
  return {
    from: Date.parse(call.connected_at ?? call.detected_at),
    until: call.ended_at ? Date.parse(call.ended_at) : undefined,
  };
}
