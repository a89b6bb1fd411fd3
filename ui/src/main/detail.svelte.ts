// The pane beside the list: a call with all that is known of it, or a contact without a call.

import type { Contact } from "../bindings/Contact";
import type { Dossier } from "../bindings/Dossier";
import type { PopupCard } from "../bindings/PopupCard";
import { Latest } from "./latest";
import type { Shell } from "./shell.svelte";

/** How much of a case file is shown. */
const ENTRIES = 50;

/** What is asked for. */
type Wanted = { call: string } | { contact: string } | null;

interface Found {
  card: PopupCard | null;
  contact: Contact | null;
  dossier: Dossier | null;
}

/** The contact of a card, where it is settled. */
export function contactOf(card: PopupCard): Contact | null {
  return "contact" in card ? card.contact : null;
}

/** What the pane shows. */
export class Detail {
  card = $state.raw<PopupCard | null>(null);
  contact = $state.raw<Contact | null>(null);
  dossier = $state.raw<Dossier | null>(null);
  #wanted: Wanted = null;
  readonly #shell: Shell;
  readonly #latest: Latest<Wanted, Found>;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#latest = new Latest(
      (wanted) => this.#find(wanted),
      (_, found) => this.#take(found),
      (_, thrown) => {
        this.#take({ card: null, contact: null, dossier: null });
        shell.refuse(thrown);
      },
    );
  }

  /** Shows a call; nothing for null. */
  call(key: string | null): Promise<void> {
    if (key === null || !(this.#wanted && "call" in this.#wanted && this.#wanted.call === key)) {
      return this.#want(key === null ? null : { call: key });
    }
    return Promise.resolve();
  }

  /** Shows a contact without a call. */
  person(id: string): Promise<void> {
    return this.#want({ contact: id });
  }

  /** Asks again for what is shown. */
  refresh(): Promise<void> {
    return this.#wanted ? this.#latest.ask(this.#wanted) : Promise.resolve();
  }

  /** The agent said who it is. */
  async choose(contact: string): Promise<void> {
    const key = this.card?.call.key;
    if (key !== undefined && (await this.#shell.ask(this.#shell.host.choose(key, contact)))) {
      await this.refresh();
    }
  }

  /** A new contact with the call's number. Whether it was kept. */
  async add(name: string, company: string): Promise<boolean> {
    const key = this.card?.call.key;
    if (key === undefined || !(await this.#shell.ask(this.#shell.host.addContact(key, name.trim(), company.trim())))) {
      return false;
    }
    await this.refresh();
    return true;
  }

  /** Opens the dial window with a number; nothing is dialled before the agent says so there. */
  dial(number: string): Promise<void | null> {
    return this.#shell.ask(this.#shell.host.openDial(number, this.contact?.id ?? null));
  }

  #want(wanted: Wanted): Promise<void> {
    this.#wanted = wanted;
    return this.#latest.ask(wanted);
  }

  async #find(wanted: Wanted): Promise<Found> {
    const { host } = this.#shell;
    if (wanted === null) {
      return { card: null, contact: null, dossier: null };
    }
    if ("contact" in wanted) {
      return { card: null, ...(await host.dossier(wanted.contact, ENTRIES)) };
    }
    const card = await host.card(wanted.call);
    const contact = contactOf(card);
    return contact ? { card, ...(await host.dossier(contact.id, ENTRIES)) } : { card, contact: null, dossier: null };
  }

  #take(found: Found): void {
    this.card = found.card;
    this.contact = found.contact;
    this.dossier = found.dossier;
  }
}
