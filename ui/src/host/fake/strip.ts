// A plain browser in place of Timbre: http://localhost:5173/strip.html . It is told by the address:
// fake=ready|ringing|dialling|in_call|two|withheld|not_known_yet|unreachable|do_not_disturb|waiting · lang=es|en|pt · dials=no · theme=light|dark

import type { TrayStatus } from "../../bindings/TrayStatus";
import type { Status } from "../../bindings/Status";
import type { StripHost } from "../host";
import { heedLanguage, wear } from "./theme";
import { bootstrap, greetingOf, statuses } from "./world";

const named = Object.entries(statuses).map(([name, { tray_status, status }]): [string, [TrayStatus, Status]] => [name, [tray_status, status]]);
const nameless = structuredClone(statuses["withheld"]!);
nameless.status.calls[0]!.party = { kind: "not_known_yet" };

/** How Timbre may be, by name, and the tray status that goes with it. */
export const samples: Record<string, [TrayStatus, Status]> = {
  ...Object.fromEntries(named),
  not_known_yet: [nameless.tray_status, nameless.status],
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
      const [trayStatus, status] = samples[query.get("fake") ?? "ready"] ?? samples.ready!;
      setTimeout(() => listener.status(status, trayStatus));
      heedLanguage((language) => listener.bootstrap(bootstrap(language)));
      return Promise.resolve(greetingOf(query));
    },
    menu: () => said("menu"),
    openDial: () => said("dial window"),
    openMain: () => said("main window"),
  };
}
