import { invoke } from "@tauri-apps/api/core";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";

/** Commands by name, with what they take and give, as `bindings/commands` declares them for each window. */
type Commands<C> = { [K in keyof C]: { input: object; output: unknown } };

/** Asks for one of the commands that this page's window has a right to. */
export function ask<C extends Commands<C>>() {
  return <K extends keyof C & string>(command: K, input: C[K]["input"]): Promise<C[K]["output"]> =>
    invoke(command, input as Record<string, unknown>);
}

/** Hears what this page's window is told; each handler gets its event's payload. */
export async function hear<E extends object>(handlers: { [K in keyof E]: (payload: E[K]) => void }): Promise<void> {
  const window = getCurrentWebviewWindow();
  const names = Object.keys(handlers) as (keyof E & string)[];
  await Promise.all(names.map((name) => window.listen<E[typeof name]>(name, ({ payload }) => handlers[name](payload))));
}

/** The command by which a page says that it has laid out what it was greeted with. */
type AskShown = (command: "page_shown", input: Record<string, never>) => Promise<void>;

/** Has the window come up once its page has laid out what it was greeted with: nobody sees an empty one. */
export function comesUp(call: AskShown): void {
  setTimeout(() => void call("page_shown", {}));
}

/** Has a page keep what it can when its window or the program goes; what can't be kept is handed on as it was typed. */
export function keeps(work: () => Promise<string[]>, hand: (left: string[]) => Promise<void>): () => void {
  return () =>
    void work()
      .catch((thrown: unknown) => [String(thrown)])
      .then(hand);
}
