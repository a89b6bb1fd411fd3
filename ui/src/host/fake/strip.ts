// A plain browser in place of Timbre: http://localhost:5173/strip.html . It is told by the address:
// fake=ready|ringing|dialling|in_call|two|withheld|not_known_yet|unreachable|do_not_disturb|waiting · lang=es|en|pt · theme=light|dark

import type { Language } from "../../bindings/Language";
import type { Light } from "../../bindings/Light";
import type { LiveCall } from "../../bindings/LiveCall";
import type { Status } from "../../bindings/Status";
import type { StripHost } from "../host";
import { ago, call, hello, HOUR } from "./people";
import { heedLanguage, wear } from "./theme";

const live = (more: Partial<LiveCall>): LiveCall => ({
  call_key: call.key,
  direction: "in",
  state: "ringing",
  party: call.party,
  number_written: "8888 4787",
  since: ago(7),
  ...more,
});

const quiet: Status = { calls: [], accounts: [], connectors: [], pending: 0, do_not_disturb: null, database: { damaged: false, repaired: false, backup_failed: null }, components: [] };
const talking = live({ state: "connected", since: ago(247) });

/** How Timbre may be, by name, and the light that goes with it. */
export const samples: Record<string, [Light, Status]> = {
  ready: ["ready", quiet],
  ringing: ["ringing", { ...quiet, calls: [live({})] }],
  dialling: ["ringing", { ...quiet, calls: [live({ direction: "out" })] }],
  in_call: ["in_call", { ...quiet, calls: [talking] }],
  two: ["in_call", { ...quiet, calls: [live({ number_written: "+55 11 91234-5678" }), talking] }],
  withheld: ["ringing", { ...quiet, calls: [live({ party: { kind: "withheld" }, number_written: "" })] }],
  not_known_yet: ["ringing", { ...quiet, calls: [live({ party: { kind: "not_known_yet" }, number_written: "" })] }],
  unreachable: ["unreachable", quiet],
  do_not_disturb: ["do_not_disturb", { ...quiet, do_not_disturb: { until: ago(-HOUR) } }],
  waiting: ["waiting", quiet],
};

/** A browser's page, told what to show by its address. */
export function stripHost(query: URLSearchParams): StripHost {
  wear(query.get("theme"));
  const said = (what: string) => {
    console.info("host:", what);
    return Promise.resolve();
  };
  return {
    start(listener) {
      const [light, status] = samples[query.get("fake") ?? "ready"] ?? samples.ready!;
      setTimeout(() => listener.status(status, light));
      heedLanguage((language) => listener.hello(hello(language)));
      return Promise.resolve(hello((query.get("lang") ?? "es") as Language));
    },
    menu: () => said("menu"),
    openDial: () => said("dial window"),
    openMain: () => said("main window"),
  };
}
