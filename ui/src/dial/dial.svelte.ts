import type { ContactId } from "../bindings/ContactId";
import type { DialProgress } from "../bindings/DialProgress";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { Identity } from "../bindings/Identity";
import type { Refusal } from "../bindings/Refusal";
import type { DialHost, DialWish, NumberRead } from "../host/host";
import { plain } from "../kit/plain";
import { type TextKey, text } from "../texts";
import { Guard, LINK_MS, OWN_MS } from "./guard";
import { named, type Target } from "./rows";
import { Search } from "./search.svelte";
import { begun, heard, isOver, refused, type Trouble, trouble, type Watched } from "./steps";

/** What somebody or something asks to be dialled. */
export interface Question {
  from: DialWish["from"];
  /** What was asked for, as it came. */
  asked: string;
  /** The number as it would be dialled; nothing while it is read. */
  read: NumberRead | null;
  target: Target | null;
  extension: string;
  context: string;
  /** Why it can't be dialled. */
  trouble: Trouble | null;
}

/** A dial that this window follows. */
export interface OngoingDial {
  /** Its id, once the host has told it. */
  id: string | null;
  target: Target;
  /** The label of who it is made as; empty where another program asked for it. */
  as: string;
  watched: Watched;
  /** Why it was not even sent. */
  refusal: Refusal | null;
}

/** What an agent may insist on. */
type Insistence = "do_not_call" | "stale_call";

/** No stranger's text is longer than what a person would type. */
const LONGEST = 100;

/** The dial window: a field and a list, a question, or a dial under way. */
export class DialWindow {
  bootstrap = $state.raw<WindowBootstrap | null>(null);
  question = $state.raw<Question | null>(null);
  going = $state.raw<OngoingDial | null>(null);
  /** This is not dialled without a second word: asked once more. */
  despite = $state.raw<Target | null>(null);
  /** Why it is asked: the contact does not want to be called, or the vendor shows a call that began long ago. */
  why = $state.raw<Insistence>("do_not_call");
  /** What the agent was told of this dial, and insists on. */
  #insists: Insistence[] = [];
  /** The label of who calls are made as; the usual one where it is empty. */
  #label = $state("");

  readonly search: Search;
  readonly guard = new Guard();
  readonly #host: DialHost;
  readonly #now: () => number;
  /** Enter was pressed before the answer to what was typed had come. */
  #hasty = false;
  /** Counts wishes, so that what comes late to an earlier one changes nothing. */
  #wish = 0;
  /** Counts dials, for the same. */
  #dialled = 0;
  /** What was heard of dials whose id was not known yet. */
  #early = new Map<string, DialProgress[]>();

  readonly identities: Identity[] = $derived(this.bootstrap?.identities ?? []);
  readonly identity: Identity | null = $derived(
    this.identities.find((identity) => identity.label === this.#label) ??
      this.identities.find((identity) => identity.label === this.bootstrap?.preferences.identity) ??
      this.identities[0] ??
      null,
  );
  readonly mode: "search" | "question" | "progress" = $derived(
    this.going ? "progress" : this.question ? "question" : "search",
  );

  constructor(host: DialHost, now: () => number = Date.now) {
    this.#host = host;
    this.#now = now;
    this.search = new Search(host);
  }

  /** A text in the agent's language. */
  say(key: TextKey, values?: Record<string, string | number>): string {
    return text(this.search.language, key, values);
  }

  greet(bootstrap: WindowBootstrap): void {
    this.bootstrap = bootstrap;
    this.search.language = bootstrap.language;
    // The host's word on what is remembered counts more than what was clicked here before.
    this.#label = "";
  }

  /** The window comes up for this. */
  async wish(wish: DialWish): Promise<void> {
    const turn = ++this.#wish;
    this.despite = null;
    this.#hasty = false;
    this.guard.clear();
    if (wish.from === "command" && !wish.refusal) {
      return this.#place(wish, turn);
    }
    const number = plain(wish.number).slice(0, LONGEST);
    if (wish.refusal || (number && wish.from !== "hotkey")) {
      ++this.#dialled;
      this.going = null;
      return this.#ask(wish, number, turn);
    }
    this.question = null;
    // A dial whose outcome is not known yet is shown before anything else.
    if (this.going && (this.going.refusal || isOver(this.going.watched.state))) {
      this.going = null;
    }
    await this.search.type(number);
  }

  /** A person asked for this call elsewhere, in the tray or on a command line: it is dialled, and followed. */
  async #place(wish: DialWish, turn: number): Promise<void> {
    const number = plain(wish.number).slice(0, LONGEST);
    ++this.#dialled;
    this.going = null;
    this.question = null;
    try {
      const read = await this.#host.readNumber(number);
      if (turn === this.#wish) {
        this.#dial(targetOf(read, wish.contact));
      }
    } catch {
      // What is wrong with it stands where a question would stand.
      if (turn === this.#wish) {
        await this.#ask(wish, number, turn);
      }
    }
  }

  /** Shows what is asked for, and dials nothing. */
  async #ask(wish: DialWish, number: string, turn: number): Promise<void> {
    const question: Question = {
      from: wish.from,
      asked: number,
      read: null,
      target: null,
      extension: plain(wish.extension ?? ""),
      context: plain(wish.context ?? ""),
      trouble: wish.refusal ? { what: plain(wish.refusal), whatToDo: "", reasons: [] } : null,
    };
    this.question = question;
    if (question.trouble) {
      return;
    }
    try {
      const read = await this.#host.readNumber(number);
      if (turn === this.#wish) {
        const extension = question.extension || plain(read.extension ?? "");
        this.question = { ...question, read, extension, target: targetOf(read, wish.contact) };
      }
    } catch (refusal) {
      if (turn !== this.#wish) {
        return;
      }
      if (wish.from === "clipboard" || wish.from === "selection") {
        // A name was copied, most likely: look for it.
        this.question = null;
        await this.search.type(number);
      } else {
        this.question = { ...question, trouble: refused(refusal as Refusal) };
      }
    }
  }

  /** The question is on the glass. */
  painted(): void {
    if (this.question?.target || this.despite || this.going) {
      this.guard.shown(this.#now(), this.question?.from === "link" ? LINK_MS : OWN_MS);
    }
  }

  /** Another text in the field. */
  async type(typed: string): Promise<void> {
    this.despite = null;
    this.#hasty = false;
    await this.search.type(typed);
    if (this.#hasty && this.search.settled) {
      this.#hasty = false;
      this.enter();
    }
  }

  /** Enter in the field: dials the row the agent stands on, or the one that is about to be listed. */
  enter(): void {
    if (!this.search.settled) {
      this.#hasty = true;
    } else if (this.search.chosen?.target) {
      this.#dial(this.search.chosen.target);
    }
  }

  /** Dials a row by its place or by a click. */
  pick(place: number): void {
    const row = this.search.settled ? this.search.rows[place] : undefined;
    if (row) {
      this.search.selected = place;
      if (row.target) {
        this.#dial(row.target);
      }
    }
  }

  /** The agent says yes: to a question, to a contact who does not want to be called, or to another try. */
  confirm(repeated = false): void {
    if (!this.guard.lets(this.#now(), repeated)) {
      return;
    }
    if (this.despite) {
      this.#insists = [...this.#insists, this.why];
      void this.#send(this.despite);
    } else if (this.question?.target) {
      this.#dial(this.question.target);
    }
  }

  /** The same again, after it failed. */
  again(repeated = false): void {
    if (this.going && this.canRepeat && this.guard.lets(this.#now(), repeated)) {
      this.#dial(this.going.target);
    }
  }

  /** Whether the dial is over in a way that another try may mend. */
  get canRepeat(): boolean {
    const { going } = this;
    return going !== null && (going.refusal !== null || going.watched.state === "failed" || going.watched.state === "ended");
  }

  #dial(target: Target): void {
    this.#insists = [];
    if (target.doNotCall) {
      this.#askWhy(target, "do_not_call");
    } else {
      void this.#send(target);
    }
  }

  #askWhy(target: Target, why: Insistence): void {
    this.going = null;
    this.why = why;
    this.despite = target;
  }

  async #send(target: Target): Promise<void> {
    const turn = ++this.#dialled;
    this.despite = null;
    this.#early.clear();
    this.guard.clear();
    const as = this.identity?.label ?? "";
    this.going = { id: null, target, as, watched: begun(this.#now()), refusal: null };
    try {
      const id = await this.#host.dial(target.dial, as || null, target.contact, this.#insists);
      if (turn === this.#dialled && this.going) {
        const watched = (this.#early.get(id) ?? []).reduce(heard, this.going.watched);
        this.going = { ...this.going, id, watched };
      }
    } catch (error) {
      if (turn !== this.#dialled || !this.going) {
        return;
      }
      const refusal = error as Refusal;
      if ((refusal.code === "do_not_call" || refusal.code === "stale_call") && !this.#insists.includes(refusal.code)) {
        this.#askWhy(target, refusal.code);
      } else {
        this.going = { ...this.going, refusal };
      }
    } finally {
      if (turn === this.#dialled) {
        this.#early.clear();
      }
    }
  }

  /** A dial has come further: this window's, or somebody else's. */
  progress(progress: DialProgress): void {
    const { going } = this;
    if (!going) {
      return;
    }
    if (going.id === null && going.as === "") {
      // Asked for by another program: the first dial heard of is it.
      this.going = { ...going, id: progress.id, watched: heard(going.watched, progress) };
    } else if (going.id === null) {
      this.#early.set(progress.id, [...(this.#early.get(progress.id) ?? []), progress]);
    } else if (going.id === progress.id) {
      this.going = { ...going, watched: heard(going.watched, progress) };
    }
  }

  /** What went wrong with the dial under way. */
  get trouble(): Trouble | null {
    const { going } = this;
    return going && (going.refusal ? refused(going.refusal) : trouble(this.search.language, going.watched));
  }

  /** From now on calls are made as this one; remembered by the host. */
  become(label: string): void {
    this.#label = label;
    this.#host.chooseIdentity(label).catch(() => {
      // It holds for this window all the same: `dial` names it.
    });
  }

  /** The next identity, and round. */
  cycle(): void {
    const place = this.identities.findIndex((identity) => identity.label === this.identity?.label);
    const next = this.identities[(place + 1) % this.identities.length];
    if (next && this.identities.length > 1) {
      this.become(next.label);
    }
  }

  /** Esc: one step back; out of the window where there is none. */
  escape(): void {
    if (this.despite) {
      this.despite = null;
    } else if (this.mode === "search" && this.search.opened) {
      this.search.back();
    } else if (this.mode === "search" && this.search.text !== "") {
      void this.type("");
    } else {
      this.leave();
    }
  }

  /** The agent is done: nothing of it is there the next time. A dial that goes on is still followed. */
  leave(): void {
    ++this.#wish;
    this.question = null;
    this.despite = null;
    this.guard.clear();
    void this.#host.close();
  }

  /** To the field, with what could not be dialled in it. */
  edit(): void {
    const asked = this.question?.asked ?? this.going?.target.written ?? "";
    ++this.#wish;
    ++this.#dialled;
    this.question = null;
    this.going = null;
    void this.type(asked);
  }
}

/** What a number read is dialled as: for the contact asked for, or the only one who has it. */
function targetOf(read: NumberRead, contact: ContactId | null): Target {
  const meant = read.contacts.find((one) => one.id === contact);
  const only = meant ?? (read.contacts.length === 1 ? read.contacts[0] : undefined);
  return {
    dial: read.dial,
    written: plain(read.written),
    contact: contact ?? only?.id ?? null,
    name: only ? named(only).name : "",
    doNotCall: only ? only.do_not_call : read.contacts.some((one) => one.do_not_call),
  };
}
