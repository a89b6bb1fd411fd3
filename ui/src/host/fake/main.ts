// A plain browser in place of Timbre, for the main window: http://localhost:5173/main.html?fake=day&page=outbox&lang=pt .
// `fake` is the kind of day: day, empty, crowd, unreachable, stopped, refusing, readonly, trouble, nocrm. `who=notyet` rings
// with somebody whom the vendor has not named, `dials=no` has no account that can dial, `part=failed|runs` is a part of Timbre that ended badly. Not shipped.

import type { CallRow } from "../../bindings/CallRow";
import type { Contact } from "../../bindings/Contact";
import type { ContactSummary } from "../../bindings/ContactSummary";
import type { WindowBootstrap } from "../../bindings/WindowBootstrap";
import type { Interaction } from "../../bindings/Interaction";
import type { Language } from "../../bindings/Language";
import type { OutboxRow } from "../../bindings/OutboxRow";
import type { PopupCard } from "../../bindings/PopupCard";
import type { Refusal } from "../../bindings/Refusal";
import type { Status } from "../../bindings/Status";
import type { Home, MainHost, MainListener, Page, Retried } from "../host";
import { connectionsHost } from "./connections";
import { edited } from "./contacts";
import { contact as newlyMade, freshSummary, interaction } from "./made";
import { changed, makesContact } from "./results";
import { heedLanguage, wear } from "./theme";
import { catalogue } from "./words";
import { ago, DAY, greetingOf, popups, world } from "./world";

const refusal: Refusal = {
  code: "disk_full",
  place: null,
  what: "El disco está lleno.",
  what_to_do: "Libere espacio; Timbre sigue mostrando las llamadas pero no puede guardar.",
  detail: "database or disk is full",
};

/** How long a call without a result counts as pending, seconds (`pending_since` in the engine). */
const PENDING_FOR = 7 * DAY;

/** How many entries of a case file a card of the history brings. */
const ENTRIES = 50;

/** The calls of the morning over and over, for the width of lists. */
const crowd = (count: number): CallRow[] =>
  Array.from({ length: count }, (_, place) => {
    const row = world.calls[(place % 16) + 1]!;
    return { ...row, call: { ...row.call, key: `${row.call.key}+${place}`, detected_at: ago(60 + place * 8) } };
  });

/** A call that rings while the vendor has not said who it is. */
const nameless: CallRow = { ...world.not_known_yet, call: { ...world.not_known_yet.call, detected_at: ago(4) } };

/** The rows of a kind of day. */
function rowsOf(kind: string, notYet: boolean): CallRow[] {
  switch (kind) {
    case "empty":
    case "trouble":
      return [];
    case "crowd":
      return crowd(1000);
    case "nocrm":
      return world.calls.slice(1);
    default:
      return notYet ? [nameless, ...world.calls] : world.calls;
  }
}

/** The outbox, with what is in a record's way told in this language. */
function outboxIn(language: Language): OutboxRow[] {
  const all: Record<string, string> = catalogue[language];
  const said = (code: string, part: string) => all[`error.crm.${code}.${part}`] ?? all[`error.${code}.${part}`] ?? "";
  return world.outbox.map((row) => {
    const code = row.what === "" ? null : row.item.problem?.code;
    return code ? { ...row, what: said(code, "what"), what_to_do: said(code, "do") } : row;
  });
}

/** A browser's page, told what to show by its address. */
export function mainHost(query: URLSearchParams): MainHost {
  wear(query.get("theme"));
  const kind = query.get("fake") ?? "day";
  let bootstrap: WindowBootstrap = greetingOf(query, { has_crm: kind !== "nocrm" });
  if (kind === "trouble") {
    bootstrap = { ...bootstrap, set_up: false, trouble: { ...refusal, code: "bad_config", what: "El archivo de configuración tiene un error.", what_to_do: "Corrija la línea 12: «base_url» no es una dirección.", detail: "line 12" } };
  }
  let rows = rowsOf(kind, query.get("who") === "notyet");
  let outbox = ["empty", "trouble", "nocrm"].includes(kind) ? [] : outboxIn(bootstrap.language);
  /** The address book as it was changed since the page was opened. */
  let people = world.people.map(({ contact }) => contact);
  let listener: MainListener | undefined;
  /** What was written since the page was opened, by the call's key. */
  const results = new Map<string, Interaction>();
  const cardAsTold = (row: CallRow): PopupCard => (row.call.key === nameless.call.key ? popups["not_known_yet"]! : world.cards[row.call.key.split("+")[0]!]!);
  const resultOf = (row: CallRow) => results.get(row.call.key) ?? cardAsTold(row).interaction;

  const status = (): Status => ({
    calls: rows
      .filter((row) => row.call.state !== "ended")
      .map(({ call, number_written }) => ({
        call_key: call.key,
        direction: call.direction,
        state: call.state,
        party: call.party,
        number_written,
        since: call.connected_at ?? call.detected_at,
      })),
    accounts: kind === "trouble" ? [] : [
      kind === "unreachable"
        ? { account: "principal", reach: "failing", code: "unreachable" }
        : { account: "principal", reach: kind === "empty" ? "not_asked_yet" : "answers", code: null },
    ],
    connectors: kind === "nocrm" || kind === "trouble" ? [] : [
      {
        connector: "espocrm",
        reach: kind === "stopped" ? "stopped" : kind === "unreachable" ? "failing" : "answers",
        what: kind === "stopped" ? "El CRM no deja entrar." : kind === "unreachable" ? "El CRM no responde." : "",
        what_to_do: kind === "stopped" ? "Revise la clave." : "",
        code: kind === "stopped" ? "sign_in_failed" : kind === "unreachable" ? "unreachable" : null,
        until: kind === "unreachable" ? new Date(Date.now() + 240_000).toISOString() : null,
        waiting: outbox.filter(({ item }) => item.state === "waiting").length,
        parked: outbox.filter(({ item }) => item.state === "parked").length,
        held: [],
      },
    ],
    pending: pending().length,
    do_not_disturb: bootstrap.preferences.do_not_disturb,
    database: { damaged: false, repaired: false, backup_failed: null },
    components: query.has("part") ? [{ component: "call flow", failures: 1, failed_at: ago(40), runs: query.get("part") === "runs" }] : [],
  });
  const pending = () =>
    rows.filter(({ call, result }) => call.state === "ended" && call.connected_at && result?.state !== "final" && call.detected_at >= ago(PENDING_FOR));
  const writes = <T>(work: () => T): Promise<T> =>
    kind === "refusing" ? Promise.reject(refusal) : Promise.resolve(work());
  const tell = () => {
    listener?.status(status());
    listener?.changed("outbox");
  };
  const find = (key: string) => {
    const row = rows.find(({ call }) => call.key === key);
    return row ?? fail();
  };
  const fail = () => {
    throw { ...refusal, code: "not_found", what: "No existe.", what_to_do: "Revise el nombre." } satisfies Refusal;
  };
  /** What is known of a contact, with so many entries of its case file. */
  const summaryOf = (contact: Contact, entries: number): ContactSummary => {
    const { recent, ...known } = world.known[contact.id]?.contact_summary ?? freshSummary;
    return { ...known, recent: recent.slice(0, entries) };
  };
  const card = (key: string): PopupCard => {
    const row = find(key);
    const card: PopupCard = { ...cardAsTold(row), call: row.call, interaction: resultOf(row) };
    const contact = people.find(({ id }) => id === row.contact);
    if (!contact) {
      return card;
    }
    const was = "contact" in card ? card.contact.id : null;
    return was === contact.id
      ? ({ ...card, contact } as PopupCard)
      : { ...card, match: "one", kind: "chosen", contact, contact_summary: summaryOf(contact, ENTRIES) };
  };

  const newContact = (key: string, name: string, company: string) => {
    const row = find(key);
    const { party } = row.call;
    const phones = party.kind === "number" ? [{ number: party.number, kind: "mobile" as const, source: null }] : [];
    const contact = { ...newlyMade(name, company), id: `new-${key}`, phones };
    people = [...people, contact];
    rows = rows.map((other) => (other === row ? { ...row, contact: contact.id, name, company } : other));
  };

  return {
    connections: connectionsHost(query, () => bootstrap, () => listener?.bootstrap({ ...bootstrap })),
    start(heard) {
      listener = heard;
      heedLanguage((language) => heard.bootstrap((bootstrap = { ...bootstrap, language })));
      const page = query.get("page");
      const open = query.get("open");
      setTimeout(() => {
        heard.status(status());
        if (page || open) {
          heard.goTo({ page: (page ?? "today") as Page, call: open === null ? null : rows[Number(open)]!.call.key, contact: query.get("contact"), welcome: query.get("welcome") as Home | null });
        }
      });
      return Promise.resolve(bootstrap);
    },
    status: () => Promise.resolve(status()),
    calls: (wanted) =>
      Promise.resolve(
        (wanted.pending ? pending() : rows)
          .filter(({ call }) => (!wanted.from || call.detected_at >= wanted.from) && (!wanted.to || call.detected_at < wanted.to))
          .slice(0, wanted.limit),
      ),
    card: async (key) => card(key),
    contactSummary: async (id, entries) => {
      const contact = people.find((one) => one.id === id) ?? fail();
      return { contact, contact_summary: summaryOf(contact, entries) };
    },
    save: (key, edit, caller) =>
      writes(() => {
        const named = caller !== null && edit.finish && makesContact(caller, find(key).contact !== null);
        if (named) {
          newContact(key, caller.name, caller.company);
        }
        const row = find(key);
        const kept = changed(resultOf(row) ?? interaction({ call: key, revision: 0 }), edit, bootstrap.dispositions.all);
        results.set(key, kept);
        const { state, comment } = kept;
        const disposition = kept.disposition.map(({ name }) => name);
        const records = edit.finish ? ["waiting" as const] : (row.result?.records ?? []);
        const result = { id: kept.id, state, disposition, comment, records, change_draft: kept.change_draft !== null, waits: edit.finish ? ("turn" as const) : (row.result?.waits ?? null) };
        rows = rows.map((other) => (other === row ? { ...row, result } : other));
        setTimeout(() => listener?.changed("results"));
        return { interaction: kept, card: named ? card(key) : null, records: edit.finish ? [{ connector: "espocrm", state: "waiting" as const, waits: "turn" as const, at: kept.updated_at }] : [] };
      }),
    choose: (key, contact) =>
      writes(() => {
        const who = people.find(({ id }) => id === contact) ?? fail();
        rows = rows.map((row) =>
          row.call.key === key ? { ...row, contact, name: who.name || who.company, company: who.name ? who.company : "" } : row,
        );
        setTimeout(() => listener?.changed("calls"));
        return card(key);
      }),
    addContact: (key, name, company) =>
      writes(() => {
        newContact(key, name, company);
        setTimeout(() => listener?.changed("calls"));
        return card(key);
      }),
    editContact: (id, edit) =>
      writes(() => {
        const contact = edited(people.find((one) => one.id === id) ?? fail(), edit);
        people = people.map((one) => (one.id === id ? contact : one));
        const { name, company } = contact;
        rows = rows.map((row) => (row.contact === id ? { ...row, name: name || company, company: name ? company : "" } : row));
        setTimeout(() => listener?.changed("contacts"));
        return contact;
      }),
    search: (text) => {
      const wanted = text.toLowerCase();
      return Promise.resolve(people.filter(({ name, company }) => `${name} ${company}`.toLowerCase().includes(wanted)).slice(0, 20));
    },
    outbox: (all) => Promise.resolve(outbox.filter(({ item }) => all || !["done", "discarded"].includes(item.state))),
    retry: (id, { despiteDuplicate = false, unsearched = false }) =>
      writes((): Retried => {
        const row = outbox.find(({ item }) => item.id === id) ?? fail();
        const answer = (outcome: Retried["outcome"], more: Partial<Retried> = {}): Retried => ({ outcome, until: null, what: row.what, what_to_do: row.what_to_do, ...more });
        if (query.get("retry") === "unsearchable" && !unsearched) {
          return answer("unsearchable");
        }
        if (row.item.problem?.code === "unreachable" && kind !== "unreachable" && query.get("retry") !== "sent") {
          return answer("waits", { until: row.item.next_at });
        }
        if (row.item.problem?.code === "duplicate" && !despiteDuplicate) {
          // It goes out again, and the CRM's second refusal takes a moment.
          outbox = outbox.map((other) => (other === row ? { ...row, waits: "turn", item: { ...row.item, state: "waiting" } } : other));
          tell();
          return answer("underway", { what: "", what_to_do: "" });
        }
        const item = { ...row.item, state: "done" as const, problem: null };
        outbox = outbox.map((other) => (other === row ? { ...row, waits: null, what: "", what_to_do: "", item } : other));
        tell();
        return { outcome: "sent", until: null, what: "", what_to_do: "" };
      }),
    discard: (id) =>
      writes(() => {
        outbox = outbox.map((row) => (row.item.id === id ? { ...row, what: "", what_to_do: "", item: { ...row.item, state: "discarded", problem: null } } : row));
        tell();
      }),
    resume: () => writes(tell),
    openRecord: (id) => said(`openRecord ${id}`),
    openDial: (number, contact) => said(`openDial ${number} ${contact ?? ""}`),
    setPreferences: (preferences) => {
      if (preferences.hotkeys.dial === "CommandOrControl+C") {
        return Promise.reject({ ...refusal, code: "bad_request", place: "hotkeys.dial", what: "Otro programa ya usa estas teclas.", what_to_do: "Elija otras." });
      }
      return writes(() => {
        bootstrap = { ...bootstrap, language: preferences.language ?? "es", preferences, popup: preferences.popup ?? bootstrap.popup };
        setTimeout(() => listener?.status(status()));
        return bootstrap;
      });
    },
    screens: () => Promise.resolve(["HDMI-1", "eDP-1"]),
    tryPopup: () => said("tryPopup"),
    places: () =>
      Promise.resolve({
        settings: "/home/marta/.config/timbre/timbre.toml",
        data: "/home/marta/.local/share/timbre",
        logs: "/home/marta/.local/share/timbre/logs",
      }),
    openPlace: (which) => said(`openPlace ${which}`),
  };
}

/** What a test or a developer reads in place of something happening outside the page. */
function said(what: string): Promise<void> {
  console.info("host:", what);
  return Promise.resolve();
}
