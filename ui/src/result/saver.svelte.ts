// Keeps what is typed: soon after it was typed, again when it failed, and never two at once.

import type { Interaction } from "../bindings/Interaction";
import type { InteractionEdit } from "../bindings/InteractionEdit";
import type { Refusal } from "../bindings/Refusal";
import type { Saved } from "../host/host";

/** How long after the last key a draft is kept, milliseconds. */
export const DRAFT_AFTER = 400;

/** The first wait after a failure, milliseconds; each further one is twice as long, up to the last. */
const RETRY_FIRST = 1000;
const RETRY_LAST = 30_000;

/** How far what was typed has come. */
export type SaveState =
  | { kind: "nothing" }
  | { kind: "unsaved" }
  | { kind: "saved"; at: string; final: boolean }
  /** A change of a final result is kept here and not saved: nobody is told of it. */
  | { kind: "change"; at: string }
  | { kind: "failed"; refusal: Refusal };

/** Where the saver takes from what is to be kept. */
export interface Source {
  /** What changed since it was last kept; null for nothing. Called again once it is kept, or failed. */
  take(finish: boolean): { edit: InteractionEdit; kept: (saved: Saved) => void } | null;
  /** The change that forgets what was typed over a final result; null where nothing of it is kept. */
  readonly forgetting: InteractionEdit | null;
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

  /** Has what was typed kept as a draft soon, in place of a final save that has not succeeded yet. */
  touch(): void {
    this.#finish = false;
    this.state = { kind: "unsaved" };
    this.#in(DRAFT_AFTER);
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

  /** Forgets what was typed over a final result, also what is kept of it. True when it is forgotten. */
  drop(): Promise<boolean> {
    return this.#alone(() => {
      const edit = this.#source.forgetting;
      return edit ? this.#send({ edit, kept: () => undefined }) : Promise.resolve(true);
    });
  }

  /** How far what is kept has come. */
  known({ updated_at: at, state, change_draft }: Interaction): void {
    this.state = change_draft ? { kind: "change", at } : { kind: "saved", at, final: state === "final" };
  }

  #in(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(this.#finish), milliseconds);
  }

  #run(finish: boolean): Promise<boolean> {
    return this.#alone(() => {
      const taken = this.#source.take(finish);
      return taken ? this.#send(taken) : Promise.resolve(true);
    });
  }

  async #alone(work: () => Promise<boolean>): Promise<boolean> {
    // One after the other: an answer that overtakes another would take back what was typed.
    while (this.#running) {
      await this.#running;
    }
    clearTimeout(this.#timer);
    this.#running = work();
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
        this.known(saved.interaction);
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
