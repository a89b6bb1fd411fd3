import type { Language } from "../../bindings/Language";

/** Makes the page look as in a light or a dark system, whatever this one is: `?theme=dark`. */
export function wear(theme: string | null): void {
  if (theme !== "light" && theme !== "dark") {
    return;
  }
  const matches = (rule: CSSMediaRule) => rule.conditionText.includes(`prefers-color-scheme: ${theme}`);
  const dress = () => {
    document.documentElement.style.colorScheme = theme;
    for (const sheet of document.styleSheets) {
      for (const rule of sheet.cssRules) {
        if (rule instanceof CSSMediaRule && rule.conditionText.includes("prefers-color-scheme")) {
          rule.media.mediaText = matches(rule) ? "all" : "not all";
        }
      }
    }
  };
  dress();
  window.addEventListener("load", dress);
}

/** Another language while the page is shown, as a test asks for it: `dispatchEvent(new CustomEvent("language", { detail: "pt" }))`. */
export function heedLanguage(tell: (language: Language) => void): void {
  window.addEventListener("language", (event) => tell((event as CustomEvent<Language>).detail));
}
