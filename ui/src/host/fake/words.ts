// All texts: the program around a window says others than the window itself. Not shipped.

import en from "#texts/en.json";
import es from "#texts/es.json";
import pt from "#texts/pt.json";

import type { Language } from "../../bindings/Language";
import type { TextKey } from "../../texts";

export const catalogue: Record<Language, Record<TextKey, string>> = { es, en, pt };

/** A text as the program says it. */
export const words = (language: Language, key: TextKey): string => catalogue[language][key];
