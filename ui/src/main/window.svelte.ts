// The main window: its pages together, and what the program around it tells them.

import type { WindowBootstrap } from "../bindings/WindowBootstrap";
import type { Goal, Home, MainHost, MainListener, Page } from "../host/host";
import { Calls } from "./calls.svelte";
import { Detail } from "./detail.svelte";
import { Outbox } from "./outbox.svelte";
import { Palette } from "./palette.svelte";
import { Connections } from "./settings/connections.svelte";
import type { Section } from "./settings/sections";
import { Shell } from "./shell.svelte";

/** Everything the window shows. */
export class Main {
  section = $state<Section>("language");
  /** Where Timbre is to be found from now on, right after the first run. */
  welcome = $state<Home | null>(null);
  /** What the palette did, in words for the foot. */
  said = $state("");
  readonly shell: Shell;
  readonly today: Calls;
  readonly pending: Calls;
  readonly outbox: Outbox;
  readonly detail: Detail;
  readonly palette: Palette;
  /** Accounts and CRMs; what is being typed there stays, wherever one looks meanwhile. */
  readonly connections: Connections;

  constructor(host: MainHost, bootstrap: WindowBootstrap) {
    this.shell = new Shell(host, bootstrap);
    this.today = new Calls(this.shell, false);
    this.pending = new Calls(this.shell, true);
    this.outbox = new Outbox(this.shell);
    this.detail = new Detail(this.shell);
    this.connections = new Connections(this.shell);
    this.palette = new Palette(this.shell, {
      goTo: (page) => this.open(page),
      openSection: (section) => {
        this.section = section;
        this.open("settings");
      },
      openContact: (contact) => this.goTo({ page: "today", call: null, contact }),
      retryAll: () => void this.retryAll(),
    });
  }

  /** The list of calls on screen; null on other pages. */
  get calls(): Calls | null {
    return this.shell.page === "today" ? this.today : this.shell.page === "pending" ? this.pending : null;
  }

  /** Opens a page; its list is asked for again. */
  open(page: Page): void {
    this.shell.page = page;
    this.said = "";
    this.refresh();
    if (this.calls) {
      void this.detail.call(this.calls.list.selected);
    }
  }

  /** Goes where the tray, a notification or a pop-up sends. */
  goTo({ page, call, contact, welcome }: Goal): void {
    this.welcome = welcome ?? this.welcome;
    this.shell.page = page;
    const { calls } = this;
    if (calls && (call || contact)) {
      calls.reset();
      calls.list.selected = call;
      void (call ? this.detail.call(call) : this.detail.person(contact!));
    }
    this.refresh();
  }

  /** Selects a call of the list on screen. */
  select(key: string | null): void {
    if (this.calls) {
      this.calls.list.selected = key;
      void this.detail.call(key);
    }
  }

  /** Asks again for what is on screen, and for nothing else. */
  refresh(): void {
    void (this.calls?.refresh() ?? (this.shell.page === "outbox" ? this.outbox.refresh() : undefined));
  }

  /** What the program around tells. */
  listener(): MainListener {
    const { shell } = this;
    return {
      goTo: (goal) => this.goTo(goal),
      status: (status) => (shell.status = status),
      bootstrap: (bootstrap) => (shell.bootstrap = bootstrap),
      leaving: async () => {
        await this.detail.flush();
        const { typed } = this.connections;
        return [...this.detail.left, ...(typed ? [shell.say("left.account", { what: typed })] : [])];
      },
      // A dial has its own window, and its call comes into the list by itself.
      progress: () => undefined,
      changed: (what) => {
        if (what === "outbox" ? shell.page === "outbox" : this.calls) {
          this.refresh();
        }
        if (this.calls && what !== "outbox") {
          void this.detail.refresh();
        }
      },
    };
  }

  /** Moves the timers on to `now`, milliseconds since 1970, and to the new day after midnight. */
  tick(now: number): void {
    const before = new Date(this.shell.now).getDate();
    this.shell.now = now;
    if (new Date(now).getDate() !== before) {
      // Midnight: today is another day.
      this.refresh();
    }
  }

  async retryAll(): Promise<void> {
    const sent = await this.outbox.retryAll();
    this.said = this.shell.say(sent === 0 ? "palette.retried_none" : "palette.retried", { count: sent });
    this.refresh();
  }
}
