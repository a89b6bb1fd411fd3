// How far a dial has come, as a ladder of steps; and how it ended where it did not end in a conversation.

import type { DialProgress } from "../bindings/DialProgress";
import type { DialState } from "../bindings/DialState";
import type { Language } from "../bindings/Language";
import type { LikelyReason } from "../bindings/LikelyReason";
import type { Refusal } from "../bindings/Refusal";
import { text } from "../texts";

/** The steps that a good dial takes, in their order. */
export const LADDER = ["requested", "accepted", "agent_ringing", "contact_ringing", "connected"] as const;

/** A dial that is watched: what the window heard of it so far, each state with its moment. */
export interface Watched {
  /** When each state was reached, milliseconds since 1970. */
  reached: Partial<Record<DialState, number>>;
  state: DialState;
  /** The last thing heard. */
  last: DialProgress | null;
}

/** A dial that was just asked for. */
export function begun(now: number): Watched {
  return { reached: { requested: now }, state: "requested", last: null };
}

/** Takes in what was heard. */
export function heard(watched: Watched, progress: DialProgress): Watched {
  const at = Date.parse(progress.at);
  return {
    reached: { ...watched.reached, [progress.state]: Number.isNaN(at) ? Date.now() : at },
    state: progress.state,
    last: progress,
  };
}

/** One rung. */
export interface Step {
  state: (typeof LADDER)[number];
  words: string;
  /** Whether it is behind, where we are, or ahead. */
  place: "done" | "now" | "ahead";
  /** Seconds after the dial was asked for; nothing where that was not heard. */
  after: number | null;
}

/** How a dial ended badly, or is in doubt. */
export interface Trouble {
  what: string;
  whatToDo: string;
  /** What it may have been, each with its remedy. */
  reasons: { what: string; whatToDo: string }[];
}

const isRung = (state: DialState): state is (typeof LADDER)[number] => (LADDER as readonly string[]).includes(state);

/** The ladder: what is behind, where we are, what is ahead. */
export function steps(language: Language, watched: Watched): Step[] {
  const from = watched.reached.requested;
  const furthest = LADDER.reduce(
    (most, state, place) => (watched.reached[state] === undefined ? most : Math.max(most, place)),
    0,
  );
  return LADDER.map((state, place) => {
    const at = watched.reached[state];
    return {
      state,
      words: text(language, `dial.state.${state}`),
      // The last rung is an outcome: nothing is under way on it. A dial that is over has no rung it is on, either.
      place: place < furthest || (place === furthest && isOver(watched.state)) ? "done" : place === furthest ? "now" : "ahead",
      after: at === undefined || from === undefined || place === 0 ? null : Math.max(0, Math.round((at - from) / 1000)),
    };
  });
}

/** Whether nothing more will be heard that a person waits for. */
export function isOver(state: DialState): boolean {
  return state === "connected" || state === "ended" || state === "failed";
}

/** What went wrong; nothing while all goes its way. */
export function trouble(language: Language, watched: Watched): Trouble | null {
  const say = (key: Parameters<typeof text>[1]) => text(language, key);
  switch (watched.state) {
    case "failed": {
      const code = watched.last?.error;
      return code
        ? { what: say(`error.${code}.what`), whatToDo: say(`error.${code}.do`), reasons: [] }
        : { what: say("dial.state.failed"), whatToDo: say("dial.failed.do"), reasons: [] };
    }
    case "no_call_appeared":
      return {
        what: say("dial.no_call.what"),
        whatToDo: "",
        reasons: (watched.last?.likely_reasons ?? []).map((reason: LikelyReason) => ({
          what: say(`dial.reason.${reason}`),
          whatToDo: say(`dial.reason.${reason}.do`),
        })),
      };
    case "ended":
      return watched.reached.connected === undefined
        ? { what: say("dial.unanswered.what"), whatToDo: "", reasons: [] }
        : null;
    default:
      return null;
  }
}

/** A refusal's words. */
export function refused(refusal: Refusal): Trouble {
  return { what: refusal.what, whatToDo: refusal.what_to_do, reasons: [] };
}

/** What is read aloud of it. */
export function announced(language: Language, watched: Watched): string {
  const bad = trouble(language, watched);
  if (bad) {
    return [bad.what, bad.whatToDo].filter(Boolean).join(" ");
  }
  return isRung(watched.state) || watched.state === "ended" ? text(language, `dial.state.${watched.state}`) : "";
}
