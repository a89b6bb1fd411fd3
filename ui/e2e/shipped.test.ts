import { fileURLToPath } from "node:url";

import { build, type Rolldown } from "vite";
import { expect, test, vi } from "vitest";

test("what is shipped has nothing of the made-up host", async () => {
  // As `npm run build` finds it; under "test" Vite would build for development.
  vi.stubEnv("NODE_ENV", "production");
  const root = fileURLToPath(new URL("..", import.meta.url));
  const built = (await build({ root, logLevel: "silent", build: { write: false } })) as Rolldown.RolldownOutput;
  const modules = built.output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  expect(modules.length).toBeGreaterThan(50);
  expect(modules.filter((id) => id.includes("/host/fake"))).toEqual([]);
  const pages = built.output.filter(({ fileName }) => fileName.endsWith(".html")).map(({ fileName }) => fileName);
  expect(pages.toSorted()).toEqual(["dial.html", "main.html", "popup.html", "setup.html", "strip.html"]);
});
