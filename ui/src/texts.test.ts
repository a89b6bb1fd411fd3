// Every text that a window asks for is there in all three languages, and no text of the windows' own is left over.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import en from "#texts/en.json";
import es from "#texts/es.json";
import pt from "#texts/pt.json";
import { expect, test } from "vitest";

/** The windows' own texts begin so; the others are the program's and the command line's. */
const OWN = /^(main|today|pending|outbox|settings|palette|popup|form|result|dial|strip|setup|keyring)\./;

const root = join(import.meta.dirname, "../..");

function* sources(folder: string, endings: RegExp): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!/^(node_modules|target|bindings|dist|gen|texts)$/.test(entry.name)) {
        yield* sources(path, endings);
      }
    } else if (endings.test(entry.name) && !/\.test\.ts$/.test(entry.name)) {
      yield readFileSync(path, "utf8");
    }
  }
}

/** What of a source, its comments aside, looks like a text's name: whole, or with places such as `main.page.${page}` or `dial.state.{state}`. */
function named(source: string): { whole: string[]; patterns: RegExp[] } {
  const code = source.replace(/(^|\s)\/\/.*$/gm, "").replace(/\/\*[^]*?\*\//g, "");
  const whole: string[] = [];
  const patterns: RegExp[] = [];
  for (const [, , text = ""] of code.matchAll(/(["'`])((?:[a-z][\w-]*\.)+(?:[\w.-]|\$?\{[^}]*\})*)\1/g)) {
    if (/\{/.test(text)) {
      const parts = text.split(/\$?\{[^}]*\}/).map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&"));
      patterns.push(new RegExp(`^${parts.join("[\\w-]+(?:\\.[\\w-]+)*")}$`));
    } else {
      whole.push(text);
    }
  }
  return { whole, patterns };
}

const pages = [...sources(join(root, "ui/src"), /\.(ts|svelte)$/)].join("\n");
const programs = [join(root, "crates"), join(root, "src-tauri/src")].flatMap((folder) => [...sources(folder, /\.rs$/)]).join("\n");

test("every text has its words in all three languages, with the same places", () => {
  const places = (words: string) => [...words.matchAll(/\{\w+\}/g)].map(String).toSorted();
  expect(Object.keys(es)).toEqual(Object.keys(en));
  expect(Object.keys(pt)).toEqual(Object.keys(en));
  for (const [key, words] of Object.entries(en)) {
    const others = [es, pt].map((catalogue) => catalogue[key as keyof typeof en]);
    expect(others.map(places), key).toEqual([places(words), places(words)]);
    expect([words, ...others].filter((text) => text.trim() === ""), key).toEqual([]);
  }
});

test("every text that a window names is in the catalogue", () => {
  const keys = Object.keys(en);
  const { whole, patterns } = named(pages);
  // A file may begin as a text does.
  const missing = whole.filter((name) => OWN.test(name) && !(name in en) && !/\.(svelte|ts|css|html)$/.test(name));
  expect(missing).toEqual([]);
  const empty = patterns.filter((pattern) => OWN.test(pattern.source.slice(1).replaceAll("\\", "")) && !keys.some((key) => pattern.test(key)));
  expect(empty).toEqual([]);
});

test("no text of the windows' own is left over", () => {
  const { whole, patterns } = named(`${pages}\n${programs}`);
  const used = new Set(whole);
  const left = Object.keys(en).filter((key) => OWN.test(key) && !used.has(key) && !patterns.some((pattern) => pattern.test(key)));
  expect(left).toEqual([]);
});
