/** The keys of a hotkey, as they are written on this system's keyboards. */
export function keysOf(hotkey: string, platform: string): string[] {
  const mac = platform === "macos";
  const named: Record<string, string> = {
    CommandOrControl: mac ? "⌘" : "Ctrl",
    Control: mac ? "⌃" : "Ctrl",
    Command: mac ? "⌘" : "Super",
    Shift: mac ? "⇧" : "Shift",
    Alt: mac ? "⌥" : "Alt",
  };
  return hotkey === "" ? [] : hotkey.split("+").map((key) => named[key] ?? key);
}
