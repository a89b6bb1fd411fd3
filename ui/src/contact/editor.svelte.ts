// A contact while a person mends it: the fields on the screen, and the change they make.

import type { Contact } from "../bindings/Contact";
import type { ContactEdit } from "../bindings/ContactEdit";
import type { PhoneKind } from "../bindings/PhoneKind";
import type { Refusal } from "../bindings/Refusal";
import type { ShownPhone } from "../bindings/ShownPhone";
import { refusalOf } from "../result/saver.svelte";
import type { TextKey } from "../texts";

export const KINDS: readonly PhoneKind[] = ["mobile", "work", "home", "fax", "other"];

/** A telephone as it stands in its fields. */
export class PhoneRow {
  text = $state("");
  kind = $state<PhoneKind>("mobile");
  /** What stood here and how it came; a row that was not touched gives that back. */
  readonly was: { text: string; as: string } | null;

  constructor(text: string, kind: PhoneKind, as: string | null) {
    this.text = text;
    this.kind = kind;
    this.was = as === null ? null : { text, as };
  }

  get given(): string {
    return this.was?.text === this.text ? this.was.as : this.text.trim();
  }
}

/** What is wrong, at its place: `name`, `phone 2`, `email 1`; empty for the whole. */
export interface ContactFault {
  place: string;
  words: string;
}

type Say = (key: TextKey, values?: Record<string, string | number>) => string;

export class ContactEditor {
  name = $state("");
  company = $state("");
  phones = $state<PhoneRow[]>([]);
  emails = $state<string[]>([]);
  fault = $state.raw<ContactFault | null>(null);
  busy = $state(false);
  readonly #contact: Contact;
  readonly #save: (edit: ContactEdit) => Promise<unknown>;
  readonly #before: string;

  constructor(contact: Contact, shown: readonly ShownPhone[], save: (edit: ContactEdit) => Promise<unknown>) {
    this.#contact = contact;
    this.#save = save;
    this.name = contact.name;
    this.company = contact.company;
    this.phones = contact.phones.map(({ number, kind }, n) => {
      const as = number.e164 ?? number.raw;
      return new PhoneRow(shown.length === contact.phones.length ? (shown[n]?.written ?? as) : as, kind, as);
    });
    this.emails = [...contact.emails];
    this.#before = this.#written();
  }

  /** Whether something was typed. */
  get touched(): boolean {
    return this.#written() !== this.#before;
  }

  /** What stands in the fields. */
  get typed(): string[] {
    return [this.name, this.company, ...this.phones.map(({ text }) => text), ...this.emails];
  }

  #written(): string {
    return JSON.stringify([this.name, this.company, this.phones.map(({ text, kind }) => [text, kind]), this.emails]);
  }

  addPhone(): void {
    this.phones.push(new PhoneRow("", "mobile", null));
  }

  removePhone(row: PhoneRow): void {
    this.phones = this.phones.filter((one) => one !== row);
    this.fault = null;
  }

  addEmail(): void {
    this.emails.push("");
  }

  removeEmail(n: number): void {
    this.emails.splice(n, 1);
    this.fault = null;
  }

  /** The change; only what differs. An empty row is none. */
  edit(): ContactEdit {
    const phones = this.#filled().map((row): [string, PhoneKind] => [row.given, row.kind]);
    const before = this.#contact.phones.map(({ number, kind }) => [number.e164 ?? number.raw, kind]);
    const emails = this.emails.filter((email) => email.trim() !== "");
    return {
      name: this.name === this.#contact.name ? null : this.name,
      company: this.company === this.#contact.company ? null : this.company,
      phones: JSON.stringify(phones) === JSON.stringify(before) ? null : phones,
      add_phones: [],
      remove_phones: [],
      emails: JSON.stringify(emails) === JSON.stringify(this.#contact.emails) ? null : emails,
      owner: null,
      do_not_call: null,
      fields: [],
    };
  }

  #filled(): PhoneRow[] {
    return this.phones.filter(({ text }) => text.trim() !== "");
  }

  /** Saves it. True when it is; else what is wrong stands at its place. */
  async save(say: Say): Promise<boolean> {
    if (this.busy) {
      return false;
    }
    if (!this.touched) {
      return true;
    }
    this.busy = true;
    this.fault = null;
    try {
      await this.#save(this.edit());
      return true;
    } catch (error) {
      this.fault = this.#faultOf(refusalOf(error), say);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** A refusal at the row on the screen: rows that are empty were not sent. */
  #faultOf({ place, what, what_to_do, detail }: Refusal, say: Say): ContactFault {
    const [part = "", nth = "1"] = (place ?? "").split(" ");
    if (part === "phone") {
      const row = this.#filled()[Number(nth) - 1];
      return { place: `phone ${row ? this.phones.indexOf(row) + 1 : nth}`, words: say("contact.fault.phone") };
    }
    if (part === "email") {
      const filled = this.emails.flatMap((email, n) => (email.trim() === "" ? [] : [n]));
      return { place: `email ${(filled[Number(nth) - 1] ?? 0) + 1}`, words: say("contact.fault.email") };
    }
    if (part === "name") {
      return { place: "name", words: say("contact.fault.name") };
    }
    return { place: "", words: [what || detail, what_to_do].filter(Boolean).join(" ") };
  }
}
