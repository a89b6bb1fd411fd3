import { invoke } from "@tauri-apps/api/core";

/** Has the window come up once its page has laid out what it was greeted with: nobody sees an empty one. */
export function comesUp(page: "dial" | "strip" | "main" | "setup"): void {
  setTimeout(() => void invoke(`${page}_shown`));
}
