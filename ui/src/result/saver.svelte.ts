// Keeps what is typed: soon after it was typed, again when it failed, and never two at once.

import type { InteractionEdit } from "../bindings/InteractionEdit";
import type { Refusal } from "../bindings/Refusal";
import type { Saved } from "../host/host";

/** How long after the last key a draft is kept, milliseconds. */
export const DRAFT_AFTER = 400;

/** What is final is already on its way to the CRM: a change of it waits for the end of the sentence. */
export const FINAL_AFTER = 2000;

/** The first wait after a failure, milliseconds; each further one is twice as long, up to the last. */
const RETRY_FIRST = 1000;
const RETRY_LAST = 30_000;

/** How far what was typed has come. */
export type SaveState =
  | { kind: "nothing" }
  | { kind: "unsaved" }
  | { kind: "saved"; at: string; final: boolean }
  | { kind: "failed"; refusal: Refusal };

/** Where the saver takes from what is to be kept. */
export interface Source {
  /** What changed since it was last kept; null for nothing. Called again once it is kept, or failed. */
  take(finish: boolean): { edit: InteractionEdit; kept: (saved: Saved) => void } | null;
  /** Whether what is kept already is final. */
  readonly final: boolean;
  /** A part can't be kept as it is: nothing that another try would mend. */
  refused(refusal: Refusal): void;
}

/** Whatever a host refuses with, as a refusal. */
export function refusalOf(error: unknown): Refusal {
  if (typeof error === "object" && error !== null && "code" in error && "what" in error) {
    return error as Refusal;
  }
  return { code: "store_failed", place: null, what: "", what_to_do: "", detail: String(error) };
}

export class Saver {
  state = $state.raw<SaveState>({ kind: "nothing" });
  readonly #source: Source;
  readonly #save: (edit: InteractionEdit) => Promise<Saved>;
  readonly #heard: (saved: Saved) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<boolean> | null = null;
  #failures = 0;
  /** The agent asked for it to be final; kept through failures of the store, dropped by the next key. */
  #finish = false;

  constructor(source: Source, save: (edit: InteractionEdit) => Promise<Saved>, heard: (saved: Saved) => void) {
    this.#source = source;
    this.#save = save;
    this.#heard = heard;
  }

  /** Something was typed. */
  touch(): void {
    this.#finish = false;
    this.state = { kind: "unsaved" };
    this.#in(this.#source.final ? FINAL_AFTER : DRAFT_AFTER);
  }

  /** Keeps what is not kept yet, now. True when all is. */
  flush(): Promise<boolean> {
    return this.#run(false);
  }

  /** Makes it final. True when it is. */
  finish(): Promise<boolean> {
    this.#finish = true;
    return this.#run(true);
  }

  /** What was kept is final; the last that is known of it. */
  known(at: string, final: boolean): void {
    this.state = { kind: "saved", at, final };
  }

  #in(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(this.#finish), milliseconds);
  }

  async #run(finish: boolean): Promise<boolean> {
    // One after the other: an answer that overtakes another would take back what was typed.
    while (this.#running) {
      await this.#running;
    }
    clearTimeout(this.#timer);
    const taken = this.#source.take(finish);
    if (!taken) {
      return true;
    }
    this.#running = this.#send(taken);
    try {
      return await this.#running;
    } finally {
      this.#running = null;
    }
  }

  async #send({ edit, kept }: { edit: InteractionEdit; kept: (saved: Saved) => void }): Promise<boolean> {
    try {
      const saved = await this.#save(edit);
      this.#failures = 0;
      this.#finish &&= !edit.finish;
      kept(saved);
      this.#heard(saved);
      // What was typed meanwhile has its own timer.
      if (this.#source.take(false) === null) {
        this.known(saved.interaction.updated_at, saved.interaction.state === "final");
      }
      return true;
    } catch (error) {
      const refusal = refusalOf(error);
      this.state = { kind: "failed", refusal };
      if (refusal.place !== null) {
        this.#finish = false;
        this.#source.refused(refusal);
      } else {
        this.#in(Math.min(RETRY_FIRST * 2 ** this.#failures, RETRY_LAST));
        this.#failures += 1;
      }
      return false;
    }
  }
}
