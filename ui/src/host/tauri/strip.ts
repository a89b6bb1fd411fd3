import type { StripCommands, StripEvents } from "../../bindings/commands";
import type { StripHost } from "../host";
import { ask, comesUp, hear } from "./page";

const call = ask<StripCommands>();

/** Timbre itself, as far as the strip may ask it. */
export const stripHost: StripHost = {
  async start(listener) {
    await hear<StripEvents>({
      strip_status: ({ status, tray_status }) => listener.status(status, tray_status),
      bootstrap: (bootstrap) => listener.bootstrap(bootstrap),
    });
    const bootstrap = await call("strip_ready", {});
    comesUp(call);
    return bootstrap;
  },
  menu: () => call("strip_menu", {}),
  openDial: () => call("strip_open_dial", {}),
  openMain: () => call("strip_open_main", {}),
};
