// What is known of a contact, in the words and the order a pop-up shows it.

import type { ContactSummary } from "../bindings/ContactSummary";
import type { FollowUp } from "../bindings/FollowUp";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { PastEntry } from "../bindings/PastEntry";
import { appointment, duration, localeOf, moment, money } from "../kit/format";
import { plain } from "../kit/plain";
import { type Signal, signalOf } from "../kit/signal";
import { type TextKey, text } from "../texts";

/** How many earlier calls and results there is room for. */
const RECENT = 3;

/** How many letters of a field, with its name, half a line holds. */
const HALF_A_LINE = 22;

export interface NumberView {
  written: string;
  dial: string;
  kind: string;
}

export interface PastView {
  /** Null for a result without a call. */
  signal: Signal | null;
  when: string;
  duration: string;
  /** What came of it: its disposition, or the state of the call. */
  result: string;
  comment: string;
  hint: string;
}

export interface FollowUpView {
  due: boolean;
  when: string;
  what: string;
  hint: string;
}

export interface ContactSummaryView {
  /** `wide`: too long for half a line. */
  fields: { name: string; value: string; wide: boolean }[];
  /** The contact's numbers but the one the call is with. */
  phones: NumberView[];
  recent: PastView[];
  /** What all its results charge, in every currency; empty for nothing. */
  charged: string;
  followUps: FollowUpView[];
}

/** A summary's words. `shown`: what stands above it already. */
export function contactSummaryView(
  bootstrap: WindowBootstrap,
  summary: ContactSummary,
  now: number,
  shown: { dial: string | null; company: string },
): ContactSummaryView {
  const locale = localeOf(bootstrap);
  const say = (key: TextKey, values?: Record<string, string | number>) => text(bootstrap.language, key, values);
  const amounts = summary.charged.map(({ amount, currency }) => money(locale, amount, currency));
  return {
    fields: summary.fields
      .filter(({ name, value }) => !(name === "company" && plain(value) === shown.company))
      .map(({ name, value }) => ({ name: fieldName(say, name), value: plain(value) }))
      .map((field) => ({ ...field, wide: [...field.name, ...field.value].length > HALF_A_LINE })),
    phones: summary.phones
      .filter(({ dial }) => dial !== shown.dial)
      .map(({ written, dial, kind }) => ({ written: plain(written), dial, kind: say(`contact.phone.${kind}`) })),
    recent: summary.recent.slice(0, RECENT).map((entry) => pastView(say, locale, entry, now)),
    charged: summary.charged.length > 0 ? say("popup.charged", { amount: amounts.join(" + ") }) : "",
    followUps: summary.follow_ups.map((followUp) => followUpView(say, locale, followUp, now)),
  };
}

type Say = (key: TextKey, values?: Record<string, string | number>) => string;

function fieldName(say: Say, name: string): string {
  return name === "email" || name === "owner" || name === "company" ? say(`popup.field.${name}`) : plain(name);
}

function pastView(say: Say, locale: string, { at, call, duration_s, interaction, returned_at }: PastEntry, now: number): PastView {
  const signal = call && (returned_at === null ? signalOf(call, true) : "ended");
  const levels = interaction?.disposition.map(({ name }) => plain(name)) ?? [];
  const state = returned_at !== null ? say("main.returned_at", { time: moment(locale, returned_at, now) }) : signal === "missed" ? say("state.missed") : signal === "failed" ? say("state.unanswered") : "";
  const when = moment(locale, at, now);
  const lasted = duration_s === null || call?.connected_at === null ? "" : duration(duration_s * 1000);
  const comment = plain(interaction?.comment ?? "");
  return {
    signal,
    when,
    duration: lasted,
    result: levels.at(-1) ?? state,
    comment,
    hint: [when, lasted, levels.join(" › ") || state, comment].filter(Boolean).join(" · "),
  };
}

function followUpView(say: Say, locale: string, { at, whom, what }: FollowUp, now: number): FollowUpView {
  const due = Date.parse(at) <= now;
  const when = appointment(locale, at, now);
  const whole = [plain(what), plain(whom ?? "")].filter(Boolean).join(" · ");
  return {
    due,
    when: due ? say("popup.due", { when }) : when,
    what: plain(what),
    hint: say(due ? "popup.due.hint" : "popup.later.hint", { what: whole, when }),
  };
}
