// What an agent writes about a call: the fields on the screen, and the change they make of what is kept.

import type { Disposition } from "../bindings/Disposition";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { Interaction } from "../bindings/Interaction";
import type { InteractionEdit } from "../bindings/InteractionEdit";
import type { RecordState } from "../bindings/RecordState";
import type { Refusal } from "../bindings/Refusal";
import type { Saved } from "../host/host";
import { clock, decimal, localeOf, readDecimal } from "../kit/format";
import { type TextKey, text } from "../texts";
import { ChargeRow } from "./charges.svelte";
import { asTyped, change, type Content, placeOf } from "./content";
import { actions, children, filtered, isLast, path, requirements } from "./dispositions";
import { Saver, type SaveState, type Source } from "./saver.svelte";
import { type Quick, quick, readMoment, writtenDate } from "./when";

/** More options than this can't be told apart by one key: typing filters them. */
export const NUMBER_KEYS = 9;

/** Something in the fields that is not right, at its place. */
export interface Fault {
  place: string;
  what: string;
}

export class ResultForm implements Source {
  bootstrap: WindowBootstrap = $state.raw()!;
  /** The last level that was chosen. */
  chosen = $state<string | null>(null);
  /** Whether the agent is choosing (again): the options are open. */
  picking = $state(true);
  /** Below which disposition the options stand. */
  level = $state<string | null>(null);
  filter = $state("");
  comment = $state("");
  fields = $state<Record<string, string>>({});
  followUp = $state({ open: false, date: "", time: "", whom: "", what: "" });
  charges = $state<ChargeRow[]>([]);
  final = $state(false);
  /** Whether the agent opened a final result to change it. */
  changing = $state(false);
  /** Whether it is being saved at this moment: nothing more is typed into it. */
  finishing = $state(false);
  /** What was kept last. */
  kept = $state.raw<Interaction | null>(null);
  records = $state.raw<RecordState[]>([]);
  /** What the last try to make it final found missing or wrong. */
  fault = $state.raw<Fault | null>(null);
  /** Where the keyboard is wanted; a new object each time. */
  wanted = $state.raw<{ place: string } | null>(null);

  readonly #saver: Saver;
  #now: () => number = Date.now;
  #base: Content;
  /** The levels as they were called when they were chosen: the catalogue may have lost them since. */
  #written = $state.raw<Interaction["disposition"]>([]);

  readonly locale: string = $derived(localeOf(this.bootstrap));
  /** A saved result takes nothing more, until the agent says that they want to change it. */
  readonly closed: boolean = $derived(this.final && !this.changing);
  readonly #all: Disposition[] = $derived(this.bootstrap.dispositions.all);
  readonly crumbs: Disposition[] = $derived(path(this.#all, this.level));
  readonly siblings: Disposition[] = $derived(children(this.#all, this.level));
  readonly options: Disposition[] = $derived(filtered(this.siblings, this.filter));
  readonly filters: boolean = $derived(this.siblings.length > NUMBER_KEYS);
  /** The names of the chosen disposition's levels. */
  readonly chosenNames: string[] = $derived.by(() => {
    const known = path(this.#all, this.chosen);
    return (known.length > 0 ? known : this.#written).map(({ name }) => name);
  });
  readonly needs: ReadonlySet<string> = $derived(new Set(requirements(this.#all, this.chosen)));
  readonly brings = $derived(this.final ? [] : actions(this.#all, this.chosen));
  /** The organisation's fields to show: those that are needed first, then those that have a value. */
  readonly shownFields: string[] = $derived.by(() => {
    const needed = [...this.needs].filter((need) => need.startsWith("field:")).map((need) => need.slice(6));
    return [...new Set([...needed, ...Object.keys(this.fields).filter((name) => this.fields[name] !== undefined)])];
  });
  /** Those that could be shown too. */
  readonly otherFields: string[] = $derived(this.bootstrap.result_fields.filter((name) => !this.shownFields.includes(name)));
  readonly moment: Date | null = $derived(
    readMoment(this.locale, this.followUp.date, this.followUp.time, this.#now()),
  );

  constructor(bootstrap: WindowBootstrap, save: (edit: InteractionEdit) => Promise<Saved>, now: () => number = Date.now) {
    this.bootstrap = bootstrap;
    this.#now = now;
    this.#saver = new Saver(this, save, ({ records }) => (this.records = records));
    this.#base = this.#content();
  }

  /** How far what was typed has come. */
  get state(): SaveState {
    return this.#saver.state;
  }

  say(key: TextKey, values?: Record<string, string | number>): string {
    return text(this.bootstrap.language, key, values);
  }

  isLast(code: string): boolean {
    return isLast(this.#all, code);
  }

  /** Fills the fields with what is kept. */
  load(kept: Interaction | null): void {
    if (kept) {
      this.#fill(kept);
      this.changing = kept.change_draft !== null;
      if (kept.revision > 0) {
        this.#saver.known(kept);
      }
    }
    this.#base = this.#content();
  }

  #fill(saved: Interaction): void {
    this.kept = saved;
    const kept = asTyped(saved, this.#all);
    this.#written = kept.disposition;
    this.chosen = kept.disposition.at(-1)?.code ?? null;
    this.picking = this.chosen === null;
    this.level = null;
    this.filter = "";
    this.comment = kept.comment;
    this.fields = { ...kept.fields };
    this.final = kept.state === "final";
    const { follow_up } = kept;
    this.followUp = follow_up
      ? {
          open: true,
          date: writtenDate(this.locale, new Date(follow_up.at)),
          time: clock(follow_up.at),
          whom: follow_up.whom ?? "",
          what: follow_up.what,
        }
      : { open: false, date: "", time: "", whom: "", what: "" };
    this.charges = kept.charges.map(
      (charge) => new ChargeRow({ ...charge, amount: decimal(this.locale, charge.amount) }),
    );
  }

  // --- dispositions ---

  /** Takes an option: the result has it, or its own options open. */
  choose(code: string): void {
    this.filter = "";
    if (!this.isLast(code)) {
      this.level = code;
      return;
    }
    this.chosen = code;
    this.picking = false;
    this.level = null;
    this.touch("disposition");
  }

  /** One level back. False where there is none. */
  back(): boolean {
    if (this.closed || this.finishing) {
      return false;
    }
    if (this.picking && this.filter !== "") {
      this.filter = "";
    } else if (this.picking && this.level !== null) {
      this.level = this.crumbs.at(-2)?.code ?? null;
    } else if (this.picking && this.chosen !== null) {
      this.picking = false;
    } else {
      return false;
    }
    return true;
  }

  /** Opens the options again, where the chosen one stands. */
  chooseAgain(): void {
    this.level = path(this.#all, this.chosen).at(-2)?.code ?? null;
    this.picking = true;
  }

  /** A key pressed outside of text fields. True when it meant something here. */
  key(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">): boolean {
    if (this.closed || this.finishing || event.ctrlKey || event.metaKey || event.altKey) {
      return false;
    }
    const option = /^[1-9]$/.test(event.key) && this.picking ? this.options[Number(event.key) - 1] : undefined;
    if (option) {
      this.choose(option.code);
      return true;
    }
    if (event.key === "Backspace") {
      if (!this.picking && this.chosen !== null) {
        this.chooseAgain();
        return true;
      }
      return this.back();
    }
    if (this.picking && this.filters && /^\p{L}$/u.test(event.key)) {
      this.filter += event.key;
      this.wanted = { place: "filter" };
      return true;
    }
    return false;
  }

  // --- the other parts ---

  /** Something was typed at a place. */
  touch(place: string): void {
    if (this.fault && placeOf(this.fault.place) === placeOf(place)) {
      this.fault = null;
    }
    this.#saver.touch();
  }

  openFollowUp(): void {
    this.followUp.open = true;
    this.wanted = { place: "follow_up" };
  }

  removeFollowUp(): void {
    this.followUp = { open: false, date: "", time: "", whom: "", what: "" };
    this.touch("follow_up");
  }

  /** One of the usual moments. */
  due(choice: Quick): void {
    const date = quick(choice, this.#now());
    this.followUp.date = writtenDate(this.locale, date);
    this.followUp.time = clock(date);
    this.touch("follow_up");
  }

  addCharge(): void {
    const currency = this.charges.at(-1)?.currency ?? this.bootstrap.currency ?? "";
    this.charges.push(new ChargeRow({ currency }));
    this.wanted = { place: `charges[${this.charges.length - 1}].amount` };
  }

  removeCharge(row: ChargeRow): void {
    this.charges = this.charges.filter((one) => one !== row);
    this.touch("charge");
  }

  showField(name: string): void {
    this.fields[name] = "";
    this.wanted = { place: `field:${name}` };
  }

  // --- keeping it ---

  /** What stands in the fields and can't be kept as it is. */
  get unread(): Fault[] {
    const faults: Fault[] = [];
    const { open, date, time, whom, what } = this.followUp;
    if (open && this.moment === null && `${date}${time}${whom}${what}`.trim() !== "") {
      faults.push({ place: "follow_up", what: this.say("form.fault.when") });
    }
    this.charges.forEach((row, n) => {
      if (!row.empty && readDecimal(this.locale, row.amount) === null) {
        faults.push({ place: `charges[${n}].amount`, what: this.say("form.fault.amount") });
      } else if (!row.empty && !row.hasCurrency) {
        faults.push({ place: `charges[${n}].currency`, what: this.say("form.fault.currency") });
      }
    });
    return faults;
  }

  #content(): Content {
    const { open, whom, what } = this.followUp;
    return {
      disposition: this.chosen,
      comment: this.comment,
      fields: { ...this.fields },
      follow_up:
        open && this.moment
          ? { at: this.moment.toISOString(), whom: whom.trim() || null, what: what.trim() }
          : null,
      charges: this.#sent().map((row) => ({
        id: row.id,
        amount: readDecimal(this.locale, row.amount) ?? "0",
        currency: row.currency.trim().toUpperCase(),
        concept: row.concept.trim(),
      })),
    };
  }

  /** The charges that can be kept: a draft's may still lack its amount, but not its currency. */
  #sent(): ChargeRow[] {
    return this.charges.filter((row) => !row.empty && row.hasCurrency);
  }

  take(finish: boolean): { edit: InteractionEdit; kept: (saved: Saved) => void } | null {
    const content = this.#content();
    const typed = change(this.#base, content, false) !== null || (this.kept?.change_draft ?? null) !== null;
    // What is final already is saved again only where something was typed over it.
    const edit = change(this.#base, content, finish && (!this.final || typed));
    if (!edit) {
      return null;
    }
    const rows = this.#sent();
    return { edit, kept: (saved) => this.#kept(edit.finish, content, rows, saved) };
  }

  get forgetting(): InteractionEdit | null {
    const nothing = change(this.#base, this.#base, true);
    return this.kept?.change_draft && nothing ? { ...nothing, finish: false, forget_draft: true } : null;
  }

  #kept(saved: boolean, content: Content, rows: ChargeRow[], { interaction }: Saved): void {
    this.final = interaction.state === "final";
    this.kept = interaction;
    const typedMeanwhile = JSON.stringify(this.#content()) !== JSON.stringify(content);
    if (saved && !typedMeanwhile && this.unread.length === 0) {
      // With what the disposition brought about.
      this.#fill(interaction);
      this.changing = false;
      this.#base = this.#content();
      return;
    }
    this.changing = this.final;
    const ids = new Map<ChargeRow, string>();
    rows.forEach((row, n) => {
      const id = interaction.charges[n]?.id;
      if (id !== undefined) {
        ids.set(row, id);
        row.id = id;
      }
    });
    this.#base = {
      ...content,
      charges: content.charges.map((charge, n) => ({ ...charge, id: ids.get(rows[n]!) ?? charge.id })),
    };
  }

  refused({ place, what, what_to_do }: Refusal): void {
    if (place !== null) {
      // What is wrong can be mended at once.
      this.finishing = false;
      const lacks = this.needs.has(place) ? this.say("form.fault.lacks", { what: this.nameOf(place) }) : "";
      this.#point({ place, what: lacks || [what, what_to_do].filter(Boolean).join(" ") });
    }
  }

  /** A place in words. */
  nameOf(place: string): string {
    const part = placeOf(place);
    if (part.startsWith("field:")) {
      return part.slice(6);
    }
    const known = ["comment", "contact", "disposition", "follow_up", "charge"] as const;
    const name = known.find((one) => one === part);
    return name ? this.say(`disposition.requires.${name}`) : place;
  }

  /** Shows what is wrong and brings the keyboard there. */
  #point(fault: Fault): void {
    this.fault = fault;
    const part = placeOf(fault.place);
    let place = part;
    if (part === "disposition") {
      this.picking = true;
    } else if (part === "follow_up") {
      this.followUp.open = true;
    } else if (part === "charge") {
      if (this.charges.length === 0) {
        this.addCharge();
      }
      place = fault.place.startsWith("charges[") ? fault.place : "charges[0].amount";
    } else if (part.startsWith("field:")) {
      this.fields[part.slice(6)] ??= "";
    }
    this.wanted = { place };
  }

  /** What stands at a place and is wrong; empty where nothing is. */
  faultAt(place: string): string {
    return this.fault && (this.fault.place === place || placeOf(this.fault.place) === place) ? this.fault.what : "";
  }

  /** Keeps what is not kept yet, now. True when all of it could be. */
  async flush(): Promise<boolean> {
    const kept = await this.#saver.flush();
    return kept && this.unread.length === 0;
  }

  /** Makes it final, unless something is missing. */
  async finish(): Promise<boolean> {
    // One that was opened and left empty may have been forgotten: its samples look as if a moment were chosen.
    const forgotten = this.followUp.open && this.moment === null;
    const unread = this.unread[0] ?? (forgotten ? { place: "follow_up", what: this.say("form.fault.follow_up") } : null);
    if (unread) {
      this.#point(unread);
      return false;
    }
    this.fault = null;
    this.finishing = true;
    try {
      const saved = await this.#saver.finish();
      this.changing &&= !saved;
      return saved;
    } finally {
      this.finishing = false;
    }
  }

  /** Opens a saved result to be changed. */
  change(): void {
    this.changing = this.final;
    this.wanted = { place: "comment" };
  }

  /** Leaves a saved result as it was saved: what was typed over it is forgotten. */
  async drop(): Promise<void> {
    if (this.kept && (await this.#saver.drop())) {
      this.fault = null;
      this.load({ ...this.kept, change_draft: null });
    }
  }

  /** What stands in the form and is not kept, as it was typed. */
  get left(): string[] {
    const rows = this.charges.filter((row) => !row.empty && (readDecimal(this.locale, row.amount) === null || !row.hasCurrency));
    const { open, date, time, whom, what } = this.followUp;
    const parts = [
      ...(open && this.moment === null ? [[date, time, whom, what]] : []),
      ...rows.map(({ amount, currency, concept }) => [amount, currency, concept]),
      ...(this.take(false) ? [[...path(this.#all, this.chosen).map(({ name }) => name), this.comment, ...Object.values(this.fields)]] : []),
    ];
    return parts.map((part) => part.map((one) => one.trim()).filter(Boolean).join(" · ")).filter(Boolean);
  }

  /** Whether anything was typed that is not kept. */
  get unsaved(): boolean {
    return this.unread.length > 0 || this.take(false) !== null;
  }
}
