import type { Call } from "../bindings/Call";
import type { CallKey } from "../bindings/CallKey";
import type { ContactId } from "../bindings/ContactId";
import type { ErrorCode } from "../bindings/ErrorCode";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { InteractionEdit } from "../bindings/InteractionEdit";
import type { PopupCard } from "../bindings/PopupCard";
import type { RecordState } from "../bindings/RecordState";
import type { TypedCaller } from "../bindings/TypedCaller";
import type { PopupHost } from "../host";
import type { Saved } from "../host/host";
import { ContactEditor } from "../contact/editor.svelte";
import { clock, duration } from "../kit/format";
import { ResultForm } from "../result/form.svelte";
import { refusalOf } from "../result/saver.svelte";
import { type TextKey, text } from "../texts";
import { type ContactSummaryView, contactSummaryView } from "./contactSummary";
import { ContactSearch } from "./search.svelte";
import { span, type View, view } from "./view";

/** What a pop-up asks in place, instead of doing it. */
export type Ask =
  | { kind: "dial"; number: string; words: string; why: "do_not_call" | "stale_call"; despite: ErrorCode[] }
  | { kind: "leave"; words: string }
  | { kind: "caller"; words: string };

/** A way to say who it is. */
export type Panel = "none" | "new" | "attach" | "edit";

/** One pop-up's window: the call it shows, if any, what the agent does with it, and the time on its timer. */
export class Popup {
  bootstrap = $state.raw<WindowBootstrap | null>(null);
  card = $state.raw<PopupCard | null>(null);
  form = $state.raw<ResultForm | null>(null);
  panel = $state<Panel>("none");
  /** The contact while it is mended. */
  editor = $state.raw<ContactEditor | null>(null);
  /** The new contact, as far as it is typed. */
  draft = $state({ name: "", company: "" });
  ask = $state.raw<Ask | null>(null);
  /** What came of the last click: dialled, or why not. */
  note = $state.raw<{ words: string; bad: boolean } | null>(null);
  /** None of several matches: the agent said so. */
  declined = $state(false);
  readonly search: ContactSearch;
  readonly #host: PopupHost;
  /** Whether the agent has begun to act: from then on nothing is exchanged, and the keyboard is kept inside. */
  begun = false;
  /** The agent said that the result is to be saved without whom they began to name. */
  #withoutCaller = false;
  #now = $state(0);
  /** What is overdue changes by the minute, not by the second. */
  readonly #minute: number = $derived(this.#now - (this.#now % 60_000));

  readonly view: View | null = $derived(
    this.card && this.bootstrap && view(this.bootstrap, this.card, this.form?.final ?? false),
  );
  readonly summary: ContactSummaryView | null = $derived(
    this.card?.contact_summary && this.bootstrap && this.view
      ? contactSummaryView(this.bootstrap, this.card.contact_summary, this.#minute, this.view)
      : null,
  );
  readonly timer: string = $derived.by(() => {
    if (!this.card) {
      return "";
    }
    const { from, until } = span(this.card.call);
    return duration((until ?? this.#now) - from);
  });

  /** Whether the timer still runs. */
  readonly running: boolean = $derived(this.card !== null && this.card.call.state !== "ended");

  /** Whether an account can dial. */
  readonly dials: boolean = $derived(this.bootstrap?.offers.includes("dial") ?? false);

  /** Whether the agent has still to choose among several. */
  readonly choosing: boolean = $derived(this.card?.match === "several" && !this.declined);

  /** Whether somebody can still be named: nobody is known, or not for sure. While a call goes on the vendor may yet say who it is. */
  readonly open: boolean = $derived(
    this.card !== null &&
      !this.choosing &&
      (["unknown", "withheld", "several", "maybe"].includes(this.card.match) ||
        (this.card.match === "one" && this.card.kind === "chosen") ||
        (this.card.match === "not_known_yet" && this.card.call.state === "ended")),
  );

  constructor(host: PopupHost) {
    this.#host = host;
    this.search = new ContactSearch((text) => host.search(text));
  }

  /** A text in the window's language. */
  text(key: TextKey, values?: Record<string, string | number>): string {
    return text(this.bootstrap?.language ?? "es", key, values);
  }

  greet(bootstrap: WindowBootstrap): void {
    this.bootstrap = bootstrap;
    if (this.form) {
      this.form.bootstrap = bootstrap;
    }
  }

  /** Fills the window; or completes it, as long as the agent has not begun to act on what it shows. */
  show(card: PopupCard, now: number): void {
    this.#now = now;
    if (this.card?.call.key === card.call.key && this.form) {
      if (this.begun) {
        this.changed(card.call);
      } else {
        this.card = card;
        this.form.load(card.interaction);
      }
      return;
    }
    this.#forget();
    this.card = card;
    if (this.bootstrap) {
      const { key } = card.call;
      // Kept for its own call, whatever the window shows by then.
      this.form = new ResultForm(this.bootstrap, (edit) => this.#save(key, edit));
      this.form.load(card.interaction);
    }
  }

  /** Takes over what is new about the call shown; another call's news is not for this window. */
  changed(call: Call): void {
    if (this.card?.call.key === call.key) {
      this.card = { ...this.card, call };
    }
  }

  records(callKey: CallKey, records: RecordState[]): void {
    if (this.card?.call.key === callKey && this.form) {
      this.form.records = records;
    }
  }

  /** Forgets the call: an empty window holds nothing of it. */
  clear(): void {
    // A draft that is not kept yet goes on trying by itself.
    void this.form?.flush();
    this.#forget();
    this.card = null;
    this.form = null;
  }

  #forget(): void {
    this.panel = "none";
    this.editor = null;
    this.draft = { name: "", company: "" };
    this.ask = null;
    this.note = null;
    this.declined = false;
    this.begun = false;
    this.search.clear();
  }

  /** Moves the timer on to `now`, milliseconds since 1970. */
  tick(now: number): void {
    this.#now = now;
  }

  /** The agent's first key or click inside: from now on nothing is exchanged. */
  begin(): void {
    if (!this.begun && this.card) {
      this.begun = true;
      void this.#host.begun(this.card.call.key);
    }
  }

  /** Opens the contact shown, to be mended. */
  openEdit(): void {
    const card = this.card;
    if (card && "contact" in card) {
      const { key } = card.call;
      const { id } = card.contact;
      this.editor = new ContactEditor(card.contact, card.contact_summary?.phones ?? [], async (edit) => {
        const mended = await this.#host.editContact(key, id, edit);
        if (this.card?.call.key === key) {
          this.card = { ...mended, call: this.card.call };
        }
      });
      this.panel = "edit";
    }
  }

  /** Opens a way to say who it is. */
  openPanel(panel: Panel): void {
    this.panel = this.panel === panel ? "none" : panel;
    this.search.clear();
  }

  /** The agent said who it is. */
  async choose(contact: ContactId): Promise<void> {
    await this.#identify((key) => this.#host.choose(key, contact));
  }

  /** A new contact, as typed. */
  async create(): Promise<void> {
    const { name, company } = this.draft;
    if (`${name}${company}`.trim() !== "") {
      await this.#identify((key) => this.#host.addContact(key, name.trim(), company.trim()));
    }
  }

  async #identify(ask: (key: CallKey) => Promise<PopupCard>): Promise<void> {
    const key = this.card?.call.key;
    if (key === undefined) {
      return;
    }
    await this.#tell(async () => {
      this.#identified(key, await ask(key));
    });
  }

  #identified(key: CallKey, card: PopupCard): void {
    if (this.card?.call.key === key) {
      this.card = { ...card, call: this.card.call };
      this.panel = "none";
      this.declined = false;
      this.draft = { name: "", company: "" };
      this.search.clear();
    }
  }

  /** Dials one of the numbers shown. */
  async dial(number: string, words: string, despite: ErrorCode[] = []): Promise<void> {
    const key = this.card?.call.key;
    this.ask = null;
    this.note = null;
    try {
      await this.#host.dial(number, this.#contact, despite);
      this.#noted(key, this.text("popup.dialled", { time: clock(Date.now()), number: words }), false);
    } catch (error) {
      const refusal = refusalOf(error);
      const { code } = refusal;
      if ((code === "do_not_call" || code === "stale_call") && this.card?.call.key === key) {
        this.ask = { kind: "dial", number, words, why: code, despite: [...despite, code] };
      } else {
        this.#noted(key, [refusal.what || refusal.detail, refusal.what_to_do].filter(Boolean).join(" "), true);
      }
    }
  }

  /** Opens the contact's case file, where there is a contact. */
  async openContact(): Promise<void> {
    const contact = this.#contact;
    if (contact !== null) {
      await this.#tell(() => this.#host.openContact(contact));
    }
  }

  get #contact(): ContactId | null {
    return this.card && "contact" in this.card ? this.card.contact.id : null;
  }

  /** Whether a contact is shown. */
  get identified(): boolean {
    return this.#contact !== null;
  }

  async #tell(act: () => Promise<void>): Promise<void> {
    const key = this.card?.call.key;
    this.note = null;
    try {
      await act();
    } catch (error) {
      const { what, what_to_do, detail } = refusalOf(error);
      this.#noted(key, [what || detail, what_to_do].filter(Boolean).join(" "), true);
    }
  }

  #noted(key: CallKey | undefined, words: string, bad: boolean): void {
    if (this.card?.call.key === key) {
      this.note = { words, bad };
    }
  }

  /** What stands in the window about who it is and was not taken; null where nothing does. */
  get #typedCaller(): TypedCaller | null {
    const { name, company } = this.draft;
    const search = this.search.text;
    return `${name}${company}${search}`.trim() === "" ? null : { name, company, search, offered: 0 };
  }

  async #save(key: CallKey, edit: InteractionEdit): Promise<Saved> {
    const caller = edit.finish && this.card?.call.key === key && !this.#withoutCaller ? this.#typedCaller : null;
    const saved = await this.#host.save(key, edit, caller);
    if (saved.card) {
      this.#identified(key, saved.card);
    }
    return saved;
  }

  /** Makes the result final; asks where it can't be told who it is with. */
  async finish(): Promise<void> {
    const { form } = this;
    this.ask = null;
    await form?.finish();
    if (form?.fault?.place === "contact") {
      this.panel = "attach";
    } else if (form?.fault?.place === "caller") {
      form.fault = null;
      this.ask = { kind: "caller", words: this.text("popup.caller.ask") };
    }
  }

  /** Makes the result final without whom the agent began to name. */
  async finishWithoutCaller(): Promise<void> {
    this.#withoutCaller = true;
    try {
      await this.finish();
    } finally {
      this.#withoutCaller = false;
    }
  }

  /** Esc: closes what is open in the window, level by level, at last the window. */
  async escape(): Promise<void> {
    if (this.ask) {
      this.ask = null;
    } else if (this.panel !== "none") {
      this.openPanel("none");
    } else if (!this.form?.back()) {
      await this.close();
    }
  }

  /** The agent is done: nothing typed may be lost by it. */
  async close(): Promise<void> {
    const { card, form } = this;
    if (!card) {
      return;
    }
    const kept = !form?.unsaved || (await form.flush());
    const contact = `${this.draft.name} ${this.draft.company}`.trim();
    if (kept && this.panel === "edit" && this.editor?.touched) {
      this.ask = { kind: "leave", words: this.text("popup.leave.edit") };
      return;
    }
    if (kept && contact !== "") {
      this.panel = "new";
      this.ask = { kind: "leave", words: this.text("popup.leave.contact", { contact }) };
      return;
    }
    if (kept || !form) {
      await this.#host.close(card.call.key);
      return;
    }
    const [unread] = form.unread;
    const words = unread ? this.text("popup.leave.unread", { what: unread.what }) : this.text("popup.leave.ask");
    this.ask = { kind: "leave", words };
  }

  /** The program ends: keeps what can be kept. What is typed and can't be, as it was typed. */
  async leaving(): Promise<string[]> {
    const { card, form, view } = this;
    if (!card || !view) {
      return [];
    }
    await form?.flush();
    const who = view.title;
    const results = form?.left ?? [];
    const { name, company } = this.draft;
    const contacts = [[name, company, this.search.text], this.panel === "edit" && this.editor?.touched ? this.editor.typed : []];
    return [
      ...results.map((what) => this.text("left.result", { who, what })),
      ...contacts
        .map((parts) => parts.map((part) => part.trim()).filter(Boolean).join(" · "))
        .filter(Boolean)
        .map((contact) => this.text("left.contact", { who, contact })),
    ];
  }

  /** Closes although not everything is kept. */
  async leave(): Promise<void> {
    this.ask = null;
    if (this.card) {
      await this.#host.close(this.card.call.key);
    }
  }
}
