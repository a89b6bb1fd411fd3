import type { DialHost, MainHost, PopupHost, StripHost } from "./host";
import type { SetupHost } from "./setup";

export type { PopupHost, PopupListener } from "./host";

/** Whether this page stands in a plain browser: for work on the looks and for tests, never in what is shipped. */
const FAKE = (import.meta.env.DEV || import.meta.env.MODE === "fake") && !("__TAURI_INTERNALS__" in window);

/** What the address says the made-up program shall show. */
const asked = () => new URLSearchParams(location.search);

/** The program around a pop-up's page. */
export async function popupHost(): Promise<PopupHost> {
  return FAKE ? (await import("./fake/popup")).popupHost(asked()) : (await import("./tauri/popup")).popupHost;
}

/** The program around the dial window. */
export async function dialHost(): Promise<DialHost> {
  return FAKE ? (await import("./fake/dial")).dialHost(asked()) : (await import("./tauri/dial")).dialHost;
}

/** The program around the strip. */
export async function stripHost(): Promise<StripHost> {
  return FAKE ? (await import("./fake/strip")).stripHost(asked()) : (await import("./tauri/strip")).stripHost;
}

/** The program around the first run. */
export async function setupHost(): Promise<SetupHost> {
  return FAKE ? (await import("./fake/setup")).setupHost(asked()) : (await import("./tauri/setup")).setupHost;
}

/** The program around the main window. */
export async function mainHost(): Promise<MainHost> {
  return FAKE ? (await import("./fake/main")).mainHost(asked()) : (await import("./tauri/main")).mainHost;
}
