// The windows' pages with the made-up host, built as they are shipped and served under the content security policy of
// the real windows. The build with the made-up host goes beside the tools: what is shipped has none of it.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type BrowserContextOptions, type BrowserServer, chromium } from "playwright-core";
import { build, preview } from "vite";

import { findChromium } from "./chromium";

const root = fileURLToPath(new URL("..", import.meta.url));
/** A folder a run, so that two of them do not build into each other's pages. */
const outDir = fileURLToPath(new URL(`../node_modules/.timbre-fake-${process.pid}`, import.meta.url));

/** The moment at which every page believes to be: a Friday morning in an office in San José. */
export const NOW = new Date("2026-11-20T10:42:00-06:00");

/** What a page believes of the machine it is on. */
export const OFFICE = { locale: "es-CR", timezoneId: "America/Costa_Rica" } satisfies BrowserContextOptions;

/** The policy that the real windows have. */
function policy(): string {
  const config = JSON.parse(readFileSync(new URL("../../src-tauri/tauri.conf.json", import.meta.url), "utf8"));
  const directives: Record<string, string> = config.app.security.csp;
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}

/** Builds the pages and serves them; answers their address and how to stop. */
export async function servePages(): Promise<{ base: string; stop: () => Promise<void> }> {
  await build({ root, mode: "fake", logLevel: "warn", build: { outDir, emptyOutDir: true, minify: false } });
  // The browser asks for it, and would complain; a route of our own for it would slow every other file down.
  writeFileSync(join(outDir, "favicon.ico"), "");
  const server = await preview({
    root,
    mode: "fake",
    logLevel: "warn",
    build: { outDir },
    preview: { port: 4173, strictPort: false, headers: { "content-security-policy": policy(), "cache-control": "max-age=600" } },
  });
  const [base] = server.resolvedUrls?.local ?? [];
  if (base === undefined) {
    throw new Error("the pages are served nowhere");
  }
  const stop = async () => {
    await server.close();
    rmSync(outDir, { recursive: true, force: true });
  };
  return { base, stop };
}

/** Starts one browser for everybody. */
export function startBrowser(): Promise<BrowserServer> {
  return chromium.launchServer({
    executablePath: findChromium(),
    // Where the tests run as root, as in a container, Chromium has no sandbox; it opens nothing but our own pages.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none", "--force-color-profile=srgb"],
  });
}
