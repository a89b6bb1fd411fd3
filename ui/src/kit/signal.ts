// What a call's state is told by: a colour, a shape and a word each.

import type { Call } from "../bindings/Call";

/** The states that are told apart everywhere: bands, rows, icons. */
export type Signal = "ringing-in" | "ringing-out" | "talking" | "held" | "wrap-up" | "ended" | "missed" | "failed";

export const SIGNALS: readonly Signal[] = [
  "ringing-in",
  "ringing-out",
  "talking",
  "held",
  "wrap-up",
  "ended",
  "missed",
  "failed",
];

/** How sure we are of who it is; `not_yet` while the vendor has not said whose call it is. */
export type Certainty = "sure" | "choice" | "maybe" | "nobody" | "not_yet";

/** A call's signal. `final`: its result is written, so that nothing of it is left to do. */
export function signalOf(call: Call, final: boolean): Signal {
  switch (call.state) {
    case "ringing":
      return call.direction === "out" ? "ringing-out" : "ringing-in";
    case "connected":
      return "talking";
    case "ended":
      if (call.connected_at === null) {
        return call.direction === "out" ? "failed" : "missed";
      }
      return final ? "ended" : "wrap-up";
  }
}
