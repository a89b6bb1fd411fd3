// The outbox: what is on its way to the CRMs, and what needs a person.

import type { OutboxRow } from "../bindings/OutboxRow";
import type { Retried, RetryHow } from "../host/host";
import { clock } from "../kit/format";
import { plain } from "../kit/plain";
import { Latest } from "./latest";
import { fits, folded, Listing } from "./listing.svelte";
import type { Shell } from "./shell.svelte";

/** Which records the chips above the list leave. */
export type OutboxChip = "open" | "needs_you" | "all";

export const OUTBOX_CHIPS: readonly OutboxChip[] = ["open", "needs_you", "all"];

/** Those that need a person first, then those on their way, then the rest; the newest first. */
const URGENCY = { parked: 0, sending: 1, waiting: 1, done: 2, discarded: 3 };

/** The page of the outbox. */
export class Outbox {
  chip = $state<OutboxChip>("open");
  asked = $state(false);
  /** The record whose discarding is being asked about. */
  asking = $state<string | null>(null);
  /** The record that is being tried at this moment, by hand. */
  trying = $state<string | null>(null);
  /** What came of the last try by hand. */
  came = $state.raw<{ id: string; retried: Retried; at: number } | null>(null);
  readonly list: Listing<OutboxRow>;
  readonly #shell: Shell;
  readonly #latest: Latest<null, OutboxRow[]>;

  readonly counts: Record<OutboxChip, number> = $derived.by(() => {
    const of = (state: (row: OutboxRow) => boolean) => this.list.rows.filter(state).length;
    return { open: of(isOnItsWay), needs_you: of((row) => row.item.state === "parked"), all: this.list.rows.length };
  });

  constructor(shell: Shell) {
    this.#shell = shell;
    this.list = new Listing(
      (row) => row.item.id,
      (row, filter) =>
        (this.chip === "all" || (this.chip === "open" ? isOnItsWay(row) : row.item.state === "parked")) &&
        fits(filter, folded([row.about, row.what, row.item.connector].map(plain).join(" ")), row.about.replace(/\D+/g, "")),
    );
    this.#latest = new Latest(
      () => shell.host.outbox(true),
      (_, rows) => {
        this.asked = true;
        this.list.fill(
          rows.toSorted(
            ({ item: one }, { item: other }) =>
              URGENCY[one.state] - URGENCY[other.state] || other.created_at.localeCompare(one.created_at),
          ),
        );
      },
      (_, thrown) => shell.refuse(thrown),
    );
  }

  refresh(): Promise<void> {
    return this.#latest.ask(null);
  }

  /** Sends a record now, and says what came of it. */
  async retry(id: string, how: RetryHow = {}): Promise<void> {
    this.trying = id;
    this.came = null;
    try {
      const retried = await this.#shell.ask(this.#shell.host.retry(id, how));
      if (retried) {
        this.came = { id, retried, at: this.#shell.now };
      }
    } finally {
      this.trying = null;
    }
    await this.refresh();
  }

  /** What came of a record's last try by hand, in words; null where nobody tried it. */
  cameOf(id: string): { words: string; good: boolean; asks: boolean } | null {
    if (this.came?.id !== id) {
      return null;
    }
    const { outcome, until, what, what_to_do } = this.came.retried;
    const say = this.#shell.say.bind(this.#shell);
    const timed = outcome === "waits" || outcome === "searched_later";
    const how =
      outcome === "sent"
        ? say("outbox.sent_at", { time: clock(this.came.at) })
        : timed && until === null
          ? say("outbox.not_sent")
          : say(`outbox.retried.${outcome}`, { at: until === null ? "" : clock(until) });
    return {
      words: [how, plain(what), plain(what_to_do)].filter(Boolean).join(" "),
      good: outcome === "sent",
      asks: outcome === "unsearchable",
    };
  }

  /** Sends everything again that needs a person, one by one; stops at the first refusal. How many were sent. */
  async retryAll(): Promise<number> {
    const rows = await this.#shell.ask(this.#shell.host.outbox(false));
    let sent = 0;
    for (const { item } of rows ?? []) {
      if (item.state === "parked") {
        if ((await this.#shell.ask(this.#shell.host.retry(item.id, {}))) === null) {
          break;
        }
        sent += 1;
      }
    }
    return sent;
  }

  /** Discards a record, after it was asked about. */
  async discard(id: string): Promise<void> {
    this.asking = null;
    await this.#shell.ask(this.#shell.host.discard(id));
  }

  /** The sign-in with a stopped CRM is tried again. */
  resume(connector: string): Promise<unknown> {
    return this.#shell.ask(this.#shell.host.resume(connector));
  }
}

function isOnItsWay({ item }: OutboxRow): boolean {
  return item.state !== "done" && item.state !== "discarded";
}
