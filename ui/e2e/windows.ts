// Every window in each of its states, as its address brings it up with the made-up host.

/** A state of a window. */
export interface State {
  /** What it is called in reports. */
  name: string;
  /** What the page is told by its address. */
  query: string;
  /** Keys pressed, or `text:…` typed, `click:SELECTOR` clicked or `wait:SELECTOR` waited for, once it is there. */
  then?: string[];
  /** Whether the gallery shows it. */
  gallery?: boolean;
  /** What matters more stands before what is to be seen at once, and may push it out of the window. */
  warns?: boolean;
}

/** A window. */
export interface Window {
  page: string;
  width: number;
  height: number;
  /** What is on it once it can be looked at. */
  ready: string;
  /** What the window is as high as, where that follows its content. */
  fits?: string;
  /** Whether the window manager draws a frame around it. */
  framed?: boolean;
  /** What is seen of it at once, however large text is: the first of them, whole. */
  first?: string;
  states: State[];
}

const SECTIONS = ["language", "popups", "quiet", "notices", "keys", "calling", "connections", "about"];

/** From the first run's first page through its second. */
const SIGN_IN = ["Enter", "click:main input[type=text]", "text:8373456", "click:main input[type=password]", "text:secreto", "Enter"];

/** The same with a vendor that asks for a token and a table, and lists no endpoints. */
const SIGN_IN_FORMCALL = ["Enter", "click:main input[type=password]", "text:token", "click:main fieldset input >> nth=0", "text:Marta", "Tab", "text:6f1c2a90-4b1d-4c0e-9d3a-2f7c51e0a9b4", "Enter"];

/** The first run with a keyring that works, up to its page about the CRM. */
const CRM = [...SIGN_IN, "wait:main fieldset input[type=checkbox]", "Enter", "wait:main input[type=radio]"];
const FILL_CRM = ["click:main input[type=radio] >> nth=1", "click:main input[inputmode=url]", "text:https://crm.example.com/", "click:main input[type=password]", "text:clave", "Enter"];

/** Accounts and CRMs in the settings. */
const TO_CONNECTIONS = "click:nav[aria-label] h1 ~ button >> nth=6";
const DEED = (list: string, nth: number) => `click:[aria-labelledby=${list}] .deeds button >> nth=${nth}`;
const ADD = (list: string) => `click:[aria-labelledby=${list}] > .button`;
const CONNECTIONS: State[] = [
  { name: "an account checked", query: "", then: [DEED("accounts", 0), "wait:.fine"] },
  { name: "an account without endpoints checked", query: "&vendor=formcall", then: [DEED("accounts", 0), "wait:.fine"] },
  { name: "an account without endpoints changed", query: "&vendor=formcall", then: [DEED("accounts", 1), "click:button.main", "wait:.fine"] },
  { name: "an account that fails", query: "&check=password", then: [DEED("accounts", 0), "wait:.trouble"] },
  { name: "an account changed", query: "", then: [DEED("accounts", 1), "click:button.main", "wait:fieldset"] },
  { name: "an account added", query: "", then: [ADD("accounts"), "click:button.main", "wait:.wrong"] },
  { name: "a password without a keyring", query: "&keyring=missing", then: [DEED("accounts", 1), "click:input[type=password]", "text:nueva", "Enter", "wait:fieldset", "click:button.main", "wait:.trouble"] },
  { name: "a CRM checked", query: "&crm=refused", then: [DEED("crms", 0), "wait:ol .failed"] },
  { name: "a CRM added", query: "", then: [ADD("crms")] },
  { name: "an identity added", query: "", then: [ADD("identities")] },
  { name: "removing a CRM", query: "", then: [DEED("crms", 2), "wait:.asking"] },
  { name: "settings that can't be written", query: "&fake=readonly", then: [DEED("identities", 0), "click:button.main", "wait:.trouble"] },
].map(({ name, query, then }) => ({ name: `connections, ${name}`, query: `page=settings${query}`, then: [TO_CONNECTIONS, "wait:[aria-labelledby=accounts] li strong", ...then] }));

export const WINDOWS: Window[] = [
  {
    page: "main",
    width: 1080,
    height: 720,
    ready: "footer .item, .banner",
    framed: true,
    first: "[role=option]",
    states: [
      { name: "today", query: "fake=day&open=0", gallery: true },
      { name: "welcome", query: "fake=day&welcome=tray" },
      { name: "welcome where there is no tray", query: "fake=day&welcome=strip" },
      { name: "missed", query: "fake=day&open=2" },
      { name: "nobody", query: "fake=day&open=8", then: ["click:.identify button >> nth=0"] },
      { name: "attach", query: "fake=day&open=8", then: ["click:.identify button >> nth=1", "text:karla"] },
      { name: "filtered to nothing", query: "fake=day", then: ["click:.field", "text:xyz"] },
      { name: "ringing, not known yet who", query: "fake=day&who=notyet&open=0", then: ["wait:.waits"] },
      { name: "a part of Timbre that failed", query: "fake=day&part=failed" },
      { name: "a part of Timbre that works again", query: "fake=day&part=runs" },
      { name: "empty", query: "fake=empty" },
      { name: "unreachable", query: "fake=unreachable&open=1" },
      { name: "trouble", query: "fake=trouble" },
      { name: "pending", query: "fake=day&page=pending" },
      { name: "nothing pending", query: "fake=empty&page=pending" },
      { name: "outbox", query: "fake=stopped&page=outbox", then: ["click:[role=option]"], gallery: true, warns: true },
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
      ...CONNECTIONS,
      { name: "settings, keys, recording", query: "fake=day&page=settings", then: ["click:nav[aria-label] h1 ~ button >> nth=4", "click:.record >> nth=0"] },
      { name: "settings, keys taken by another program", query: "fake=day&page=settings", then: ["click:nav[aria-label] h1 ~ button >> nth=4", "click:.record >> nth=0", "Control+c"] },
    ],
  },
  {
    page: "popup",
    width: 400,
    height: 640,
    ready: "main h1",
    fits: "main",
    first: "main > header",
    states: [
      { name: "one", query: "fake=one", gallery: true },
      { name: "in conversation", query: "fake=one&state=connected" },
      { name: "first call", query: "fake=first&state=connected" },
      { name: "several", query: "fake=several", gallery: true },
      { name: "many", query: "fake=many" },
      { name: "maybe", query: "fake=maybe&state=connected" },
      { name: "another form of the number, do not call", query: "fake=otherform" },
      { name: "dialled", query: "fake=dialled" },
      { name: "colleague", query: "fake=colleague" },
      { name: "company", query: "fake=company" },
      { name: "nobody", query: "fake=unknown" },
      { name: "withheld", query: "fake=withheld" },
      { name: "not known yet", query: "fake=not_known_yet" },
      { name: "not known yet, over", query: "fake=not_known_yet&state=ended" },
      { name: "missed", query: "fake=unknown&state=missed" },
      { name: "draft", query: "fake=draft&state=ended", gallery: true },
      { name: "final", query: "fake=final&state=ended" },
      { name: "many dispositions", query: "fake=one&state=connected&dispositions=many" },
      { name: "something missing", query: "fake=first&state=ended", then: ["2", "Control+Enter"] },
      { name: "hostile", query: "fake=hostile" },
    ],
  },
  {
    page: "dial",
    width: 560,
    height: 520,
    ready: "main input, main button",
    fits: "main",
    states: [
      { name: "bare", query: "fake=bare", gallery: true },
      { name: "a number typed", query: "fake=typed" },
      { name: "letters typed", query: "fake=several" },
      { name: "nobody found", query: "fake=nothing" },
      { name: "nothing of late", query: "fake=empty" },
      { name: "hostile", query: "fake=hostile" },
      { name: "a link asks", query: "fake=link", gallery: true },
      { name: "a link refused", query: "fake=linkrefused" },
      { name: "a link with an extension", query: "fake=linkextension" },
      { name: "clipboard", query: "fake=clipboard" },
      { name: "selection without a number", query: "fake=selection" },
      { name: "call back", query: "fake=callback" },
      { name: "despite do not call", query: "fake=despite" },
      { name: "connected", query: "fake=command&outcome=connected" },
      { name: "placed later", query: "fake=command&outcome=pending", then: ["wait:.later"] },
      { name: "failed", query: "fake=command&outcome=failed" },
      { name: "failed for a reason of the vendor's own", query: "fake=command&outcome=vendor", then: ["wait:.trouble"] },
      { name: "no call appeared", query: "fake=command&outcome=nocall" },
    ],
  },
  {
    page: "strip",
    width: 320,
    height: 44,
    ready: "button",
    states: [
      { name: "ready", query: "fake=ready", gallery: true },
      { name: "ringing", query: "fake=ringing" },
      { name: "in a call", query: "fake=in_call", gallery: true },
      { name: "two calls", query: "fake=two" },
      { name: "withheld", query: "fake=withheld" },
      { name: "unreachable", query: "fake=unreachable" },
      { name: "do not disturb", query: "fake=do_not_disturb" },
      { name: "waiting", query: "fake=waiting" },
    ],
  },
  {
    page: "setup",
    width: 640,
    height: 560,
    ready: "button.main",
    framed: true,
    first: "button.main",
    states: [
      { name: "language", query: "", gallery: true },
      { name: "account", query: "", then: ["Enter", "wait:main input[type=password]"] },
      { name: "account, advanced options", query: "", then: ["Enter", "click:summary"] },
      { name: "account of another vendor", query: "vendor=formcall", then: ["Enter", "click:summary"] },
      { name: "account of another vendor, checked", query: "vendor=formcall", then: [...SIGN_IN_FORMCALL, "wait:.fine"] },
      { name: "half a row of a table", query: "vendor=formcall", then: [...SIGN_IN_FORMCALL.slice(0, 5), "Enter", "wait:.wrong"] },
      { name: "a wrong password", query: "check=password", then: SIGN_IN },
      { name: "a wrong address", query: "check=address", then: SIGN_IN },
      { name: "endpoints", query: "", then: [...SIGN_IN, "wait:main input[type=checkbox]"], gallery: true },
      { name: "a clock that is off", query: "check=clock", then: [...SIGN_IN, "wait:main input[type=checkbox]"] },
      { name: "no keyring", query: "keyring=missing", then: [...SIGN_IN, "wait:main fieldset input[type=checkbox]", "Enter", "wait:input[name=keep]"] },
      { name: "a keyring that is locked, kept in memory", query: "keyring=locked", then: [...SIGN_IN, "wait:main fieldset input[type=checkbox]", "Enter", "wait:input[name=keep]", "click:input[name=keep] >> nth=1"] },
      { name: "no CRM", query: "", then: CRM },
      { name: "a CRM", query: "", then: [...CRM, "click:main input[type=radio] >> nth=1"] },
      { name: "a CRM checked", query: "", then: [...CRM, ...FILL_CRM, "wait:.fine"] },
      { name: "a CRM that refuses", query: "crm=refused", then: [...CRM, ...FILL_CRM, "wait:ol .failed"] },
      { name: "ready", query: "", then: [...CRM, "Enter", "wait:dl"], gallery: true },
    ],
  },
];
