// From a call of the list to the words of its row.

import type { CallRow } from "../bindings/CallRow";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { Party } from "../bindings/Party";
import { clock, duration } from "../kit/format";
import { plain } from "../kit/plain";
import { type TextKey, text } from "../texts";
import { folded } from "./listing.svelte";

type Say = (key: TextKey, values?: { [place: string]: string | number }) => string;

/** What a row's shape tells: how the call went, seen from here. */
export type Course = "ringing-in" | "ringing-out" | "talking" | "in" | "out" | "missed" | "returned" | "unanswered";

/** How far what came of the call has got. `none` for a call that asks for nothing. */
export type Record = "none" | "open" | "draft" | "kept" | "waiting" | "sent" | "needs_you";

/** A row's words; strangers' texts in it are plain already. */
export interface RowView {
  key: string;
  course: Course;
  courseWord: string;
  live: boolean;
  time: string;
  name: string;
  /** Whether the vendor has not said yet who it is. */
  notKnownYet: boolean;
  company: string;
  line: string;
  duration: string;
  disposition: string;
  record: Record;
  recordWord: string;
}

/** How the call went; a missed one is `returned` once somebody talked to the caller. */
export function courseOf({ call, returned_at }: Pick<CallRow, "call" | "returned_at">): Course {
  const out = call.direction === "out";
  switch (call.state) {
    case "ringing":
      return out ? "ringing-out" : "ringing-in";
    case "connected":
      return "talking";
    case "ended":
      if (call.connected_at === null) {
        return out ? "unanswered" : returned_at === null ? "missed" : "returned";
      }
      return out ? "out" : "in";
  }
}

/** Whether the agent should still write what came of it. */
export function isOpen({ call, result }: CallRow): boolean {
  return call.state === "ended" && call.connected_at !== null && result?.state !== "final";
}

/** How it went, in words. */
export function courseWord(say: Say, row: Pick<CallRow, "call" | "returned_at">): string {
  const course = say(`main.course.${courseOf(row)}`);
  const word = row.call.transferred ? say("main.course.transferred", { course }) : course;
  return row.returned_at === null ? word : `${word} · ${say("main.returned_at", { time: clock(row.returned_at) })}`;
}

function recordOf(row: CallRow, hasCrm: boolean): Record {
  const { result } = row;
  if (result?.records.includes("parked")) {
    return "needs_you";
  }
  if (result?.change_draft) {
    return "draft";
  }
  if (result?.state !== "final") {
    return isOpen(row) ? (result ? "draft" : "open") : "none";
  }
  if (result.records.some((state) => state === "waiting" || state === "sending")) {
    return "waiting";
  }
  return hasCrm && result.records.includes("done") ? "sent" : "kept";
}

function recordWord(language: WindowBootstrap["language"], record: Record, { result }: CallRow): string {
  if (record === "none") {
    return "";
  }
  return text(language, record === "waiting" ? `main.record.waiting.${result?.waits ?? "turn"}` : `main.record.${record}`);
}

/** What stands for somebody who has no name here: a number, or why there is none. */
export function nameless(language: WindowBootstrap["language"], party: Party, number: string): string {
  const why = { withheld: "match.withheld", not_known_yet: "match.not_known_yet", number: "match.unknown", endpoint: "match.unknown" } as const;
  return plain(number) || text(language, why[party.kind]);
}

/** The words of a row; `now` moves the timers of calls that go on. */
export function rowView(bootstrap: WindowBootstrap, row: CallRow, now: number): RowView {
  const { language } = bootstrap;
  const course = courseOf(row);
  const record = recordOf(row, bootstrap.has_crm);
  const { call } = row;
  const live = call.state !== "ended";
  const since = Date.parse(call.connected_at ?? call.detected_at);
  const talked = row.duration_s ?? (call.connected_at && call.ended_at ? (Date.parse(call.ended_at) - since) / 1000 : null);
  return {
    key: call.key,
    course,
    courseWord: courseWord((key, values) => text(language, key, values), row),
    live,
    time: clock(call.detected_at),
    name: plain(row.name) || nameless(language, call.party, row.number_written),
    notKnownYet: call.party.kind === "not_known_yet" && plain(row.name) === "",
    company: row.name ? plain(row.company) : "",
    line: plain(row.line),
    duration: live ? duration(now - since) : call.connected_at === null || talked === null ? "" : duration(talked * 1000),
    disposition: row.result?.disposition.map(plain).join(" › ") ?? "",
    record,
    recordWord: recordWord(language, record, row),
  };
}

/** What a list's filter looks through: what is to be read in the row, and the number's digits. */
export function searched(row: CallRow): { words: string; digits: string } {
  const { party } = row.call;
  const raw = party.kind === "number" ? `${party.number.e164 ?? ""} ${party.number.raw}` : party.kind === "endpoint" ? party.number : "";
  const words = [row.name, row.company, row.line, row.number_written, ...(row.result?.disposition ?? [])].map(plain).join(" ");
  return { words: folded(words), digits: raw.replace(/[^\d ]+/g, "") };
}

/** Which calls the chips above the list leave. */
export type Chip = "all" | "incoming" | "outgoing" | "missed" | "open";

export const CHIPS: readonly Chip[] = ["all", "incoming", "outgoing", "missed", "open"];

/** Whether a call passes a chip. */
export function passes(chip: Chip, row: CallRow): boolean {
  switch (chip) {
    case "all":
      return true;
    case "incoming":
      return row.call.direction === "in";
    case "outgoing":
      return row.call.direction === "out";
    case "missed":
      return courseOf(row) === "missed";
    case "open":
      return isOpen(row);
  }
}

/** Calls that go on first, then the newest. */
export function byUrgency(one: CallRow, other: CallRow): number {
  const live = (row: CallRow) => (row.call.state === "ended" ? 0 : 1);
  return live(other) - live(one) || other.call.detected_at.localeCompare(one.call.detected_at);
}
