// A plain browser in place of Timbre: http://localhost:5173/dial.html . It is told by the address:
// fake=bare|typed|several|nothing|empty|link|linkrefused|linkextension|clipboard|selection|callback|despite|command ·
// outcome=accepted|ringing|contact|connected|pending|failed|vendor|refused|nocall|unanswered · identities=one|none · lang=es|en|pt ·
// theme=light|dark

import type { CallRow } from "../../bindings/CallRow";
import type { DialProgress } from "../../bindings/DialProgress";
import type { DialState } from "../../bindings/DialState";
import type { ErrorCode } from "../../bindings/ErrorCode";
import type { Language } from "../../bindings/Language";
import type { Refusal } from "../../bindings/Refusal";
import type { TextKey } from "../../texts";
import type { DialHost, DialListener, DialWish, FoundContact, NumberRead } from "../host";
import { hostile } from "./made";
import { heedLanguage, wear } from "./theme";
import { words } from "./words";
import { ago, bootstrap, shy, town, world } from "./world";

/** As the letters stand in a search: without accents and case. */
const bare = (words: string) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const digits = (words: string) => words.replace(/\D/g, "");

/** The calls of late. */
export const recent: CallRow[] = world.calls.filter(({ call }) => call.state === "ended" && call.direction !== "internal");

/** A refusal in the catalogue's words. */
export function refusal(language: Language, code: ErrorCode, place: string | null = null): Refusal {
  const say = (part: string) => words(language, `error.${code}.${part}` as TextKey);
  return { code, place, what: say("what"), what_to_do: say("do"), detail: "made up" };
}

/** As the program around says it of a link that is no telephone's. */
const REFUSED: Record<Language, string> = {
  es: "El enlace lleva un código de servicio (con * o #), como los que desvían llamadas. Timbre no lo marca desde un enlace.",
  en: "The link holds a service code (with * or #), such as those that forward calls. Timbre does not dial it from a link.",
  pt: "O link traz um código de serviço (com * ou #), como os que desviam chamadas. O Timbre não o disca a partir de um link.",
};

/** A number as the engine reads it, as far as a page can tell: world/numbers.json. */
export function read(language: Language, typed: string): NumberRead {
  const only = digits(typed);
  if (only.length < 2 || /\p{L}/u.test(typed)) {
    throw refusal(language, "bad_number", "number");
  }
  const dial = only.length === 11 && only.startsWith("506") ? only.slice(3) : only;
  const written = dial.length === 8 ? `${dial.slice(0, 4)} ${dial.slice(4)}` : dial;
  const has = ({ contact }: FoundContact) => contact.phones.some(({ number }) => number.e164 === `+506${dial}`);
  return { written, dial, extension: null, caller_id_code: null, contacts: world.people.filter(has).map(({ contact }) => contact) };
}

/** What the window may come up for, by name. */
export const wishes: Record<string, Partial<DialWish>> = {
  bare: {},
  typed: { number: "2290 44" },
  several: { number: "ana" },
  nothing: { number: "Zoraida" },
  empty: {},
  hostile: { number: "juan" },
  link: { from: "link", number: "+506 8888-4787" },
  linkrefused: { from: "link", number: "" },
  linkextension: { from: "link", number: "2290 4400", extension: "204", context: "clinica.example" },
  clipboard: { from: "clipboard", number: "7000 1234" },
  selection: { from: "selection", number: "Municipalidad" },
  callback: { from: "call_back", number: "2436 2300", contact: town.id },
  despite: { from: "call_back", number: "8320 5511", contact: shy.id },
  command: { from: "command", number: "8888 4787" },
};

/** How far a dial comes, by the name of its outcome. */
export const outcomes: Record<string, DialState[]> = {
  requested: [],
  accepted: ["accepted"],
  ringing: ["accepted", "agent_ringing"],
  contact: ["accepted", "agent_ringing", "contact_ringing"],
  connected: ["accepted", "agent_ringing", "contact_ringing", "connected"],
  failed: ["failed"],
  pending: ["pending"],
  // Refused by the vendor for a reason of its own.
  vendor: ["failed"],
  nocall: ["accepted", "no_call_appeared"],
  unanswered: ["accepted", "agent_ringing", "contact_ringing", "ended"],
};

/** The steps of a dial, each some seconds after the one before. */
export function progressOf(id: string, outcome: string): DialProgress[] {
  return ["requested" as const, ...(outcomes[outcome] ?? [])].map((state, n) => ({
    id,
    state,
    at: ago(-n * 2),
    call_key: null,
    error: state !== "failed" ? null : outcome === "vendor" ? "refused" : "already_in_call",
    reason: state === "failed" && outcome === "vendor" ? "formcall.popup_not_found" : null,
    likely_reasons:
      state === "no_call_appeared" ? ["telephone_not_registered", "codec_pcma", "address_not_authorised"] : [],
  }));
}

/** A browser's page, told what to show by its address. */
export function dialHost(query: URLSearchParams): DialHost {
  wear(query.get("theme"));
  const language = (query.get("lang") ?? "es") as Language;
  const outcome = query.get("outcome") ?? "connected";
  const sample = query.get("fake") ?? "bare";
  const greeting = bootstrap(language);
  if (query.get("identities") === "one") {
    greeting.identities.splice(1);
  }
  let listener: DialListener;
  const said = (what: string) => {
    console.info("host:", what);
    return Promise.resolve();
  };
  const play = (id: string) =>
    progressOf(id, outcome).forEach((progress, n) => setTimeout(() => listener.progress(progress), 60 * n));
  return {
    start(given) {
      listener = given;
      heedLanguage((language) => given.bootstrap({ ...greeting, language }));
      setTimeout(() => {
        const refused = sample === "linkrefused" ? REFUSED[language] : null;
        given.wish({
          number: "",
          from: "hotkey",
          contact: null,
          extension: null,
          context: null,
          refusal: refused,
          ...wishes[sample],
        });
      });
      return Promise.resolve(greeting);
    },
    search(typed) {
      if (sample === "empty") {
        return Promise.resolve([]);
      }
      const wanted = bare(typed.trim());
      const all: FoundContact[] = sample === "hostile" ? [{ contact: hostile, phones: [] }] : world.people;
      const hits = all.filter(
        ({ contact: { name, company, phones } }) =>
          bare(`${name} ${company}`).includes(wanted) ||
          (digits(wanted).length > 2 && phones.some(({ number }) => digits(number.raw).includes(digits(wanted)))),
      );
      return Promise.resolve(wanted ? hits : all.slice(0, 5));
    },
    recent: (limit) => Promise.resolve(sample === "empty" ? [] : recent.slice(0, limit)),
    readNumber: (typed) => new Promise((done) => done(read(language, typed))),
    chooseIdentity: (label) => said(`identity ${label}`),
    dial(number, from, contact, despite) {
      void said(`dial ${number} as ${from} for ${contact}${despite.length > 0 ? " despite" : ""}`);
      if (outcome === "refused") {
        return Promise.reject(refusal(language, "not_authorised"));
      }
      play("dial-1");
      return new Promise((done) => setTimeout(() => done("dial-1"), 30));
    },
    height: (height) => said(`height ${height}`),
    close: () => said("close"),
  };
}
