import type { PopupCommands, PopupEvents } from "../../bindings/commands";
import type { PopupHost } from "../host";
import { ask, hear, keeps } from "./page";

const call = ask<PopupCommands>();

/** How many contacts a search brings. */
const FOUND = 20;

/** Timbre itself, as far as a pop-up may ask it. */
export const popupHost: PopupHost = {
  async start(listener) {
    await hear<PopupEvents>({
      popup_show: (card) => listener.show(card),
      popup_changed: (changed) => listener.changed(changed),
      popup_records: ({ callKey, records }) => listener.records(callKey, records),
      popup_focused: () => listener.focused(),
      popup_clear: () => listener.clear(),
      // As the agent would close it: the page keeps what is typed, or asks.
      popup_close_asked: () => listener.closeAsked(),
      flush: keeps(
        () => listener.leaving?.() ?? Promise.resolve([]),
        (left) => call("popup_left", { left }),
      ),
      bootstrap: (bootstrap) => listener.bootstrap(bootstrap),
    });
    return call("popup_ready", {});
  },
  filled: (callKey, height) => call("popup_filled", { callKey, height }),
  painted: (callKey) => call("popup_painted", { callKey }),
  focus: () => call("popup_focus", {}),
  begun: (callKey) => call("popup_begun", { callKey }),
  close: (callKey) => call("popup_close", { callKey }),
  save: (callKey, edit, caller) => call("popup_save", { callKey, edit, caller }),
  choose: (callKey, contact) => call("popup_choose", { callKey, contact }),
  search: (text) => call("contacts_search", { input: { text, limit: FOUND } }),
  addContact: (callKey, name, company) => call("popup_add_contact", { callKey, name, company }),
  editContact: (callKey, contact, edit) => call("popup_edit_contact", { callKey, contact, edit }),
  dial: (number, contact, despite) => call("popup_dial", { number, contact, despite }),
  openContact: (contact) => call("popup_open_contact", { contact }),
};
