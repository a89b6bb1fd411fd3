// Takes every window of the gallery in three languages, light and dark, into .github/media/gallery: `npm run gallery`.
// Pictures are reduced to few colours by ImageMagick: a repository keeps them for ever.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";
import { expect, inject, test } from "vitest";

import { bring, LANGUAGES, office, open } from "./visit";
import { WINDOWS } from "./windows";

const folder = fileURLToPath(new URL("../../.github/media/gallery/", import.meta.url));
const LARGEST = 60 * 1024;

test("the gallery's pictures are taken", { timeout: 600_000 }, async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const browser = await chromium.connect(inject("browser"));
  const complaints: string[] = [];
  const raw = join(tmpdir(), `timbre-gallery-${process.pid}.png`);
  for (const window of WINDOWS) {
    const context = await office(browser, window);
    const page = await open(context, complaints);
    for (const state of window.states.filter(({ gallery }) => gallery)) {
      for (const language of LANGUAGES) {
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          await bring(page, inject("base"), window, state, language);
          // Nothing of the gallery hangs on where the caret was in its blinking.
          await (window.fits ? page.locator(window.fits) : page).screenshot({ path: raw, caret: "hide" });
          const name = `${window.page}-${state.name.replace(/\W+/g, "-")}-${language}-${colorScheme}.png`;
          reduce(raw, folder + name, 128);
          expect(statSync(folder + name).size, name).toBeLessThan(LARGEST);
        }
      }
    }
    await context.close();
  }
  await browser.close();
  expect(complaints).toEqual([]);
  // One picture of all, for a first look.
  execFileSync("montage", [
    ...sheet().map((name) => `${folder}${name}.png`),
    ...["-tile", "4x", "-geometry", "420x360>+12+12", "-background", "#8a9099", "-type", "TrueColor", raw],
  ]);
  reduce(raw, `${folder}sheet.png`, 255);
  rmSync(raw, { force: true });
  expect(statSync(`${folder}sheet.png`).size).toBeLessThan(4 * LARGEST);
});

/** The pictures of the sheet: every window of the gallery once, in turn in another language and theme. */
function sheet(): string[] {
  const looks = ["es-light", "en-dark", "pt-light", "es-dark", "en-light", "pt-dark"];
  return WINDOWS.flatMap((window) => window.states.filter(({ gallery }) => gallery).map((state) => `${window.page}-${state.name.replace(/\W+/g, "-")}`)).map(
    (name, place) => `${name}-${looks[place % looks.length]!}`,
  );
}

/** Few colours, chosen by how people see: by amounts of red, green and blue a dark picture would turn blue. */
function reduce(from: string, to: string, colours: number): void {
  const how = ["-quantize", "Lab", "-dither", "None", "-colors", String(colours), "-strip", "-define", "png:compression-level=9"];
  execFileSync("convert", [from, "-colorspace", "sRGB", ...how, `PNG8:${to}`]);
}
