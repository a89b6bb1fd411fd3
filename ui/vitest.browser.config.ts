import { defineConfig } from "vitest/config";

// The pages in a real browser: `npm run test:browser`; `npm run gallery` takes their pictures.
export default defineConfig(({ mode }) => ({
  test: {
    environment: "node",
    include: [mode === "gallery" ? "e2e/gallery.ts" : "e2e/**/*.test.ts"],
    globalSetup: "e2e/setup.ts",
    // One browser for all; its pages share the machine's cores.
    fileParallelism: false,
    maxConcurrency: 4,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
}));
