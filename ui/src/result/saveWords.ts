// How far a result is, in words with times.

import type { RecordState } from "../bindings/RecordState";
import { clock } from "../kit/format";
import type { TextKey } from "../texts";
import type { SaveState } from "./saver.svelte";

/** What the line under a form says, and how it is meant. */
export interface SaveWords {
  tone: "quiet" | "good" | "waits" | "bad";
  words: string;
  /** The whole of it, where the line has no room. */
  hint: string;
}

type Say = (key: TextKey, values?: Record<string, string | number>) => string;

/** The words for how far a result is. `crm`: whether there is one it goes to. */
export function saveWords(say: Say, state: SaveState, records: readonly RecordState[], crm: boolean): SaveWords {
  const plainly = (tone: SaveWords["tone"], words: string, hint = words) => ({ tone, words, hint });
  switch (state.kind) {
    case "nothing":
      return plainly("quiet", "");
    case "unsaved":
      return plainly("quiet", say("form.state.typing"));
    case "change":
      return plainly("quiet", say("form.state.change", { time: clock(state.at) }));
    case "failed": {
      const { what, what_to_do, detail, place } = state.refusal;
      const why = what || say("form.state.failed.why");
      return place === null
        ? plainly("bad", say("form.state.failed", { why }), [why, what_to_do, detail && say("detail.technical", { detail })].filter(Boolean).join(" "))
        : plainly("bad", say("form.state.incomplete"), why);
    }
    case "saved": {
      const time = clock(state.at);
      if (!state.final) {
        return plainly("quiet", say("form.state.draft", { time }));
      }
      const going = records.filter((record) => record.state !== "discarded");
      const parked = going.find((record) => record.state === "parked");
      if (parked) {
        return plainly("bad", say("form.state.parked", { time }));
      }
      if (going.length > 0 && going.every((record) => record.state === "done")) {
        const last = going.map(({ at }) => at).reduce((a, b) => (Date.parse(a) > Date.parse(b) ? a : b));
        return plainly("good", say("form.state.done", { time: clock(last) }));
      }
      const waits = (["crm", "call_ends", "turn"] as const).find((wait) => going.some((record) => record.waits === wait));
      // Only a CRM that does not answer is a reason to look again.
      return going.length > 0 && crm && waits
        ? plainly(waits === "crm" ? "waits" : "good", say(`form.state.waits.${waits}`, { time }))
        : plainly("good", say("form.state.saved", { time }));
    }
  }
}
