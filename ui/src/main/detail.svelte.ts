// The pane beside the list: a call with all that is known of it, or a contact without a call.

import type { Contact } from "../bindings/Contact";
import type { ContactSummary } from "../bindings/ContactSummary";
import type { Interaction } from "../bindings/Interaction";
import type { PopupCard } from "../bindings/PopupCard";
import type { TypedCaller } from "../bindings/TypedCaller";
import { ContactEditor } from "../contact/editor.svelte";
import { ResultForm } from "../result/form.svelte";
import { Latest } from "./latest";
import type { Shell } from "./shell.svelte";

/** How much of a case file is shown. */
const ENTRIES = 50;

/** What is asked for. */
type Wanted = { call: string } | { contact: string } | null;

interface Found {
  card: PopupCard | null;
  contact: Contact | null;
  contact_summary: ContactSummary | null;
}

/** The contact of a card, where it is settled. */
export function contactOf(card: PopupCard): Contact | null {
  return "contact" in card ? card.contact : null;
}

/** What the pane shows. */
export class Detail {
  card = $state.raw<PopupCard | null>(null);
  contact = $state.raw<Contact | null>(null);
  summary = $state.raw<ContactSummary | null>(null);
  /** What came of the call, as it is being written. */
  form = $state.raw<ResultForm | null>(null);
  /** What is typed about who the call is with, and not taken. */
  caller = $state({ name: "", company: "", search: "" });
  /** Whether the agent is asked whom a result is with, before it is saved. */
  asking = $state(false);
  /** The contact while it is mended. */
  editor = $state.raw<ContactEditor | null>(null);
  #withoutCaller = false;
  #wanted: Wanted = null;
  /** The call that the form is about. */
  #about: string | null = null;
  /** When what the form was filled with, or kept last, was written. */
  #known: string | null = null;
  /** Forms whose call is not shown any more, until all in them is kept: coming back finds what was typed. */
  readonly #left = new Map<string, ResultForm>();
  readonly #shell: Shell;
  readonly #latest: Latest<Wanted, Found>;

  constructor(shell: Shell) {
    this.#shell = shell;
    this.#latest = new Latest(
      (wanted) => this.#find(wanted),
      (_, found) => this.#take(found),
      (_, thrown) => {
        this.#take({ card: null, contact: null, contact_summary: null });
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
      this.caller = { name: "", company: "", search: "" };
      this.asking = false;
      await this.refresh();
    }
  }

  /** A new contact with the call's number. Whether it was kept. */
  async add(name: string, company: string): Promise<boolean> {
    const key = this.card?.call.key;
    if (key === undefined || !(await this.#shell.ask(this.#shell.host.addContact(key, name.trim(), company.trim())))) {
      return false;
    }
    this.caller = { name: "", company: "", search: "" };
    await this.refresh();
    return true;
  }

  /** Opens the contact shown, to be mended. */
  edit(): void {
    const { contact } = this;
    if (contact) {
      this.editor = new ContactEditor(contact, this.summary?.phones ?? [], async (edit) => {
        await this.#shell.host.editContact(contact.id, edit);
        await this.refresh();
      });
    }
  }

  /** Opens the dial window with a number; nothing is dialled before the agent says so there. */
  dial(number: string): Promise<void | null> {
    return this.#shell.ask(this.#shell.host.openDial(number, this.contact?.id ?? null));
  }

  /** Makes the result final. Whether it is. */
  async finish(): Promise<boolean> {
    const { form } = this;
    this.asking = false;
    const saved = (await form?.finish()) ?? false;
    if (form?.fault?.place === "caller") {
      form.fault = null;
      this.asking = true;
    }
    return saved;
  }

  /** Makes the result final without whom the agent began to name, or chose among. */
  async finishWithoutCaller(): Promise<boolean> {
    this.#withoutCaller = true;
    try {
      return await this.finish();
    } finally {
      this.#withoutCaller = false;
    }
  }

  get #typedCaller(): TypedCaller | null {
    const offered = this.card?.match === "several" ? this.card.contacts.length : 0;
    const { name, company, search } = this.caller;
    const nothing = `${name}${company}${search}`.trim() === "" && offered === 0;
    return nothing ? null : { name, company, search, offered };
  }

  /** Keeps what is not kept yet: the window goes. */
  async flush(): Promise<void> {
    await Promise.all(this.#forms.map((form) => form.flush()));
  }

  /** What is typed and not kept, as it was typed. */
  get left(): string[] {
    const say = this.#shell.say.bind(this.#shell);
    const { name, company, search } = this.caller;
    const who = this.contact?.name || this.contact?.company || this.card?.number_written || say("match.withheld");
    const contacts = [[name, company, search], this.editor?.touched ? this.editor.typed : []];
    return [
      ...this.#forms.flatMap((form) => form.left).map((what) => say("left.result", { who, what })),
      ...contacts
        .map((parts) => parts.map((part) => part.trim()).filter(Boolean).join(" · "))
        .filter(Boolean)
        .map((contact) => say("left.contact", { who, contact })),
    ];
  }

  /** The form shown, and those that were left before all in them was kept. */
  get #forms(): ResultForm[] {
    return [...new Set([...(this.form ? [this.form] : []), ...this.#left.values()])];
  }

  #want(wanted: Wanted): Promise<void> {
    this.#wanted = wanted;
    return this.#latest.ask(wanted);
  }

  async #find(wanted: Wanted): Promise<Found> {
    const { host } = this.#shell;
    if (wanted === null) {
      return { card: null, contact: null, contact_summary: null };
    }
    if ("contact" in wanted) {
      return { card: null, ...(await host.contactSummary(wanted.contact, ENTRIES)) };
    }
    const card = await host.card(wanted.call);
    const contact = contactOf(card);
    return contact ? { card, ...(await host.contactSummary(contact.id, ENTRIES)) } : { card, contact: null, contact_summary: null };
  }

  #take(found: Found): void {
    if (found.contact?.id !== this.contact?.id) {
      this.editor = null;
    }
    this.card = found.card;
    this.contact = found.contact;
    this.summary = found.contact_summary;
    const key = found.card?.call.key ?? null;
    if (key !== this.#about) {
      this.#leave();
      this.caller = { name: "", company: "", search: "" };
      this.asking = false;
      this.#about = key;
      this.form = key === null ? null : this.#formOf(key, found.card!.interaction);
    } else if (this.form && !this.form.unsaved && (found.card?.interaction?.updated_at ?? null) !== this.#known) {
      // Written elsewhere meanwhile: in the pop-up, or by hand.
      this.#load(this.form, found.card!.interaction);
    }
  }

  #leave(): void {
    const form = this.form;
    const key = this.#about;
    if (form && key !== null && form.unsaved) {
      this.#left.set(key, form);
      void form.flush().then((kept) => {
        if (kept && this.form !== form) {
          this.#left.delete(key);
        }
      });
    }
  }

  #formOf(key: string, kept: Interaction | null): ResultForm {
    const left = this.#left.get(key);
    if (left) {
      return left;
    }
    const { bootstrap, host } = this.#shell;
    const form = new ResultForm(bootstrap, async (edit) => {
      const caller = edit.finish && this.#about === key && !this.#withoutCaller ? this.#typedCaller : null;
      const saved = await host.save(key, edit, caller);
      if (saved.card && this.#about === key) {
        this.caller = { name: "", company: "", search: "" };
        void this.refresh();
      }
      if (this.#about === key) {
        this.#known = saved.interaction.updated_at;
      }
      return saved;
    });
    this.#load(form, kept);
    return form;
  }

  #load(form: ResultForm, kept: Interaction | null): void {
    form.load(kept);
    this.#known = kept?.updated_at ?? null;
  }
}
