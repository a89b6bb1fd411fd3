/** A pop-up is so many CSS pixels wide where the screen has room for it. */
export const WIDEST = 400;

/** What is less than this is no screen, but a window that was not seen yet. */
export const LEAST = 240;

/** A pop-up grows to this many CSS pixels; what does not fit scrolls inside. */
export const HIGHEST = 640;

/** Tells how high the window must be for what is on it: when it is filled, and whenever that changes. */
export class Size {
  #told = 0;
  readonly #tell: (height: number) => void;
  readonly #observer: ResizeObserver;

  constructor(tell: (height: number) => void) {
    this.#tell = tell;
    this.#observer = new ResizeObserver(() => this.#changed());
  }

  /** Tells it now, and from now on. */
  tell(): void {
    this.#observer.disconnect();
    for (const part of parts()) {
      this.#observer.observe(part);
    }
    this.#told = wanted();
    this.#tell(this.#told);
  }

  #changed(): void {
    const height = wanted();
    if (height > 0 && height !== this.#told) {
      this.#told = height;
      this.#tell(height);
    }
  }
}

/** Band, content and foot: none of them is as high as the window, so that it does not keep the height it has. */
function parts(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("main > header, main .content, main > .foot")];
}

function wanted(): number {
  const whole = parts().reduce((sum, part) => sum + part.getBoundingClientRect().height, 0);
  return Math.min(Math.ceil(whole), HIGHEST);
}
