import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

import type { DialProgress } from "../../bindings/DialProgress";
import type { Hello } from "../../bindings/Hello";
import type { Status } from "../../bindings/Status";
import type { Goal, MainHost, Retried } from "../host";
import { connectionsHost } from "./setup";
import { comesUp } from "./shown";

/** Timbre itself, around its main window. */
export const mainHost: MainHost = {
  connections: connectionsHost,
  async start(listener) {
    const window = getCurrentWebviewWindow();
    await Promise.all([
      window.listen<Goal>("main-go-to", (event) => listener.goTo(event.payload)),
      window.listen<Status>("main-status", (event) => listener.status(event.payload)),
      window.listen<"calls" | "results" | "outbox" | "contacts">("main-changed", (event) => listener.changed(event.payload)),
      window.listen<DialProgress>("main-progress", (event) => listener.progress(event.payload)),
      window.listen("main-flush", () => globalThis.dispatchEvent(new Event("pagehide"))),
      window.listen<Hello>("main-hello", (event) => listener.hello(event.payload)),
    ]);
    const hello = await invoke<Hello>("main_ready");
    comesUp("main");
    return hello;
  },
  status: () => invoke("main_status"),
  calls: (query) => invoke("main_calls", { query }),
  card: (callKey) => invoke("main_card", { callKey }),
  contactSummary: (contact, entries) => invoke("main_contact_summary", { contact, entries }),
  save: (callKey, edit, caller) => invoke("main_save", { callKey, edit, caller }),
  choose: (callKey, contact) => invoke("main_choose", { callKey, contact }),
  addContact: (callKey, name, company) => invoke("main_add_contact", { callKey, name, company }),
  editContact: (contact, edit) => invoke("main_edit_contact", { contact, edit }),
  search: (text) => invoke("main_search", { text }),
  outbox: (all) => invoke("main_outbox", { all }),
  retry: (id, { despiteDuplicate = false, unsearched = false }) =>
    invoke<Retried | null>("main_retry", { id, despiteDuplicate, unsearched, wait: true }).then(
      (retried) => retried ?? { outcome: "underway", until: null, what: "", what_to_do: "" },
    ),
  discard: (id) => invoke("main_discard", { id }),
  resume: (connector) => invoke("main_resume", { connector }),
  openRecord: (id) => invoke("main_open_record", { id }),
  openDial: (number, contact) => invoke("main_open_dial", { number, contact }),
  setPreferences: (preferences) => invoke("main_set_preferences", { preferences }),
  screens: () => invoke("main_screens"),
  tryPopup: () => invoke("main_try_popup"),
  places: () => invoke("main_places"),
  openPlace: (which) => invoke("main_open_place", { which }),
};
