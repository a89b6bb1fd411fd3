import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

import type { Call } from "../../bindings/Call";
import type { CallKey } from "../../bindings/CallKey";
import type { Hello } from "../../bindings/Hello";
import type { PopupCard } from "../../bindings/PopupCard";
import type { RecordState } from "../../bindings/RecordState";
import type { PopupHost } from "../host";

/** Timbre itself, as far as a pop-up may ask it. */
export const popupHost: PopupHost = {
  async start(listener) {
    const window = getCurrentWebviewWindow();
    await Promise.all([
      window.listen<PopupCard>("popup-show", ({ payload }) => listener.show(payload)),
      window.listen<Call>("popup-changed", ({ payload }) => listener.changed(payload)),
      window.listen<{ callKey: CallKey; records: RecordState[] }>("popup-records", ({ payload }) =>
        listener.records(payload.callKey, payload.records),
      ),
      window.listen("popup-focused", () => listener.focused()),
      window.listen("popup-clear", () => listener.clear()),
      // As the agent would close it, and as they would go elsewhere: the page keeps what is typed, or asks.
      window.listen("popup-close-asked", () => listener.closeAsked()),
      window.listen("popup-flush", () => globalThis.dispatchEvent(new Event("blur"))),
      window.listen<Hello>("popup-hello", ({ payload }) => listener.hello(payload)),
    ]);
    return invoke<Hello>("popup_ready");
  },
  filled: (callKey, height) => invoke("popup_filled", { callKey, height }),
  painted: (callKey) => invoke("popup_painted", { callKey }),
  focus: () => invoke("popup_focus"),
  begun: (callKey) => invoke("popup_begun", { callKey }),
  close: (callKey) => invoke("popup_close", { callKey }),
  save: (callKey, edit, caller) => invoke("popup_save", { callKey, edit, caller }),
  choose: (callKey, contact) => invoke("popup_choose", { callKey, contact }),
  search: (text) => invoke("popup_search", { text }),
  addContact: (callKey, name, company) => invoke("popup_add_contact", { callKey, name, company }),
  editContact: (callKey, contact, edit) => invoke("popup_edit_contact", { callKey, contact, edit }),
  dial: (number, contact, despiteDoNotCall) => invoke("popup_dial", { number, contact, despiteDoNotCall }),
  openContact: (contact) => invoke("popup_open_contact", { contact }),
};
