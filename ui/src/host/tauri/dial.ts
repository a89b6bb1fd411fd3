import type { DialCommands, DialEvents } from "../../bindings/commands";
import type { DialHost } from "../host";
import { ask, comesUp, hear } from "./page";

const call = ask<DialCommands>();

/** How many contacts a search brings. */
const FOUND = 20;

/** Timbre itself, as far as the dial window may ask it. */
export const dialHost: DialHost = {
  async start(listener) {
    await hear<DialEvents>({
      dial_wish: (wish) => listener.wish(wish),
      dial_progress: (progress) => listener.progress(progress),
      status_changed: (status) => listener.status(status),
      bootstrap: (bootstrap) => listener.bootstrap(bootstrap),
    });
    const bootstrap = await call("dial_ready", {});
    comesUp(call);
    return bootstrap;
  },
  search: (text) => call("contacts_find", { input: { text, limit: FOUND } }),
  recent: (limit) => call("call_rows", { input: { from: null, to: null, pending: false, limit } }),
  readNumber: (text) => call("read_number", { input: { text } }),
  chooseIdentity: (label) => call("dial_choose_identity", { label }),
  dial: (number, from, contact, despite) => call("dial_dial", { number, from, contact, despite }),
  height: (height) => call("dial_height", { height }),
  close: () => call("dial_close", {}),
};
