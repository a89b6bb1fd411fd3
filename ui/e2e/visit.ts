// A page as a test or the gallery visits it.

import type { Browser, BrowserContext, Page } from "playwright-core";

import { NOW, OFFICE } from "./pages";
import type { State, Window } from "./windows";

export const LANGUAGES = ["es", "en", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A context of the office's; its pages believe in one moment. */
export async function office(browser: Browser, window: Pick<Window, "width" | "height">, scale = 1): Promise<BrowserContext> {
  const { width, height } = window;
  const context = await browser.newContext({ ...OFFICE, viewport: { width, height }, deviceScaleFactor: scale, reducedMotion: "reduce" });
  await context.clock.setFixedTime(NOW);
  return context;
}

/** Opens a page and notes what it complains of. */
export async function open(context: BrowserContext, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(message.text());
    }
  });
  return page;
}

/** Brings a window into a state. */
export async function bring(page: Page, base: string, window: Window, state: State, language: Language): Promise<void> {
  await page.goto(`${base}${window.page}.html?${state.query}&lang=${language}`);
  await page.locator(window.ready).first().waitFor();
  for (const step of state.then ?? []) {
    if (step.startsWith("text:")) {
      await page.keyboard.type(step.slice(5));
    } else if (step.startsWith("click:")) {
      await page.locator(step.slice(6)).first().click();
    } else if (step.startsWith("wait:")) {
      await page.locator(step.slice(5)).first().waitFor();
    } else {
      await page.keyboard.press(step);
    }
  }
  await glass(page);
}

/** The window in its state speaks another language, as when the agent chooses one: much quicker than bringing it up again. */
export async function speak(page: Page, language: Language): Promise<void> {
  await page.evaluate((detail) => void dispatchEvent(new CustomEvent("language", { detail })), language);
  await glass(page);
}

/** Two frames: what the last step brought about is on the glass. */
export async function glass(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
