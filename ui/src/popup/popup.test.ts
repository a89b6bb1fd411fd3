import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { PopupCard } from "../bindings/PopupCard";
import { ana, anasSummary, bootstrap, marco, reception, shy } from "../host/fake/world";
import { popupHost, samples } from "../host/fake/popup";
import type { PopupHost } from "../host/host";
import { Keyboard, pressed } from "./keys";
import { Popup } from "./popup.svelte";
import PopupWindow from "./PopupWindow.svelte";

const card = samples.one!;
const detected = Date.parse(card.call.detected_at);
/** Calls of other cards, each with its own key. */
const unknown = samples.unknown!;
const several = samples.several!;
const full = { code: "disk_full", place: null, what: "El disco está lleno.", what_to_do: "Libere espacio.", detail: "" };

let host: PopupHost;
let popup: Popup;
let mounted: Record<string, unknown>;
const onkeydown = (event: KeyboardEvent) => {
  popup.begin();
  pressed(popup, event);
};

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  host = popupHost(new URLSearchParams());
  for (const name of ["close", "save", "dial", "choose", "addContact", "begun"] as const) {
    vi.spyOn(host, name);
  }
  popup = new Popup(host);
  popup.greet(bootstrap("es"));
  mounted = mount(PopupWindow, { target: document.body, props: { popup } });
  window.addEventListener("keydown", onkeydown);
});

afterEach(async () => {
  window.removeEventListener("keydown", onkeydown);
  vi.useRealTimers();
  await unmount(mounted);
});

const shown = () => {
  flushSync();
  return document.body.textContent ?? "";
};
const show = (card: PopupCard) => {
  popup.show(card, detected);
  flushSync();
};
/** Presses a key where the keyboard is, and lets what it brought about arrive. */
async function press(key: string, more: KeyboardEventInit = {}) {
  flushSync();
  (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }),
  );
  for (let n = 0; n < 10; n += 1) {
    await Promise.resolve();
  }
  flushSync();
}
const find = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector)!;
function write(selector: string, text: string) {
  const field = find<HTMLInputElement>(selector);
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  flushSync();
}

describe("the call", () => {
  test("an empty window shows nothing", () => expect(shown().trim()).toBe(""));

  test("a call fills the window and its timer runs", () => {
    popup.show(card, detected + 7000);
    expect(shown()).toContain("Ana Lucía Fernández");
    expect(shown()).toContain("0:07");
    popup.tick(detected + 67_000);
    expect(shown()).toContain("1:07");
  });

  test("the timer starts over when the other side answers, and stops when the call is over", () => {
    popup.show(card, detected + 7000);
    const connected_at = new Date(detected + 10_000).toISOString();
    popup.changed({ ...card.call, state: "connected", connected_at });
    popup.tick(detected + 15_000);
    expect(shown()).toContain("en conversación");
    expect(popup.timer).toBe("0:05");

    popup.changed({ ...card.call, state: "ended", connected_at, ended_at: new Date(detected + 70_000).toISOString() });
    popup.tick(detected + 999_000);
    expect(shown()).toContain("por tipificar");
    expect(popup.timer).toBe("1:00");
    expect(popup.running).toBe(false);
  });

  test("one that nobody answered was missed", () => {
    show(card);
    popup.changed({ ...card.call, state: "ended", ended_at: new Date(detected + 20_000).toISOString() });
    expect(shown()).toContain("perdida");
    expect(find("header").className).toContain("missed");
  });

  test("news of another call changes nothing", () => {
    popup.show(card, detected);
    popup.changed({ ...card.call, key: "callmyway:main:other", state: "ended" });
    expect(shown()).toContain("suena");
  });

  test("a cleared window holds nothing of the call it showed", () => {
    popup.show(card, detected);
    shown();
    popup.clear();
    expect(shown().trim()).toBe("");
  });

  test("what a stranger wrote is text, never markup", () => {
    show(samples.hostile!);
    expect(shown()).toContain("<b>Juan</b>");
    expect(document.querySelector("main b, main img, main i")).toBeNull();
  });

  test("the close button has a name in the window's language and closes", async () => {
    popup.greet(bootstrap("pt"));
    show(card);
    const button = find<HTMLButtonElement>("header button");
    expect(button.getAttribute("aria-label")).toBe("Fechar");
    button.click();
    await vi.waitFor(() => expect(host.close).toHaveBeenCalledOnce());
  });
});

describe("what is known of the contact", () => {
  test("last times, what is owed, what was promised, other numbers", () => {
    show(card);
    for (const words of ["Interesado, llamar luego", "Factura 8812", "en cargos", "venció ayer", "2442 1180", "2-0456-0789"]) {
      expect(shown()).toContain(words);
    }
    expect(document.querySelectorAll(".history li")).toHaveLength(3);
    // The one that is overdue has another shape, not just another colour.
    expect(document.querySelectorAll(".chip.due .full")).toHaveLength(1);
    expect(document.querySelectorAll(".chip.later .full")).toHaveLength(0);
  });

  test("a fuller card completes the window as long as the agent has not begun", async () => {
    show({ ...unknown, call: card.call });
    show({ ...card });
    expect(shown()).toContain("Ana Lucía Fernández");
    await press("Shift");
    expect(host.begun).toHaveBeenCalledExactlyOnceWith(card.call.key);
    show({ ...card, contact: marco } as PopupCard);
    expect(shown()).not.toContain("Marco");
  });

  test("every number dials at a click; who does not want to be called is asked for once more, in place", async () => {
    vi.mocked(host.dial).mockRejectedValueOnce({ ...full, code: "do_not_call" });
    show(samples.otherform!);
    find<HTMLButtonElement>(".dial").click();
    await vi.waitFor(() => expect(popup.ask?.kind).toBe("dial"));
    flushSync();
    expect(shown()).toContain("No quiere que lo llamen · 8320 5511");
    // The harmless answer has the keyboard.
    expect(document.activeElement?.textContent?.trim()).toBe("No llamar");
    [...document.querySelectorAll<HTMLButtonElement>(".ask button")].at(-1)?.click();
    await vi.waitFor(() => expect(host.dial).toHaveBeenLastCalledWith("+50683205511", shy.id, ["do_not_call"]));
    await vi.waitFor(() => expect(shown()).toContain("se pidió la llamada al 8320 5511"));
  });

  test("why a number could not be dialled stands in the window", async () => {
    vi.mocked(host.dial).mockRejectedValue({ ...full, code: "already_in_call", what: "Ya está en una llamada." });
    show(card);
    find<HTMLButtonElement>("button.number").click();
    await vi.waitFor(() => expect(shown()).toContain("Ya está en una llamada."));
  });
});

describe("several have the number", () => {
  test("a digit chooses, and the window is as for one", async () => {
    show(samples.several!);
    expect(document.querySelector(".result")).toBeNull();
    await press("2");
    expect(host.choose).toHaveBeenCalledWith(several.call.key, marco.id);
    expect(shown()).toContain("Marco Rojas");
    expect(document.querySelector(".result")).not.toBeNull();
  });

  test("arrows and Enter choose too", async () => {
    show(samples.several!);
    await press("ArrowDown");
    for (let n = 0; n < 3; n += 1) {
      await press("ArrowDown");
    }
    expect(document.activeElement?.textContent).toContain(reception.name);
    (document.activeElement as HTMLButtonElement).click();
    await vi.waitFor(() => expect(host.choose).toHaveBeenCalledWith(several.call.key, reception.id));
  });

  test("none of them: the two ways to say who it is", async () => {
    show(samples.several!);
    await press("0");
    expect(shown()).toContain("Nuevo contacto");
    expect(shown()).toContain("Vincular a…");
  });
});

describe("nobody has the number", () => {
  test("a new contact takes a name and Enter", async () => {
    show(samples.unknown!);
    find<HTMLButtonElement>(".action").click();
    flushSync();
    expect(document.activeElement?.getAttribute("placeholder")).toBe("Nombre");
    write(".panel input", "Rosa Mora");
    find<HTMLFormElement>(".panel form").requestSubmit();
    await vi.waitFor(() => expect(host.addContact).toHaveBeenCalledWith(unknown.call.key, "Rosa Mora", ""));
    await vi.waitFor(() => expect(shown()).toContain("Usted dijo quién es"));
  });

  test("the chord makes the contact whose name was typed, without Create", async () => {
    show(samples.unknown!);
    find<HTMLButtonElement>(".action").click();
    flushSync();
    write(".panel input", "Rosa Mora");
    popup.form?.choose("no_contesta");
    await press("Enter", { ctrlKey: true });
    expect(host.save).toHaveBeenLastCalledWith(
      unknown.call.key,
      expect.objectContaining({ finish: true }),
      { name: "Rosa Mora", company: "", search: "", offered: 0 },
    );
    await vi.waitFor(() => expect(popup.form?.closed).toBe(true));
    flushSync();
    expect(find("h1").textContent).toBe("Rosa Mora");
    expect(host.addContact).not.toHaveBeenCalled();
  });

  test("the chord asks when somebody was searched for and nobody chosen, and saves without only then", async () => {
    show(samples.unknown!);
    popup.openPanel("attach");
    flushSync();
    write(".panel input", "mar");
    popup.form?.choose("no_contesta");
    await press("Enter", { ctrlKey: true });
    await vi.waitFor(() => expect(document.activeElement?.textContent?.trim()).toBe("Elegir"));
    expect(popup.form?.final).toBe(false);
    expect(popup.ask).toMatchObject({ kind: "caller" });
    find<HTMLButtonElement>(".ask button:last-child").click();
    await vi.waitFor(() => expect(popup.form?.final).toBe(true));
    expect(host.save).toHaveBeenLastCalledWith(unknown.call.key, expect.objectContaining({ finish: true }), null);
  });

  test("a contact is found as the agent types, and an answer that comes late is dropped", async () => {
    vi.useFakeTimers();
    const answers: ((found: (typeof ana)[]) => void)[] = [];
    host.search = () => new Promise((done) => answers.push(done));
    show(samples.unknown!);
    popup.openPanel("attach");
    flushSync();
    write(".panel input", "m");
    await vi.advanceTimersByTimeAsync(100);
    write(".panel input", "ma");
    await vi.advanceTimersByTimeAsync(100);
    answers[1]!([marco]);
    answers[0]!([shy]);
    await vi.advanceTimersByTimeAsync(0);
    expect(shown()).toContain("Marco Rojas");
    expect(shown()).not.toContain(shy.name);
    await press("Enter");
    expect(host.choose).toHaveBeenCalledWith(unknown.call.key, marco.id);
  });

  test("withheld: the search field is there, and digits still are for the form", async () => {
    show(samples.withheld!);
    expect(find("input[role=combobox]").dataset.first).toBe("");
    await press("5");
    expect(popup.form?.chosenNames).toEqual(["No contesta"]);
  });
});

describe("after a save", () => {
  test("what is typed on goes nowhere until the agent presses Change", async () => {
    show(card);
    await press("5");
    write("textarea", "No atendió");
    await press("Enter", { ctrlKey: true });
    expect(document.querySelector("main textarea")).toBeNull();
    expect(shown()).toContain("No atendió");
    vi.mocked(host.save).mockClear();
    for (const key of ["h", "o", "l", "a", " ", "5", "Backspace", "Enter"]) {
      await press(key);
    }
    expect(popup.form?.closed).toBe(true);
    await popup.form?.flush();
    expect(host.save).not.toHaveBeenCalled();
    [...document.querySelectorAll<HTMLButtonElement>(".bar button")].find((one) => one.textContent === "Cambiar")!.click();
    flushSync();
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("No atendió");
    write("textarea", "No atendió, hola");
    await popup.form?.flush();
    expect(host.save).toHaveBeenLastCalledWith(card.call.key, expect.objectContaining({ finish: false }), null);
    expect(shown()).toContain("cambios sin guardar");
  });

  test("the contact shown can be mended in place, and what is wrong with it stands there", async () => {
    show(card);
    find<HTMLButtonElement>("[aria-label='Editar el contacto']").click();
    flushSync();
    write(".contact input", "Ana María Rojas");
    find<HTMLFormElement>("form.contact").requestSubmit();
    await vi.waitFor(() => expect(find("h1").textContent).toBe("Ana María Rojas"));
    expect(document.querySelector("form.contact")).toBeNull();
  });
});

describe("one hand on the keyboard", () => {
  test("digits, a comment, the chord: the result is final, and Esc closes", async () => {
    show(card);
    await press("5");
    write("textarea", "No atendió");
    // In a text field digits are text.
    await press("1");
    expect(popup.form?.chosenNames).toEqual(["No contesta"]);
    await press("Enter", { ctrlKey: true });
    expect(host.save).toHaveBeenLastCalledWith(
      card.call.key,
      expect.objectContaining({ disposition: "no_contesta", comment: "No atendió", finish: true }),
      null,
    );
    expect(shown()).toContain("enviándose");
    await press("Escape");
    expect(host.close).toHaveBeenCalledWith(card.call.key);
  });

  test("what is missing has the keyboard and its reason in words", async () => {
    show(card);
    await press("1");
    await press("2");
    await press("Enter", { ctrlKey: true });
    expect((document.activeElement as HTMLElement).dataset.place).toBe("field:pedido");
    expect(shown()).toContain("Esta tipificación requiere: pedido.");
  });

  test("Esc goes level by level: options, panels, the window; the draft is kept", async () => {
    show(samples.unknown!);
    await press("1");
    popup.openPanel("new");
    await press("Escape");
    expect(popup.panel).toBe("none");
    await press("Escape");
    expect(popup.form?.level).toBeNull();
    write("textarea", "A medias");
    await press("Escape");
    expect(host.save).toHaveBeenCalledWith(unknown.call.key, expect.objectContaining({ comment: "A medias", finish: false }), null);
    expect(host.close).toHaveBeenCalledOnce();
  });

  test("Esc asks before a new contact's name is lost that was typed and not created", async () => {
    show(samples.unknown!);
    popup.openPanel("new");
    flushSync();
    write(".panel input", "Rosa Mora");
    await press("Escape");
    await press("Escape");
    expect(host.close).not.toHaveBeenCalled();
    expect(shown()).toContain("“Rosa Mora” todavía no está creado");
    await press("Escape");
    expect(find<HTMLInputElement>(".panel input").value).toBe("Rosa Mora");
    await popup.leave();
    expect(host.close).toHaveBeenCalledOnce();
  });

  test("Esc asks in place when the draft could not be kept, and the text is still there", async () => {
    vi.mocked(host.save).mockRejectedValue(full);
    show(card);
    write("textarea", "Importante");
    await press("Escape");
    expect(host.close).not.toHaveBeenCalled();
    expect(shown()).toContain("Timbre lo sigue intentando");
    await press("Escape");
    expect(popup.ask).toBeNull();
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("Importante");
  });

  test("a draft goes to the call it was written for, even when the window shows another by then", async () => {
    vi.useFakeTimers();
    vi.mocked(host.save).mockRejectedValueOnce(full);
    show(card);
    write("textarea", "De la primera");
    popup.clear();
    show({ ...samples.unknown!, call: { ...card.call, key: "callmyway:main:2" } });
    expect(find<HTMLTextAreaElement>("textarea").value).toBe("");
    await vi.advanceTimersByTimeAsync(5000);
    expect(host.save).toHaveBeenLastCalledWith(card.call.key, expect.objectContaining({ comment: "De la primera" }), null);
  });
});

describe("the keyboard", () => {
  test("a hotkey brings it to the first disposition, the choice, or the search field", () => {
    const keyboard = new Keyboard(() => Promise.resolve());
    for (const [name, words] of [
      ["one", "Venta"],
      ["several", "Ana Lucía Fernández"],
    ] as const) {
      popup.clear();
      show(samples[name]!);
      keyboard.focused();
      expect(document.activeElement?.textContent).toContain(words);
    }
    popup.clear();
    show(samples.withheld!);
    keyboard.focused();
    expect(document.activeElement?.getAttribute("role")).toBe("combobox");
  });

  test("a click on a field asks for it and keeps the field; any other click does not ask", () => {
    const take = vi.fn(() => Promise.resolve());
    const keyboard = new Keyboard(take);
    const pointed = (at: Element) => {
      const event = new PointerEvent("pointerdown", { bubbles: true });
      Object.defineProperty(event, "target", { value: at });
      keyboard.pointed(event);
    };
    show(card);
    pointed(find("h1"));
    pointed(find("[role=option]"));
    expect(take).not.toHaveBeenCalled();
    pointed(find("textarea"));
    expect(take).toHaveBeenCalledOnce();
    keyboard.focused();
    expect(document.activeElement).toBe(find("textarea"));
    pointed(find(".add"));
    expect(take).toHaveBeenCalledTimes(2);
  });
});

test("every card has words in every language", () => {
  for (const language of ["es", "en", "pt"] as const) {
    popup.greet(bootstrap(language));
    for (const sample of Object.values(samples)) {
      popup.clear();
      show({ ...sample, contact_summary: sample.contact_summary && anasSummary });
      const words = [shown(), ...[...document.querySelectorAll("[aria-label],[title],[placeholder]")].flatMap((one) =>
        ["aria-label", "title", "placeholder"].map((name) => one.getAttribute(name) ?? ""),
      )].join(" ");
      expect(words).not.toMatch(/undefined|NaN|Invalid|\b(popup|form|result|match|state|contact)\.[a-z]/);
      if (sample !== samples.hostile) {
        expect(words).not.toMatch(/\{[a-z]+\}/);
      }
    }
  }
});
