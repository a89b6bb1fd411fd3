// What a pop-up's window asks of the program around it. Nothing outside this folder knows which program that is.

import type { Call } from "../bindings/Call";
import type { CallKey } from "../bindings/CallKey";
import type { Language } from "../bindings/Language";
import type { PopupCard } from "../bindings/PopupCard";

/** What the shell tells a pop-up's window. */
export interface PopupListener {
  /** Show this call. The window is still hidden; `PopupHost.filled` brings it up. */
  show(card: PopupCard): void;
  /** The call shown was answered, is over, or goes on again. */
  changed(call: Call): void;
  /** The window was hidden: forget the call, so that the next one never shows it for a moment. */
  clear(): void;
}

/** What a pop-up's window tells the shell. */
export interface PopupHost {
  /** From now on the listener hears; answers the language to speak. */
  start(listener: PopupListener): Promise<Language>;
  /** The call is laid out and needs this many CSS pixels of height. */
  filled(callKey: CallKey, height: number): Promise<void>;
  /** The call is on the glass. */
  painted(callKey: CallKey): Promise<void>;
  /** The agent is done with the call's pop-up. */
  close(callKey: CallKey): Promise<void>;
}
