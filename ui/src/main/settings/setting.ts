import type { Preferences } from "../../bindings/Preferences";
import type { Refusal } from "../../bindings/Refusal";
import type { Shell } from "../shell.svelte";

/** What a section of the settings works with. */
export interface Setting {
  readonly shell: Shell;
  /** Why the last change was not kept. */
  readonly refused: Refusal | null;
  /** Keeps a change at once. */
  prefer(change: Partial<Preferences>): Promise<void>;
}
