import { defineConfig } from "vitest/config";

// The pages in a real browser: `npm run test:browser`.
export default defineConfig({
  test: {
    environment: "node",
    include: ["e2e/**/*.test.ts"],
    globalSetup: "e2e/setup.ts",
    // One browser for all; its pages share the machine's cores.
    fileParallelism: false,
    maxConcurrency: 4,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
