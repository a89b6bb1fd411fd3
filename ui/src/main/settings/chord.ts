// Keys as they are pressed, as they are kept (`CommandOrControl+Shift+D`) and as they are shown.

/** What of a key event tells which keys are down. */
export interface Pressed {
  code: string;
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
  metaKey: boolean;
}

/** Names of keys by their place on the keyboard, where they are called otherwise than there. */
const NAMES: Record<string, string> = {
  ArrowUp: "Up",
  ArrowDown: "Down",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  Minus: "-",
  Equal: "=",
  Comma: ",",
  Period: ".",
  Slash: "/",
};

/** Keys that may be part of a chord, besides letters and digits. */
const OTHERS = /^(F([1-9]|1\d|2[0-4])|Space|Enter|Tab|Home|End|PageUp|PageDown|Insert|Delete|Numpad\d)$/;

/** Keys that are only held down beside others, as key events name them. */
export const MODIFIERS: ReadonlySet<string> = new Set(["Control", "Shift", "Alt", "AltGraph", "Meta", "Super", "Hyper", "CapsLock", "NumLock", "Fn"]);

/** The key of a chord; null for one that can't be its last. */
function last({ code }: Pressed): string | null {
  const letter = /^(?:Key|Digit)([A-Z0-9])$/.exec(code)?.[1];
  return letter ?? NAMES[code] ?? (OTHERS.test(code) ? code : null);
}

/** What was pressed, as it is kept; null while only modifiers are down, or where a key alone would be taken from everybody. */
export function chordOf(pressed: Pressed, platform: string): string | null {
  const key = last(pressed);
  const mac = platform === "macos";
  const main = mac ? pressed.metaKey : pressed.ctrlKey;
  const modifiers = [
    ...(main ? ["CommandOrControl"] : []),
    ...(mac && pressed.ctrlKey ? ["Control"] : []),
    ...(!mac && pressed.metaKey ? ["Super"] : []),
    ...(pressed.altKey ? ["Alt"] : []),
    ...(pressed.shiftKey ? ["Shift"] : []),
  ];
  if (key === null) {
    return null;
  }
  const alone = modifiers.length === 0 || (modifiers.length === 1 && modifiers[0] === "Shift");
  return alone && !/^F\d+$/.test(key) ? null : [...modifiers, key].join("+");
}

/** The caps to draw for a chord that is kept, such as `Ctrl`, `Shift`, `D`. */
export function caps(chord: string, platform: string): string[] {
  const mac = platform === "macos";
  const names: Record<string, string> = mac
    ? { CommandOrControl: "⌘", Control: "⌃", Alt: "⌥", Shift: "⇧", Super: "⌘" }
    : { CommandOrControl: "Ctrl", Super: platform === "windows" ? "Win" : "Super" };
  return chord === "" ? [] : chord.split("+").map((part) => names[part] ?? part);
}
