// The first call of the day shall be on the glass as fast as any other. What costs time once (the formats of dates and
// money, the templates of all parts, their styles and their fonts) is paid while the window is hidden and nobody waits.

import { flushSync, mount, unmount } from "svelte";

import type { Call } from "../bindings/Call";
import type { Contact } from "../bindings/Contact";
import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { PopupCard } from "../bindings/PopupCard";
import type { PopupHost } from "../host";
import { Popup } from "./popup.svelte";
import PopupWindow from "./PopupWindow.svelte";

/** Lays out a call of nobody's and takes it away again, in one go: it is never painted, and nothing of it is told. */
export function warmUp(bootstrap: WindowBootstrap, host: PopupHost, now: number): void {
  const popup = new Popup(host);
  popup.greet(bootstrap);
  const window = mount(PopupWindow, { target: document.body, props: { popup } });
  for (const card of cards(bootstrap, now)) {
    flushSync(() => popup.show(card, now));
    // Asking for a size lays it out.
    document.querySelector("main:last-of-type")?.getBoundingClientRect();
    flushSync(() => popup.clear());
  }
  void unmount(window);
}

function cards(bootstrap: WindowBootstrap, now: number): PopupCard[] {
  const at = new Date(now).toISOString();
  const call: Call = {
    key: "warm-up:none:0",
    endpoint: "0",
    direction: "in",
    party: { kind: "number", number: { raw: "0", e164: null } },
    state: "ringing",
    detected_at: at,
    connected_at: null,
    ended_at: null,
    dial: null,
    legs: [],
    transferred: false,
  };
  const contact: Contact = {
    id: "",
    name: "0",
    company: "0",
    phones: [],
    emails: [],
    owner: null,
    do_not_call: true,
    fields: {},
    typed: [],
    origin: null,
    last_used_at: null,
  };
  const money = { amount: "0.5", currency: bootstrap.currency ?? "USD" };
  const contact_summary = {
    fields: [{ name: "0", value: "0" }],
    phones: [{ written: "0", dial: "1", kind: "other" as const }],
    // A day of long ago, of today and of another week: each is written its own way.
    recent: [0, 10, 500].map((days) => ({
      at: new Date(now - days * 86_400_000).toISOString(),
      call: { ...call, state: "ended" as const },
      duration_s: 1,
      interaction: null,
      returned_at: null,
    })),
    charged: [money],
    follow_ups: [
      { at, whom: null, what: "0" },
      { at: new Date(now + 5 * 86_400_000).toISOString(), whom: null, what: "0" },
    ],
  };
  const card = { call, number_written: "0", line: "0", contact_summary: null, interaction: null, records: [], returned_at: null, answered_at: at };
  return [
    { ...card, contact_summary, match: "one", kind: "exact", contact },
    { ...card, match: "several", kind: "exact", contacts: [contact] },
    { ...card, match: "unknown" },
  ];
}
