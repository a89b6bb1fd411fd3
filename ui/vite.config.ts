import { fileURLToPath } from "node:url";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { texts as textsOfWindows } from "./build/texts.ts";

const texts = fileURLToPath(new URL("../crates/domain/texts", import.meta.url));

export default defineConfig({
  plugins: [svelte(), textsOfWindows()],
  resolve: {
    alias: { "#texts": texts },
    // Outside the browser build Svelte would hand the tests its server half.
    ...(process.env.VITEST ? { conditions: ["browser"] } : {}),
  },
  // The texts stand outside this folder.
  server: { port: 5173, strictPort: true, fs: { allow: [".", texts] } },
  build: {
    // WebKitGTK 2.40 of Debian 12, WebView2, and the WebKit of macOS 13.
    target: ["safari16", "chrome110"],
    // Under the content security policy nothing may be inlined as data: either.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A window a page; each loads only its own.
    rolldownOptions: {
      input: { popup: "popup.html", main: "main.html", dial: "dial.html", strip: "strip.html", setup: "setup.html" },
    },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"], setupFiles: "build/whole.ts" },
});
