import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { TrayStatus } from "../bindings/TrayStatus";
import type { LiveCall } from "../bindings/LiveCall";
import type { Status } from "../bindings/Status";
import { clock, duration } from "../kit/format";
import { plain } from "../kit/plain";
import type { Signal } from "../kit/signal";
import { type TextKey, text } from "../texts";

/** What the strip shows: one thing, the most urgent. */
export class Strip {
  bootstrap = $state.raw<WindowBootstrap | null>(null);
  trayStatus = $state<TrayStatus>("ready");
  #status = $state.raw<Status | null>(null);
  #now = $state(0);

  /** Whether an account can dial. */
  readonly dials: boolean = $derived(this.bootstrap?.offers.includes("dial") ?? false);
  /** The call going on, the newest of several. */
  readonly call: LiveCall | null = $derived(this.#status?.calls[0] ?? null);
  /** How many more there are. */
  readonly more: number = $derived(Math.max(0, (this.#status?.calls.length ?? 0) - 1));
  readonly signal: Signal = $derived.by(() => {
    if (this.call?.state === "connected") {
      return "talking";
    }
    return this.call?.direction === "out" ? "ringing-out" : "ringing-in";
  });
  readonly timer: string = $derived(this.call ? duration(this.#now - Date.parse(this.call.since)) : "");
  /** Whom the call is with: the number, or why none is shown. */
  readonly with: string = $derived.by(() => {
    if (!this.call) {
      return "";
    }
    const none = this.call.party.kind === "not_known_yet" ? "match.not_known_yet" : "match.withheld";
    return plain(this.call.number_written) || this.say(none);
  });
  readonly word: string = $derived(
    this.say(this.bootstrap?.set_up === false ? "strip.light.not_set_up" : `strip.light.${this.trayStatus}`),
  );
  /** What stands behind the word; empty where the word says it all. */
  readonly detail: string = $derived.by(() => {
    const until = this.trayStatus === "do_not_disturb" ? this.#status?.do_not_disturb?.until : null;
    return until ? this.say("strip.until", { time: clock(until) }) : "";
  });
  /** The whole of it, on hover. */
  readonly hint: string = $derived.by(() => {
    const crms = this.#status?.connectors ?? [];
    const silent = crms.find(({ reach }) => reach !== "answers");
    if (this.trayStatus === "waiting" && silent && crms.every(({ parked }) => parked === 0)) {
      return `${plain(silent.connector)}: ${plain(silent.what)}`;
    }
    return this.trayStatus === "unreachable" || this.trayStatus === "waiting" ? this.say(`strip.light.${this.trayStatus}.hint`) : "";
  });

  /** A text in the agent's language. */
  say(key: TextKey, values?: Record<string, string | number>): string {
    return text(this.bootstrap?.language ?? "es", key, values);
  }

  greet(bootstrap: WindowBootstrap): void {
    this.bootstrap = bootstrap;
  }

  /** Timbre is otherwise now. */
  changed(status: Status, trayStatus: TrayStatus, now: number): void {
    this.#status = status;
    this.trayStatus = trayStatus;
    this.#now = now;
  }

  /** Moves the timer on to `now`, milliseconds since 1970. */
  tick(now: number): void {
    this.#now = now;
  }
}
