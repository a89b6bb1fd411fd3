// What the dial window lists: the number being typed, contacts, calls of late. One row is one thing that Enter dials.

import type { CallRow } from "../bindings/CallRow";
import type { Contact } from "../bindings/Contact";
import type { ContactId } from "../bindings/ContactId";
import type { Language } from "../bindings/Language";
import type { PhoneKind } from "../bindings/PhoneKind";
import type { ShownPhone } from "../bindings/ShownPhone";
import type { FoundContact, NumberRead } from "../host/host";
import { plain } from "../kit/plain";
import { text } from "../texts";

/** What Enter dials. Strangers' texts in it are plain already. */
export interface Target {
  /** What the telephone is given: E.164 where the country is known, else digits. */
  dial: string;
  /** The number as people write it. */
  written: string;
  /** The contact it is dialled for. */
  contact: ContactId | null;
  /** Who that is; empty for a bare number. */
  name: string;
  doNotCall: boolean;
}

/** A row of the list. */
export interface Row {
  /** The same for the same thing, so that rows stay where they are while the list changes around them. */
  id: string;
  kind: "number" | "contact" | "phone" | "call";
  title: string;
  /** Quiet words behind the title: a company, a kind of telephone. */
  beside: string;
  /** The number at the row's end; empty where it is the title. */
  number: string;
  target: Target | null;
  /** A contact's telephones, where there are several to choose among. */
  phones: ShownPhone[];
  /** The call, for its shape and its time. */
  call: CallRow | null;
}

/** Rows under a heading. */
export interface Section {
  heading: string;
  rows: Row[];
}

/** Who it is, as a list names them: a company without a named person stands under its own name. */
export function named(contact: Contact): { name: string; company: string } {
  const name = plain(contact.name);
  const company = plain(contact.company) || (name ? "" : plain(contact.emails[0] ?? ""));
  return name ? { name, company } : { name: company, company: "" };
}

function contactRow(language: Language, { contact, phones }: FoundContact): Row {
  const { name, company } = named(contact);
  const first = phones[0];
  const written = plain(first?.written ?? "");
  return {
    id: `contact:${contact.id}`,
    kind: "contact",
    title: name || written,
    beside: company,
    number: first ? (name ? written : "") : text(language, "dial.no_number"),
    target: first
      ? { dial: first.dial, written, contact: contact.id, name, doNotCall: contact.do_not_call }
      : null,
    phones: phones.length > 1 ? phones : [],
    call: null,
  };
}

/** A contact's telephones, each a row of its own. */
export function phoneRows(language: Language, row: Row): Row[] {
  const kind = (of: PhoneKind) => text(language, `contact.phone.${of}`);
  return row.phones.map((phone, place) => {
    const written = plain(phone.written);
    return {
      id: `${row.id}:${place}`,
      kind: "phone",
      title: written,
      beside: kind(phone.kind),
      number: "",
      target: row.target && { ...row.target, dial: phone.dial, written },
      phones: [],
      call: null,
    };
  });
}

/** The words for a call with nobody's name and number. */
const nameless = ({ call: { party } }: CallRow) => (party.kind === "not_known_yet" ? "match.not_known_yet" : "match.withheld");

function callRow(language: Language, call: CallRow): Row {
  const name = plain(call.name);
  const written = plain(call.number_written);
  return {
    id: `call:${call.call.key}`,
    kind: "call",
    title: name || written || text(language, nameless(call)),
    beside: name ? plain(call.company) : "",
    number: name ? written : "",
    target: call.dial ? { dial: call.dial, written, contact: call.contact, name, doNotCall: false } : null,
    phones: [],
    call,
  };
}

function numberRow(language: Language, read: NumberRead): Row {
  const written = plain(read.written);
  const names = read.contacts.map((contact) => named(contact).name).filter(Boolean);
  const only = read.contacts.length === 1 ? read.contacts[0] : undefined;
  return {
    id: "number",
    kind: "number",
    title: written,
    beside: names.join(", ") || text(language, "match.unknown"),
    number: "",
    target: {
      dial: read.dial,
      written,
      contact: only?.id ?? null,
      name: only ? named(only).name : "",
      doNotCall: read.contacts.some((contact) => contact.do_not_call),
    },
    phones: [],
    call: null,
  };
}

/** What is listed for a text that was typed. */
export function answers(language: Language, read: NumberRead | null, found: FoundContact[]): Section[] {
  const sections: Section[] = [];
  if (read) {
    sections.push({ heading: text(language, "dial.section.number"), rows: [numberRow(language, read)] });
  }
  if (found.length > 0) {
    sections.push({
      heading: text(language, "dial.section.contacts"),
      rows: found.map((each) => contactRow(language, each)),
    });
  }
  return sections;
}

/** What is listed while nothing is typed. */
export function beginnings(language: Language, recent: CallRow[], used: FoundContact[]): Section[] {
  const sections: Section[] = [];
  if (recent.length > 0) {
    sections.push({
      heading: text(language, "dial.section.recent"),
      rows: recent.map((call) => callRow(language, call)),
    });
  }
  if (used.length > 0) {
    sections.push({
      heading: text(language, "dial.section.used"),
      rows: used.map((each) => contactRow(language, each)),
    });
  }
  return sections;
}
