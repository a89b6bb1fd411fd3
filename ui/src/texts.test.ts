// Every text that a window asks for is there in all three languages, and no text of the windows' own is left over.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import en from "#texts/en.json";
import es from "#texts/es.json";
import pt from "#texts/pt.json";
import { expect, test } from "vitest";

import { named, namedOf, sourcesOf, textsOf } from "../build/texts";

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

const pages = [...sources(join(root, "ui/src"), /(?<!\.d)\.(ts|svelte)$/)];
const programs = [join(root, "crates"), join(root, "src-tauri/src")].flatMap((folder) => [...sources(folder, /\.rs$/)]);

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
  const { whole, patterns } = named(pages.join("\n"));
  // A file may begin as a text does.
  const missing = whole.filter((name) => OWN.test(name) && !(name in en) && !/\.(svelte|ts|css|html)$/.test(name));
  expect(missing).toEqual([]);
  const empty = patterns.filter((pattern) => OWN.test(pattern.source.slice(1).replaceAll("\\", "")) && !keys.some((key) => pattern.test(key)));
  expect(empty).toEqual([]);
});

test("no text of the windows' own is left over", () => {
  const used = new Set(namedOf(Object.keys(en), [...pages, ...programs]));
  const left = Object.keys(en).filter((key) => OWN.test(key) && !used.has(key));
  expect(left).toEqual([]);
});

test("each window's own catalogue has every text that it may say", () => {
  const keys = Object.keys(en);
  for (const window of ["dial", "main", "popup", "setup", "strip"]) {
    const own = textsOf(window, keys);
    const sources = [...sourcesOf(join(root, "ui/src", window, "main.ts"))];
    // Found by following imports: the window itself, what it is made of, and the host behind it.
    expect(sources.filter((path) => path.endsWith(`/host/tauri/${window}.ts`))).toHaveLength(1);
    expect(sources.filter((path) => path.endsWith(".svelte")).length, window).toBeGreaterThan(0);
    const { whole } = named(sources.map((path) => readFileSync(path, "utf8")).join("\n"));
    expect(whole.filter((name) => name in en && !own.includes(name)), window).toEqual([]);
    // The command line's are nobody's.
    expect(own.filter((key) => /^(doctor|import)\./.test(key)), window).toEqual([]);
  }
});

test("texts named with places are all there: whatever may stand in them", () => {
  const keys = Object.keys(en);
  expect(textsOf("main", keys)).toEqual(expect.arrayContaining(keys.filter((key) => /^error\.\w+\.(what|do)$/.test(key))));
  expect(textsOf("popup", keys).length).toBeLessThan(keys.length / 3);
});
