// The texts people read: one catalogue, the domain's, for windows and command line alike. Each window loads of it what
// its sources name (build/texts.ts), and says so before anything is shown.

import type en from "#texts/en.json";

import type { Language } from "./bindings/Language";

/** The name of a text. */
export type TextKey = keyof typeof en;

/** The words of some texts, in all languages. */
export type Catalogue = Record<Language, Partial<Record<TextKey, string>>>;

let catalogue: Catalogue = { es: {}, en: {}, pt: {} };

/** From now on texts are taken from here. */
export function speakFrom(words: Catalogue): void {
  catalogue = words;
}

/** Whether the catalogue has a text of this name. */
export function isText(key: string): key is TextKey {
  return Object.hasOwn(catalogue.en, key);
}

/** A text with its places, such as `{count}`, filled. One pass, so that a value that looks like a place is left alone. */
export function text(language: Language, key: TextKey, values: Record<string, string | number> = {}): string {
  const words = catalogue[language][key] ?? key;
  return words.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
