// Keys and clicks that mean something wherever they fall in a pop-up's window.

import type { Popup } from "./popup.svelte";

const TEXT = "input, textarea, select, [contenteditable]";

/** What needs the keyboard when it is clicked: fields, and what opens one. */
const NEEDS_KEYBOARD = `${TEXT}, [data-keyboard]`;

/** A key, before anybody else took it. */
export function pressed(popup: Popup, event: KeyboardEvent): void {
  // While an input method composes a letter, its keys are not ours.
  if (event.defaultPrevented || event.isComposing || !popup.card) {
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!popup.choosing) {
      void popup.finish();
    }
    return;
  }
  if (event.key === "Escape") {
    event.preventDefault();
    void popup.escape();
    return;
  }
  const inText = event.target instanceof Element && event.target.matches(TEXT);
  if (!inText && !popup.ask && meant(popup, event)) {
    event.preventDefault();
  }
}

function meant(popup: Popup, event: KeyboardEvent): boolean {
  if (!popup.choosing) {
    return popup.form?.key(event) ?? false;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return false;
  }
  if (event.key === "0") {
    popup.declined = true;
    return true;
  }
  const row = /^[1-9]$/.test(event.key) ? popup.view?.rows[Number(event.key) - 1] : undefined;
  if (row) {
    void popup.choose(row.id);
    return true;
  }
  if (/^(Arrow|Home|End)/.test(event.key)) {
    firstField()?.focus();
    return true;
  }
  return false;
}

/** Where the keyboard begins: a choice, a search field, the first disposition, the comment. */
export function firstField(): HTMLElement | null {
  return document.querySelector<HTMLElement>("main [data-first]");
}

/** Brings the keyboard to the window when a field is clicked, and to the right place once it is there. */
export class Keyboard {
  #clicked: HTMLElement | null = null;
  readonly #take: () => Promise<void>;

  constructor(take: () => Promise<void>) {
    this.#take = take;
  }

  /** A press of the pointer, before the page acts on it. */
  pointed(event: PointerEvent): void {
    const field = event.target instanceof Element ? event.target.closest<HTMLElement>(NEEDS_KEYBOARD) : null;
    if (field) {
      this.#clicked = field.matches(TEXT) ? field : null;
      // Refused means that the system does not let us: then the click did what it could.
      this.#take().catch(() => undefined);
    }
  }

  /** The keyboard is ours. */
  focused(): void {
    const clicked = this.#clicked;
    this.#clicked = null;
    const there = document.activeElement;
    if (clicked?.isConnected) {
      clicked.focus();
    } else if (there === null || there === document.body || !there.closest("main")) {
      firstField()?.focus();
    }
  }
}
