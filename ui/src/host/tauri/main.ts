import type { MainCommands, MainEvents } from "../../bindings/commands";
import type { MainHost } from "../host";
import { ask, comesUp, hear, keeps } from "./page";
import { connectionsHost } from "./setup";

const call = ask<MainCommands>();

/** How many contacts a search brings. */
const FOUND = 20;

/** Timbre itself, around its main window. */
export const mainHost: MainHost = {
  connections: connectionsHost,
  async start(listener) {
    await hear<MainEvents>({
      main_go_to: (goal) => listener.goTo(goal),
      status_changed: (status) => listener.status(status),
      main_changed: (what) => listener.changed(what),
      dial_progress: (progress) => listener.progress(progress),
      flush: keeps(
        () => listener.leaving?.() ?? Promise.resolve([]),
        (left) => call("main_left", { left }),
      ),
      bootstrap: (bootstrap) => listener.bootstrap(bootstrap),
    });
    const bootstrap = await call("main_ready", {});
    comesUp(call);
    return bootstrap;
  },
  status: () => call("status_show", { input: null }),
  calls: (query) => call("call_rows", { input: query }),
  card: (callKey) => call("call_card", { input: { call: callKey } }),
  contactSummary: (contact, entries) => call("contacts_known", { input: { contact, entries } }),
  save: (callKey, edit, caller) => call("main_save", { callKey, edit, caller }),
  choose: (callKey, contact) => call("call_attach", { input: { call: callKey, contact } }),
  addContact: (callKey, name, company) => call("main_add_contact", { callKey, name, company }),
  editContact: (contact, edit) => call("main_edit_contact", { contact, edit }),
  search: (text) => call("contacts_search", { input: { text, limit: FOUND } }),
  outbox: (all) => call("main_outbox", { all }),
  retry: (id, { despiteDuplicate = false, unsearched = false }) =>
    call("outbox_retry", { input: { id, despite_duplicate: despiteDuplicate, unsearched, wait: true } }),
  discard: (id) => call("main_discard", { id }),
  resume: (connector) => call("connector_resume", { input: { name: connector } }).then(() => undefined),
  openRecord: (id) => call("main_open_record", { id }),
  openDial: (number, contact) => call("main_open_dial", { number, contact }),
  setPreferences: (preferences) => call("main_set_preferences", { preferences }),
  screens: () => call("main_screens", {}),
  tryPopup: () => call("main_try_popup", {}),
  places: () => call("main_places", {}),
  openPlace: (which) => call("main_open_place", { which }),
};
