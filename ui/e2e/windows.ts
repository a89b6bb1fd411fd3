// Every window in each of its states, as its address brings it up with the made-up host.

/** A state of a window. */
export interface State {
  /** What it is called in reports. */
  name: string;
  /** What the page is told by its address. */
  query: string;
  /** Keys pressed, or `text:…` typed, or `click:SELECTOR` clicked, once it is there. */
  then?: string[];
  /** Whether the gallery shows it. */
  gallery?: boolean;
}

/** A window. */
export interface Window {
  page: string;
  width: number;
  height: number;
  /** What is on it once it can be looked at. */
  ready: string;
  states: State[];
}

const SECTIONS = ["language", "popups", "quiet", "notices", "keys", "calling", "connections", "about"];

export const WINDOWS: Window[] = [
  {
    page: "main",
    width: 1100,
    height: 700,
    ready: "footer .item, .banner",
    states: [
      { name: "today", query: "fake=day&open=0", gallery: true },
      { name: "missed", query: "fake=day&open=2" },
      { name: "nobody", query: "fake=day&open=8", then: ["click:.doors button >> nth=0"] },
      { name: "attach", query: "fake=day&open=8", then: ["click:.doors button >> nth=1", "text:karla"] },
      { name: "filtered to nothing", query: "fake=day", then: ["click:.field", "text:xyz"] },
      { name: "empty", query: "fake=empty" },
      { name: "unreachable", query: "fake=unreachable&open=1" },
      { name: "trouble", query: "fake=trouble" },
      { name: "pending", query: "fake=day&page=pending" },
      { name: "nothing pending", query: "fake=empty&page=pending" },
      { name: "outbox", query: "fake=stopped&page=outbox", then: ["click:[role=option]"], gallery: true },
      { name: "outbox, duplicate, discarding", query: "fake=day&page=outbox", then: ["click:[role=option] >> nth=1", "click:.deeds button >> nth=-1"] },
      { name: "outbox without a CRM", query: "fake=nocrm&page=outbox" },
      { name: "palette", query: "fake=day&open=1", then: ["Control+k", "text:ma"], gallery: true },
      { name: "palette, number", query: "fake=day", then: ["Control+k", "text:8888 4787"] },
      ...SECTIONS.map((section, place) => ({
        name: `settings, ${section}`,
        query: "fake=day&page=settings",
        then: [`click:nav[aria-label] h1 ~ button >> nth=${place}`],
        gallery: section === "popups",
      })),
      { name: "settings, keys, recording", query: "fake=day&page=settings", then: ["click:nav[aria-label] h1 ~ button >> nth=4", "click:.record >> nth=0"] },
      { name: "settings, keys taken by another program", query: "fake=day&page=settings", then: ["click:nav[aria-label] h1 ~ button >> nth=4", "click:.record >> nth=0", "Control+c"] },
    ],
  },
];
