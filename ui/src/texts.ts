// The texts people read: one catalogue, the domain's, for windows and command line alike.

import en from "#texts/en.json";
import es from "#texts/es.json";
import pt from "#texts/pt.json";

import type { Language } from "./bindings/Language";

/** The name of a text. */
export type TextKey = keyof typeof en;

const catalogues: Record<Language, Record<TextKey, string>> = { es, en, pt };

/** Whether the catalogue has a text of this name. */
export function isText(key: string): key is TextKey {
  return Object.hasOwn(en, key);
}

/** A text with its places, such as `{count}`, filled. One pass, so that a value that looks like a place is left alone. */
export function text(language: Language, key: TextKey, values: Record<string, string | number> = {}): string {
  return catalogues[language][key].replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
