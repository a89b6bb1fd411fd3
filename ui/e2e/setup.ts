import type { TestProject } from "vitest/node";

import { servePages, startBrowser } from "./pages";

declare module "vitest" {
  interface ProvidedContext {
    base: string;
    browser: string;
  }
}

/** Once for all tests: the pages and a browser. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [pages, browser] = await Promise.all([servePages(), startBrowser()]);
  project.provide("base", pages.base);
  project.provide("browser", browser.wsEndpoint());
  return async () => {
    await browser.close();
    await pages.stop();
  };
}
