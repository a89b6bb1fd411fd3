import type { Call } from "../bindings/Call";
import type { Language } from "../bindings/Language";
import type { PopupCard } from "../bindings/PopupCard";
import { type TextKey, text } from "../texts";
import { duration } from "./timer";
import { span, type View, view } from "./view";

/** One pop-up's window: the call it shows, if any, and the time on its timer. */
export class Popup {
  language = $state<Language>("es");
  card = $state.raw<PopupCard | null>(null);
  #now = $state(0);

  readonly view: View | null = $derived(this.card && view(this.language, this.card));
  readonly timer: string = $derived.by(() => {
    if (!this.card) {
      return "";
    }
    const { from, until } = span(this.card.call);
    return duration((until ?? this.#now) - from);
  });

  /** Whether the timer still runs. */
  readonly running: boolean = $derived(this.card !== null && this.card.call.state !== "ended");

  /** A text in the window's language. */
  text(key: TextKey): string {
    return text(this.language, key);
  }

  /** Fills the window. */
  show(card: PopupCard, now: number): void {
    this.card = card;
    this.#now = now;
  }

  /** Takes over what is new about the call shown; another call's news is not for this window. */
  changed(call: Call): void {
    if (this.card?.call.key === call.key) {
      this.card = { ...this.card, call };
    }
  }

  /** Forgets the call. */
  clear(): void {
    this.card = null;
  }

  /** Time went on. */
  tick(now: number): void {
    this.#now = now;
  }
}
