import type { PopupHost } from "./host";

export type { PopupHost, PopupListener } from "./host";

/** The program around this page. */
export async function popupHost(): Promise<PopupHost> {
  if (import.meta.env.DEV && !("__TAURI_INTERNALS__" in window)) {
    return (await import("./fake")).fakeHost(new URLSearchParams(location.search));
  }
  return (await import("./tauri")).tauriHost;
}
