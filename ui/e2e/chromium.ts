// A real Chromium on this machine: nothing is downloaded for the tests.

import { accessSync, constants } from "node:fs";

/** Where it usually is, beside what `TIMBRE_CHROMIUM` names. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** The browser's program. Fails with what to do about it where there is none. */
export function findChromium(): string {
  const named = process.env["TIMBRE_CHROMIUM"];
  const found = (named ? [named] : PLACES).find((place) => {
    try {
      accessSync(place, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) {
    throw new Error(
      named
        ? `TIMBRE_CHROMIUM names ${named}, which can't be started.`
        : "No Chromium was found. Install one (Debian: apt-get install chromium) or name it in TIMBRE_CHROMIUM.",
    );
  }
  return found;
}
