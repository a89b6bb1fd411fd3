// The pages of calls: a day's, and those whose result is not final.

import type { CallRow } from "../bindings/CallRow";
import { type Chip, byUrgency, CHIPS, passes, searched } from "./row";
import { Latest } from "./latest";
import { fits, Listing } from "./listing.svelte";
import type { Shell } from "./shell.svelte";

/** More than anybody takes in a day. */
const LIMIT = 2000;

/** The midnight before this moment, so many days on. */
export function midnight(now: number, days = 0): Date {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
}

/** A list of calls. */
export class Calls {
  chip = $state<Chip>("all");
  /** How many days back; 0 for today. */
  back = $state(0);
  /** Whether the host has answered yet. */
  asked = $state(false);
  readonly pending: boolean;
  readonly list: Listing<CallRow>;
  readonly #shell: Shell;
  readonly #latest: Latest<number, CallRow[]>;

  /** How many calls each chip leaves. */
  readonly counts: Record<Chip, number> = $derived.by(() => {
    const counts = { all: 0, incoming: 0, outgoing: 0, missed: 0, open: 0 };
    for (const row of this.list.rows) {
      for (const chip of CHIPS) {
        counts[chip] += passes(chip, row) ? 1 : 0;
      }
    }
    return counts;
  });

  /** Midnight at which the day shown begins. */
  readonly day: Date = $derived.by(() => midnight(this.#shell.now, -this.back));
  /** Whether a call on the list goes on, so that its timer must move. */
  readonly live: boolean = $derived.by(() => this.list.rows.some((row) => row.call.state !== "ended"));

  constructor(shell: Shell, pending: boolean) {
    this.#shell = shell;
    this.pending = pending;
    const texts = new WeakMap<CallRow, ReturnType<typeof searched>>();
    this.list = new Listing(
      (row) => row.call.key,
      (row, filter) => {
        if (!passes(this.chip, row)) {
          return false;
        }
        const text = texts.get(row) ?? searched(row);
        texts.set(row, text);
        return fits(filter, text.words, text.digits);
      },
    );
    this.#latest = new Latest(
      (back) => {
        const { now, host } = shell;
        return host.calls({
          from: pending ? null : midnight(now, -back).toISOString(),
          to: pending || back === 0 ? null : midnight(now, 1 - back).toISOString(),
          pending,
          limit: LIMIT,
        });
      },
      (_, rows) => {
        this.asked = true;
        this.list.fill(rows.toSorted(byUrgency));
      },
      (_, thrown) => shell.refuse(thrown),
    );
  }

  /** Asks again; selection and filter stay. */
  refresh(): Promise<void> {
    return this.#latest.ask(this.back);
  }

  /** Goes to another day, never past today. */
  step(days: number): Promise<void> {
    this.back = Math.max(0, this.back + days);
    return this.refresh();
  }

  /** Back to today's whole list, as when somebody is sent here. */
  reset(): void {
    this.chip = "all";
    this.list.filter = "";
    if (this.back !== 0) {
      void this.step(-this.back);
    }
  }
}
