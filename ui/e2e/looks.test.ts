// Every window in each of its states, in three languages and three themes: no complaint of axe-core's, none in the
// console, nothing wider than the window, no text cut off when letters are twice as large; and with text of 100 to 250 % on
// a small screen, where the windows are drawn larger and cut to the screen, everything can still be reached.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";

import { bring, glass, LANGUAGES, office, open, speak } from "./visit";
import { type Window, WINDOWS } from "./windows";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What the system may ask for, beside light. */
const THEMES = [
  ["dark", { colorScheme: "dark" }],
  ["more contrast", { colorScheme: "light", contrast: "more" }],
  ["forced colours", { contrast: "no-preference", forcedColors: "active" }],
  ["forced colours, dark", { colorScheme: "dark", forcedColors: "active" }],
] as const;

/** The smallest screen of an office, and what a window manager draws around a window. */
const SCREEN = { width: 1366, height: 768 };
const FRAME = { width: 12, height: 40 };

/** How large text may be. The web view draws the whole page larger by as much, so that it has less room. */
const TEXT = [1, 1.5, 2, 2.5];

/** The room that a window's page has on that screen with text of this size, CSS pixels. */
function room(window: Window, text: number): { width: number; height: number } {
  const frame = window.framed ? FRAME : { width: 0, height: 0 };
  const cut = (wanted: number, screen: number, frame: number) => Math.floor(Math.min(wanted, (screen - frame) / text));
  return { width: cut(window.width, SCREEN.width, frame.width), height: cut(window.height, SCREEN.height, frame.height) };
}

/** What nobody could click or read: controls that can't be brought into view, and what is to be seen at once and is not. */
function outOfReach(page: Page, first: string | undefined): Promise<string[]> {
  return page.evaluate((first) => {
    const whole = ({ left, top, right, bottom }: DOMRect) => left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
    const told = (why: string, element: Element) => `${why}: ${element.outerHTML.slice(0, 160)}`;
    const wrong: string[] = [];
    const seen = first ? document.querySelector(first) : null;
    if (seen && !whole(seen.getBoundingClientRect())) {
      wrong.push(told("not seen at once", seen));
    }
    const controls = [...document.querySelectorAll<HTMLElement>("button, input, select, textarea, a, [role=option]")].filter(
      (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".unseen"),
    );
    for (const control of controls) {
      control.scrollIntoView({ block: "nearest", inline: "nearest" });
      const box = control.getBoundingClientRect();
      // What is larger than the window shows its beginning at least.
      const fits = box.width <= innerWidth && box.height <= innerHeight;
      const x = box.left + Math.min(box.width, innerWidth) / 2;
      const y = box.top + Math.min(box.height, innerHeight) / 2;
      const hit = document.elementFromPoint(x, y);
      const modal = document.querySelector("dialog[open]");
      if (modal && !modal.contains(control)) {
        continue;
      }
      if ((fits && !whole(box)) || !(hit && (control.contains(hit) || hit.contains(control) || hit.closest("label")?.contains(control)))) {
        wrong.push(told("out of reach", control));
      }
    }
    document.querySelectorAll("*").forEach((element) => element.scrollTo?.(0, 0));
    return wrong;
  }, first);
}

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.connect(inject("browser"));
});
afterAll(() => browser.close());

/** What axe-core finds wrong, one line each; by all its rules, or by these alone. */
async function faults(page: Page, only?: string[]): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(axe);
  }
  return page.evaluate(async (rules) => {
    const { violations } = await (window as unknown as { axe: typeof import("axe-core") }).axe.run(document, {
      resultTypes: ["violations"],
      // Our pages have no frames, and what is loaded is the policy's matter.
      iframes: false,
      preload: false,
      ...(rules && { runOnly: { type: "rule", values: rules } }),
    });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} — ${node.failureSummary ?? ""}`));
  }, only);
}

/** What reaches beyond the window's sides. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollingElement } = document;
    const wide = [...document.querySelectorAll("body *")].filter((element) => {
      const { overflowX } = getComputedStyle(element);
      return (overflowX === "auto" || overflowX === "scroll") && element.scrollWidth > element.clientWidth + 1;
    });
    const page = scrollingElement && scrollingElement.scrollWidth > innerWidth ? ["the page"] : [];
    return [...page, ...wide.map((element) => element.outerHTML.slice(0, 160))];
  });
}

/** Letters twice as large, as the system's setting makes them; what can't be read then. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLElement>("body, body *")];
    const before = all.map((element) => element.style.cssText);
    const sizes = all.map((element) => {
      const { fontSize, lineHeight } = getComputedStyle(element);
      return [Number.parseFloat(fontSize), Number.parseFloat(lineHeight)] as const;
    });
    all.forEach((element, place) => {
      const [size, line] = sizes[place]!;
      element.style.fontSize = `${size * 2}px`;
      element.style.lineHeight = Number.isNaN(line) ? "normal" : `${line * 2}px`;
    });
    const cut = all
      .filter((element) => {
        const { overflowX, overflowY, display, visibility, textOverflow, webkitLineClamp } = getComputedStyle(element);
        if (display === "none" || visibility === "hidden" || element.classList.contains("unseen") || element.closest("svg, .unseen")) {
          return false;
        }
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent!.trim() !== "");
        // One line whose rest is in the hint, or two lines of many, are meant to be cut.
        const meant = textOverflow === "ellipsis" || webkitLineClamp !== "none";
        const clips = overflowX === "hidden" || overflowY === "hidden" || element.tagName === "BUTTON";
        return own && clips && !meant && (element.scrollHeight > element.clientHeight + 2 || element.scrollWidth > element.clientWidth + 2);
      })
      .map((element) => element.outerHTML.slice(0, 160));
    all.forEach((element, place) => (element.style.cssText = before[place]!));
    return cut;
  });
}

describe.each(WINDOWS)("the window $page", (window) => {
  // Pages go from state to state, for a new one takes longer than all that is looked at on it.
  let context: BrowserContext;
  const idle: Visited[] = [];
  beforeAll(async () => {
    context = await office(browser, window);
  });
  afterAll(() => context.close());

  test.concurrent.each(window.states)("$name", async (state) => {
    const { page, complaints } = idle.pop() ?? (await visited(context));
    const wrong: Record<string, string[]> = {};
    const note = (where: string, found: string[]) => {
      if (found.length > 0) {
        wrong[where] = found;
      }
    };
    await page.emulateMedia({ colorScheme: "light", forcedColors: "none", contrast: "no-preference" });
    await bring(page, inject("base"), window, state, "es");
    note("light", await faults(page));
    for (const [theme, media] of THEMES) {
      await page.emulateMedia(media);
      note(theme, await faults(page, ["color-contrast"]));
      note(`${theme}, too wide`, await tooWide(page));
    }
    // A theme changes colours alone, and a language words alone: that each has its words, another test says.
    for (const language of LANGUAGES) {
      await speak(page, language);
      note(`${language}, too wide`, await tooWide(page));
      note(`${language}, letters twice as large`, await cutOff(page));
    }
    for (const text of TEXT) {
      await page.setViewportSize(room(window, text));
      await glass(page);
      note(`text of ${text * 100} %`, [...(await tooWide(page)), ...(await outOfReach(page, state.warns ? undefined : window.first))]);
    }
    await page.setViewportSize(window);
    note("console", complaints.splice(0));
    idle.push({ page, complaints });
    expect(wrong).toEqual({});
  });
});

/** A page, and what its console complains of. */
interface Visited {
  page: Page;
  complaints: string[];
}

async function visited(context: BrowserContext): Promise<Visited> {
  const complaints: string[] = [];
  return { page: await open(context, complaints), complaints };
}
