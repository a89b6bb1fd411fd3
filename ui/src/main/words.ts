// How Timbre is, in words: accounts with vendors, CRMs, its own parts.

import type { AccountStatus } from "../bindings/AccountStatus";
import type { ComponentStatus } from "../bindings/ComponentStatus";
import type { ConnectorStatus } from "../bindings/ConnectorStatus";
import type { ErrorCode } from "../bindings/ErrorCode";
import { clock } from "../kit/format";
import { plain } from "../kit/plain";
import { isText, type TextKey } from "../texts";
import type { Shell } from "./shell.svelte";

type Say = Shell["say"];

/** What happened with a CRM, by its code: in the CRM's own words where the catalogue has some. */
export function crmError(say: Say, code: ErrorCode, part: "what" | "do"): string {
  const own = `error.crm.${code}.${part}`;
  return say(isText(own) ? own : (`error.${code}.${part}` satisfies TextKey));
}

/** An account: its name and whether the vendor answers. */
export function accountWords(say: Say, { account, reach }: AccountStatus): string {
  return say(`main.account.${reach}`, { account: plain(account) });
}

/** A CRM: what waits, until when, and whether it was stopped. */
export function connectorWords(say: Say, { connector, reach, until, waiting, parked }: ConnectorStatus): string {
  const name = plain(connector);
  if (reach === "stopped") {
    return say("main.crm.stopped", { crm: name });
  }
  const parts = [
    ...(reach === "failing" ? [say("main.crm.failing")] : []),
    ...(waiting > 0 ? [say("main.crm.waiting", { count: waiting })] : []),
    ...(parked > 0 ? [say("main.crm.parked", { count: parked })] : []),
    ...(until ? [say("main.crm.until", { time: clock(until) })] : []),
  ];
  return say("main.crm", { crm: name, state: parts.length > 0 ? parts.join(" · ") : say("main.crm.ready") });
}

/** How long it is told that a part works again, milliseconds: as long as it takes to be trusted again. */
const TOLD_FOR = 5 * 60_000;

/** A part of Timbre that ended badly: that it does not work yet, or for a while that it works again; null where it is no news. */
export function componentWords(say: Say, { component, failed_at, runs }: ComponentStatus, now: number): string | null {
  // One of several says in parentheses for which account or CRM it works.
  const [work = "", of] = component.split(" (", 2);
  const known = `component.name.${work.replaceAll(/[ -]/g, "_")}`;
  const name = { component: (isText(known) ? say(known) : plain(work)) + (of === undefined ? "" : plain(` (${of}`)) };
  if (!runs) {
    return say("component.failed", name);
  }
  return now - Date.parse(failed_at) < TOLD_FOR ? say("component.runs", name) : null;
}
