// A plain browser in place of Timbre: http://localhost:5173/setup.html . It is told by the address:
// step=language|account|endpoints|keyring|crm|ready (how far to go by itself) · check=fine|password|address|one|clock ·
// keyring=works|missing|locked|silent · crm=fine|refused · vendor=callmyway|formcall (the first one offered) · lang=es|en|pt ·
// theme=light|dark

import type { ErrorCode } from "../../bindings/ErrorCode";
import type { Language } from "../../bindings/Language";
import type {
  AccountCheck,
  KeyringState,
  KnownConnector,
  KnownVendor,
  SetupHost,
  SetupListener,
  TestStep,
} from "../setup";
import { refusal } from "./dial";
import { heedLanguage, wear } from "./theme";
import { bootstrap, setupWorld } from "./world";

/** The vendors, the one named by `first` before the others. */
export function vendors(language: Language, first = "callmyway"): KnownVendor[] {
  return setupWorld.vendors[language].toSorted((one, other) => Number(other.provider === first) - Number(one.provider === first));
}

const own: KnownConnector = {
  file: "/home/ana/micrm.toml",
  title: "Mi CRM",
  settings: [{ name: "team", label: "Team", about: "The team's number.", default: null, required: true, kind: "number" }],
};

const check = (numbers: string[], more: Partial<AccountCheck> = {}): AccountCheck => ({
  endpoints: numbers.map((number) => ({ id: `4${number}`, number })),
  username_is_endpoint: true,
  unknown_endpoints: [],
  live_calls: 0,
  unread: 0,
  clock_ahead_s: null,
  fitting_zone: null,
  clock_words: null,
  ...more,
});

/** What a vendor may answer, by name. */
export const checks: Record<string, AccountCheck> = {
  fine: check(["8373456", "8373457", "8373458"], { live_calls: 2, clock_ahead_s: 1 }),
  one: check(["8373456"]),
  /** A vendor that tells nothing but that it lets us in. */
  bare: check([]),
  strange: check(["8373457", "8373458"], {
    username_is_endpoint: false,
    unread: 1,
    clock_ahead_s: 412,
    fitting_zone: "America/Panama",
    clock_words: "Las horas del proveedor difieren 60 min de este reloj; ¿la zona es America/Panama?",
  }),
};

const troubles: Record<string, [ErrorCode, string]> = {
  password: ["not_authorised", "password"],
  address: ["unreachable", "base_url"],
};

const trial = (step: string, read: string[], problem: string | null = null): TestStep => ({
  step,
  request: null,
  status: problem ? 401 : 200,
  took_ms: 84,
  read,
  problem,
});

/** A browser's page, told what to show by its address. */
export function setupHost(query: URLSearchParams): SetupHost {
  wear(query.get("theme"));
  let greeting = bootstrap((query.get("lang") ?? "es") as Language, { set_up: false, identities: [] });
  let state = (query.get("keyring") ?? "works") as KeyringState;
  let listener: SetupListener;
  const said = (what: string) => {
    console.info("host:", what);
    return new Promise<void>((done) => setTimeout(done, 20));
  };
  return {
    start(given) {
      listener = given;
      heedLanguage((language) => given.bootstrap((greeting = { ...greeting, language })));
      return Promise.resolve(greeting);
    },
    offers: () =>
      Promise.resolve({ vendors: vendors(greeting.language, query.get("vendor") ?? "callmyway"), connectors: setupWorld.connectors[greeting.language] }),
    setLanguage(language) {
      greeting = { ...greeting, language };
      listener.bootstrap(greeting);
      return Promise.resolve(greeting);
    },
    async checkAccount({ provider }) {
      await said("check account");
      const check = query.get("check") ?? "fine";
      const wrong = troubles[check];
      if (wrong) {
        throw refusal(greeting.language, ...wrong);
      }
      return provider === "formcall" ? checks.bare! : (checks[check] ?? checks.fine!);
    },
    saveAccount: ({ provider, values }, _, keep) => said(`save account ${provider} ${JSON.stringify(values)} ${keep}`),
    keyring(name) {
      const now = state;
      // It was unlocked meanwhile.
      if (query.has("heals")) {
        state = "works";
      }
      return Promise.resolve({ state: now, variable: `TIMBRE_SECRET_${name.toUpperCase()}`, variable_set: false });
    },
    async checkConnector() {
      await said("check connector");
      return query.get("crm") === "refused"
        ? [trial("sign_in.probe", [], "the sign-in was refused (Invalid API key)")]
        : [
            trial("sign_in.probe", ["id: 1", "name: timbre-api"]),
            trial("contacts.pull", ["contacts: 20", "unread: 0", "more: true"]),
            trial("contacts.find", ["contacts: 0", "unread: 0"]),
            trial("records.call.search", ["found: 0"]),
          ];
    },
    saveConnector: (draft, _, keep) => said(`save connector ${draft.file} ${draft.base_url} ${keep}`),
    async pickConnectorFile() {
      await said("pick file");
      return own;
    },
    finish: (autostart) => said(`finish ${autostart ? "with" : "without"} autostart`),
  };
}
