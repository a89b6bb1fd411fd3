// The texts of each window: of the whole catalogue, which is also the program's and the command line's, only what that
// window's sources name. A pop-up that is kept warm holds no word it never says.

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Plugin } from "vite";

const CATALOGUE = join(import.meta.dirname, "../../crates/domain/texts");
const SOURCES = join(import.meta.dirname, "../src");

/** `import catalogue from "virtual:texts/popup"`: what the sources that `src/popup/main.ts` leads to name. */
const VIRTUAL = "virtual:texts/";

/** What a source, its comments aside, names: texts whole, or with places such as `main.page.${page}` or `dial.state.{state}`. */
export interface Named {
  whole: string[];
  patterns: RegExp[];
}

/** What looks like a text's name in a source. */
export function named(source: string): Named {
  const code = source.replace(/(^|\s)\/\/.*$/gm, "").replace(/\/\*[^]*?\*\//g, "");
  const whole: string[] = [];
  const patterns: RegExp[] = [];
  for (const [, , text = ""] of code.matchAll(/(["'`])([a-z][\w-]*(?:\.(?:[\w.-]|\$?\{[^}]*\})*)?)\1/g)) {
    if (/\{/.test(text)) {
      const parts = text.split(/\$?\{[^}]*\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
      patterns.push(new RegExp(`^${parts.join("[\\w-]+(?:\\.[\\w-]+)*")}$`));
    } else {
      whole.push(text);
    }
  }
  return { whole, patterns };
}

/** The texts, of these, that sources name. */
export function namedOf(keys: readonly string[], sources: Iterable<string>): string[] {
  const found = [...sources].map(named);
  const whole = new Set(found.flatMap((one) => one.whole));
  const patterns = found.flatMap((one) => one.patterns);
  return keys.filter((key) => whole.has(key) || patterns.some((pattern) => pattern.test(key)));
}

/** A window's sources: its entry and whatever of our own that imports, made-up programs aside, which bring words of their own. */
export function sourcesOf(entry: string): Set<string> {
  const found = new Set<string>();
  const follow = (path: string) => {
    if (found.has(path) || path.includes("/host/fake/")) {
      return;
    }
    found.add(path);
    for (const [, name = ""] of readFileSync(path, "utf8").matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']*)["']/g)) {
      const next = join(dirname(path), name);
      const file = [next, `${next}.ts`, join(next, "index.ts")].find((one) => existsSync(one) && statSync(one).isFile());
      if (file && /\.(ts|svelte)$/.test(file)) {
        follow(file);
      }
    }
  };
  follow(entry);
  return found;
}

/** The texts a window names. */
export function textsOf(window: string, keys: readonly string[]): string[] {
  return namedOf(keys, [...sourcesOf(join(SOURCES, window, "main.ts"))].map((path) => readFileSync(path, "utf8")));
}

/** Gives each window its own catalogue. */
export function texts(): Plugin {
  return {
    name: "timbre-texts",
    resolveId: (id) => (id.startsWith(VIRTUAL) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${VIRTUAL}`)) {
        return null;
      }
      const window = id.slice(VIRTUAL.length + 1);
      const all = Object.fromEntries(
        ["en", "es", "pt"].map((language) => {
          const path = join(CATALOGUE, `${language}.json`);
          this.addWatchFile(path);
          return [language, JSON.parse(readFileSync(path, "utf8")) as Record<string, string>];
        }),
      );
      const own = textsOf(window, Object.keys(all["en"]!));
      const catalogue = Object.fromEntries(
        Object.entries(all).map(([language, words]) => [language, Object.fromEntries(own.map((key) => [key, words[key]]))]),
      );
      // Read as JSON, which is quicker than as a program.
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(catalogue))});`;
    },
  };
}
