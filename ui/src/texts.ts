// The texts people read come from the domain, where the command line has them too. Only what a window alone says
// (names of buttons, hints) is written here.

import en from "#texts/en.json";
import es from "#texts/es.json";
import pt from "#texts/pt.json";

import type { Language } from "./bindings/Language";

const windowTexts = {
  es: {
    "popup.close": "Cerrar",
    "popup.reason.digits": "Las mismas cifras; no se pudo saber de qué país es el número",
    "popup.reason.dialled": "Usted marcó a este contacto desde Timbre",
    "popup.reason.exact": "El mismo número, con su código de país",
    "popup.reason.used_last": "Varios contactos tienen el número; este es el que se usó de último",
  },
  en: {
    "popup.close": "Close",
    "popup.reason.digits": "The same digits; the number's country could not be told",
    "popup.reason.dialled": "You dialled this contact from Timbre",
    "popup.reason.exact": "The same number, with its country code",
    "popup.reason.used_last": "Several contacts have the number; this is the one used last",
  },
  pt: {
    "popup.close": "Fechar",
    "popup.reason.digits": "Os mesmos dígitos; não foi possível saber o país do número",
    "popup.reason.dialled": "Você discou para este contato pelo Timbre",
    "popup.reason.exact": "O mesmo número, com o código do país",
    "popup.reason.used_last": "Vários contatos têm o número; este é o usado por último",
  },
} as const satisfies Record<Language, Record<string, string>>;

/** The name of a text. */
export type TextKey = keyof typeof en | keyof (typeof windowTexts)["en"];

const catalogues: Record<Language, Record<TextKey, string>> = {
  es: { ...es, ...windowTexts.es },
  en: { ...en, ...windowTexts.en },
  pt: { ...pt, ...windowTexts.pt },
};

/** A text with its places, such as `{count}`, filled. One pass, so that a value that looks like a place is left alone. */
export function text(language: Language, key: TextKey, values: Record<string, string | number> = {}): string {
  return catalogues[language][key].replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
