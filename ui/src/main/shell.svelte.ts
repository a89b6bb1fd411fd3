// What every page of the main window knows: the language, how Timbre is, which page is shown, what was refused last.

import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { Preferences } from "../bindings/Preferences";
import type { Refusal } from "../bindings/Refusal";
import type { Status } from "../bindings/Status";
import type { MainHost, Page } from "../host/host";
import { localeOf } from "../kit/format";
import { type TextKey, text } from "../texts";

/** Whether something thrown is a refusal of the host's, with words for the agent. */
export function isRefusal(thrown: unknown): thrown is Refusal {
  return typeof thrown === "object" && thrown !== null && "what" in thrown && "what_to_do" in thrown;
}

/** The window around the pages. */
export class Shell {
  bootstrap = $state.raw<WindowBootstrap>()!;
  status = $state.raw<Status | null>(null);
  page = $state<Page>("today");
  /** The wall clock, in milliseconds; turns over each second while something on screen counts, else each minute. */
  now = $state(Date.now());
  /** What was asked last and not done. */
  refusal = $state.raw<Refusal | null>(null);
  /** When the preferences were kept last, and what they were before; for "saved 10:42 · undo". */
  kept = $state.raw<{ at: number; before: Preferences | null } | null>(null);

  readonly language = $derived(this.bootstrap.language);
  readonly locale: string = $derived(localeOf(this.bootstrap));
  /** Whether an account can dial. */
  readonly dials: boolean = $derived(this.bootstrap.offers.includes("dial"));
  readonly host: MainHost;

  constructor(host: MainHost, bootstrap: WindowBootstrap) {
    this.host = host;
    this.bootstrap = bootstrap;
  }

  /** A text in the agent's language. */
  say(key: TextKey, values?: Record<string, string | number>): string {
    return text(this.language, key, values);
  }

  /** Does something with the host; a refusal is shown in the window and answered with null. */
  async ask<T>(work: Promise<T>): Promise<T | null> {
    try {
      const done = await work;
      this.refusal = null;
      return done;
    } catch (thrown) {
      this.refuse(thrown);
      return null;
    }
  }

  /** Shows why something was not done. */
  refuse(thrown: unknown): void {
    this.refusal = isRefusal(thrown)
      ? thrown
      : { code: "bad_request", place: null, what: this.say("main.failed.what"), what_to_do: this.say("main.failed.do"), detail: String(thrown) };
  }

  /**
   * Keeps changed preferences at once. Throws what the host refuses, for the control that asked to show it in its place;
   * nothing has changed then.
   */
  async prefer(change: Partial<Preferences>): Promise<void> {
    const before = this.bootstrap.preferences;
    const bootstrap = await this.host.setPreferences({ ...before, ...change });
    this.bootstrap = bootstrap;
    this.kept = { at: this.now, before };
  }

  /** Puts the preferences back as they were before the last change. */
  async undo(): Promise<void> {
    const before = this.kept?.before;
    if (before) {
      this.bootstrap = await this.host.setPreferences(before);
      this.kept = { at: this.now, before: null };
    }
  }

  /** Switches do not disturb on for so many minutes, until it is switched off for null, or off for 0. */
  quiet(minutes: number | null): Promise<void> {
    const until = minutes === null ? null : new Date(this.now + minutes * 60_000).toISOString();
    return this.prefer({ do_not_disturb: minutes === 0 ? null : { until } });
  }
}
