/** The sections of the settings, in their order. */
export const SECTIONS = ["language", "popups", "quiet", "notices", "keys", "calling", "connections", "about"] as const;

export type Section = (typeof SECTIONS)[number];
