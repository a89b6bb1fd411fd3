// How far a dial has come, as a ladder of steps; and how it ended where it did not end in a conversation.

import type { DialProgress } from "../bindings/DialProgress";
import type { DialState } from "../bindings/DialState";
import type { Language } from "../bindings/Language";
import type { Refusal } from "../bindings/Refusal";
import type { VendorReason } from "../bindings/VendorReason";
import { isText, type TextKey, text } from "../texts";

/** The steps that a good dial takes, in their order. */
export const LADDER = ["requested", "accepted", "agent_ringing", "contact_ringing", "connected"] as const;
type Rung = (typeof LADDER)[number];

/** A dial that is watched: what the window heard of it so far, each state with its moment. */
export interface Watched {
  /** When each state was reached, milliseconds since 1970. */
  reached: Partial<Record<DialState, number>>;
  state: DialState;
  /** The last thing heard. */
  last: DialProgress | null;
  /** What the vendor said of the order; null where it just took it. */
  said: string | null;
}

/** A dial that was just asked for. */
export function begun(now: number): Watched {
  return { reached: { requested: now }, state: "requested", last: null, said: null };
}

/** Takes in what was heard. */
export function heard(watched: Watched, progress: DialProgress): Watched {
  const at = Date.parse(progress.at);
  return {
    reached: { ...watched.reached, [progress.state]: Number.isNaN(at) ? Date.now() : at },
    state: progress.state,
    last: progress,
    said: progress.said ?? watched.said,
  };
}

/** One rung; `pending` in place of those that come when the vendor calls later by itself. */
export interface Step {
  state: Rung | "pending";
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

const isRung = (state: DialState): state is Rung => (LADDER as readonly string[]).includes(state);

/** The ladder: what is behind, where we are, what is ahead. */
export function steps(language: Language, watched: Watched): Step[] {
  const { reached, state } = watched;
  const was = (rung: DialState) => reached[rung] !== undefined;
  // No telephone is about to ring: what an accepted dial goes on with is not said.
  const rungs: Step["state"][] = state === "pending" ? ["requested", "pending"] : [...LADDER];
  const furthest = Math.max(0, rungs.findLastIndex(was));
  const from = reached.requested;
  return rungs.map((rung, place) => {
    const at = reached[rung];
    return {
      state: rung,
      words: text(language, `dial.state.${rung}`),
      // The last rung is an outcome: nothing is under way on it. A dial that is over has no rung it is on, either.
      place: place < furthest || (place === furthest && isOver(state)) ? "done" : place === furthest ? "now" : "ahead",
      after: at === undefined || from === undefined || place === 0 ? null : Math.max(0, Math.round((at - from) / 1000)),
    };
  });
}

/** Whether nothing more will be heard that a person waits for. */
export function isOver(state: DialState): boolean {
  return state === "connected" || state === "ended" || state === "failed" || state === "pending";
}

/** What went wrong; nothing while all goes its way. */
export function trouble(language: Language, watched: Watched): Trouble | null {
  const say = (key: TextKey) => text(language, key);
  const saying = (what: string) => (watched.said ? text(language, "error.said", { what, said: watched.said }) : what);
  switch (watched.state) {
    case "failed":
      return { what: saying(failed(language, watched, "what")), whatToDo: failed(language, watched, "do"), reasons: [] };
    case "no_call_appeared":
      return {
        what: saying(say(watched.reached.accepted === undefined ? "dial.no_call.unknown" : "dial.no_call.what")),
        whatToDo: "",
        reasons: (watched.last?.likely_reasons ?? []).flatMap(likely),
      };
    case "ended":
      return watched.reached.connected === undefined
        ? { what: say("dial.unanswered.what"), whatToDo: "", reasons: [] }
        : null;
    case "requested":
      // Neither taken nor refused: it is followed, and what the vendor said may explain what comes of it.
      return watched.said ? { what: text(language, "dial.said", { said: watched.said }), whatToDo: "", reasons: [] } : null;
    default:
      return null;
  }

  /** A reason that the catalogue has no words for is left out. */
  function likely(reason: VendorReason): Trouble["reasons"] {
    const [what, whatToDo] = [`dial.reason.${reason}`, `dial.reason.${reason}.do`];
    return isText(what) ? [{ what: say(what), whatToDo: isText(whatToDo) ? say(whatToDo) : "" }] : [];
  }
}

/** Why a dial failed: in the words for the vendor's own reason where there are some, else in those for the code. */
function failed(language: Language, { last }: Watched, part: "what" | "do"): string {
  const ofReason = (reason: VendorReason) => `reason.${reason}.${part}`;
  const own = last?.reason ? ofReason(last.reason) : "";
  if (isText(own)) {
    return text(language, own);
  }
  if (last?.error) {
    return text(language, `error.${last.error}.${part}`);
  }
  return text(language, part === "what" ? "dial.state.failed" : "dial.failed.do");
}

/** What the window says of a dial that Timbre itself refused. */
export function refused(refusal: Refusal): Trouble {
  return { what: refusal.what, whatToDo: refusal.what_to_do, reasons: [] };
}

/** What is read aloud of it. */
export function announced(language: Language, watched: Watched): string {
  const bad = trouble(language, watched);
  if (bad) {
    return [bad.what, bad.whatToDo].filter(Boolean).join(" ");
  }
  const { state } = watched;
  return isRung(state) || state === "ended" || state === "pending" ? text(language, `dial.state.${state}`) : "";
}
