// What vendors, exchanges and CRMs write about a caller is written by strangers. It is shown as text, never as markup,
// and without the characters that make a text look like another one.

/** Line ends, tabs and the like: a gap between words. */
const BREAKS = /[\t-\r\u0085\u2028\u2029]+/g;

/**
 * Characters with no look of their own: controls, half surrogates, private use, and formatting such as the bidirectional
 * overrides that show "moc.knab" as "bank.com". Kept: the joiners and number signs that Persian, Indic and Arabic
 * writing need.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Co}]|(?![\u200c\u200d\u0600-\u0605\u06dd\u070f])\p{Cf}/gu;

/** More accents on one letter than any language has: they would paint over the lines around. */
const PILED = /(\p{M}{4})\p{M}+/gu;

/** A stranger's text, fit to be shown on one line among our own. */
export function plain(text: string): string {
  return text.replace(BREAKS, " ").replace(UNSEEN, "").replace(PILED, "$1").replace(/ {2,}/g, " ").trim();
}
