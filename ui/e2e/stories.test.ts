// One hand on the keyboard: what an agent does all day, key by key, in a real browser.

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";

import { office, open } from "./visit";
import { WINDOWS } from "./windows";

let browser: Browser;
let context: BrowserContext;
let complaints: string[];
/** What the page asked of the program around it. */
let asked: string[];

beforeAll(async () => {
  browser = await chromium.connect(inject("browser"));
});
afterAll(() => browser.close());
beforeEach(() => {
  complaints = [];
  asked = [];
});
afterEach(async () => {
  await context.close();
  expect(complaints).toEqual([]);
});

/** Opens a window as its address says. */
async function visit(name: string, query: string): Promise<Page> {
  const window = WINDOWS.find((one) => one.page === name)!;
  context = await office(browser, window);
  const page = await open(context, complaints);
  page.on("console", (message) => {
    if (message.text().startsWith("host: ")) {
      asked.push(message.text().slice("host: ".length));
    }
  });
  await page.goto(`${inject("base")}${name}.html?${query}`);
  await page.locator(window.ready).first().waitFor();
  return page;
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    await page.keyboard.press(key);
  }
}

/** What has the keyboard, in few words. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement } = document;
    return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent?.trim().replace(/\s+/g, " ") ?? "";
  });
}

const polls = { timeout: 5000, interval: 20 };
const selected = (page: Page) => page.locator('[role=option][aria-selected="true"]');

describe("the main window", () => {
  test("arrows select, Enter goes into the detail, Escape comes back, and a chord makes the result final", async () => {
    const page = await visit("main", "fake=day");
    await page.locator(".list").focus();
    await press(page, "ArrowDown", "ArrowDown");
    await expect.poll(() => page.locator("h2").first().textContent(), polls).toBe("Marco Rojas");
    await press(page, "Enter");
    await expect.poll(() => focused(page), polls).toContain("Venta");
    // By their numbers: Reclamo › Entrega.
    await press(page, "3", "2");
    await page.getByLabel("Comentario").fill("Quedó resuelto.");
    await press(page, "Control+Enter");
    await expect.poll(() => selected(page).textContent(), polls).toContain("Reclamo › Entrega");
    await expect.poll(() => focused(page), polls).toBe("Llamadas de hoy");
  });

  test("typing in the list filters it, and Escape shows all again", async () => {
    const page = await visit("main", "fake=day");
    await page.locator(".list").focus();
    await page.keyboard.type("jimenez");
    await expect.poll(() => page.getByRole("option").count(), polls).toBe(2);
    await press(page, "ArrowDown");
    await expect.poll(() => page.locator("h2").first().textContent(), polls).toBe("Karla Jiménez Brenes");
    await press(page, "Escape");
    await expect.poll(() => page.getByRole("option").count(), polls).toBe(17);
    expect(await focused(page)).toBe("Llamadas de hoy");
  });

  test("End, Home and pages work in a thousand rows, and the selected row is in sight", async () => {
    const page = await visit("main", "fake=crowd");
    await page.locator(".list").focus();
    await press(page, "End");
    const inSight = () =>
      selected(page).evaluate((row) => {
        const list = row.parentElement!.getBoundingClientRect();
        const { top, bottom } = row.getBoundingClientRect();
        return top >= list.top && bottom <= list.bottom;
      });
    await expect.poll(inSight, polls).toBe(true);
    const last = await selected(page).textContent();
    await press(page, "Home", "PageDown", "PageDown");
    await expect.poll(inSight, polls).toBe(true);
    expect(await selected(page).textContent()).not.toBe(last);
  });

  test("a missed call is called back with two keys, and only the dial window is opened", async () => {
    const page = await visit("main", "fake=day&open=2");
    await page.getByRole("button", { name: "Devolver la llamada" }).waitFor();
    await page.locator(".list").focus();
    await press(page, "Enter", "Enter");
    await expect.poll(() => asked, polls).toContain("openDial +50670459921 ");
  });

  test("the palette finds a contact, dials a number that is typed, and changes the language", async () => {
    const page = await visit("main", "fake=day");
    await press(page, "Control+k");
    await page.keyboard.type("rebeca");
    await expect.poll(() => page.getByRole("option", { selected: true }).last().textContent(), polls).toContain("Rebeca Chinchilla");
    await press(page, "Enter");
    await expect.poll(() => page.locator("h2").first().textContent(), polls).toBe("Rebeca Chinchilla");

    await press(page, "Control+k");
    await page.keyboard.type("2290 4410");
    await press(page, "Enter");
    await expect.poll(() => asked, polls).toContain("openDial 2290 4410 ");

    await press(page, "Control+k");
    await page.keyboard.type("english");
    await press(page, "Enter");
    await expect.poll(() => page.locator("h1").textContent(), polls).toBe("Today's calls");
  });

  test("the palette closes with Escape and gives the keyboard back", async () => {
    const page = await visit("main", "fake=day");
    await page.locator(".list").focus();
    await press(page, "Control+k", "ArrowDown", "ArrowUp", "Escape");
    await expect.poll(() => focused(page), polls).toBe("Llamadas de hoy");
  });

  test("discarding asks in place, and the safe answer has the keyboard", async () => {
    const page = await visit("main", "fake=day&page=outbox");
    await page.locator(".list").focus();
    await press(page, "ArrowDown");
    await page.getByRole("button", { name: "Descartar…" }).press("Enter");
    await expect.poll(() => focused(page), polls).toBe("Conservar");
    await press(page, "Enter");
    expect(await page.getByRole("option").count()).toBe(4);
    await page.getByRole("button", { name: "Descartar…" }).press("Enter");
    await page.getByRole("button", { name: "Descartar", exact: true }).press("Enter");
    await expect.poll(() => page.getByRole("option").count(), polls).toBe(3);
  });

  test("a hotkey is recorded from the keys, refused in its place, and undone", async () => {
    const page = await visit("main", "fake=day&page=settings");
    await press(page, "Control+k");
    await page.keyboard.type("teclas");
    await press(page, "Enter");
    const keys = page.locator("#record-dial");
    await keys.press("Enter");
    await press(page, "Control+c");
    await page.getByText("Otro programa ya usa estas teclas.").waitFor();
    expect(await keys.textContent()).toBe("CtrlShiftD");
    await keys.press("Enter");
    await press(page, "Control+Alt+m");
    await expect.poll(() => keys.textContent(), polls).toBe("CtrlAltM");
    await page.getByText("guardado 10:42").waitFor();
    await page.getByRole("button", { name: "Deshacer" }).press("Enter");
    await expect.poll(() => keys.textContent(), polls).toBe("CtrlShiftD");
  });

  test("what can't be saved stays in the field, is said, and is there again after looking at another call", async () => {
    const page = await visit("main", "fake=refusing&open=1");
    await page.getByLabel("Comentario").fill("Esto no se pierde");
    await expect.poll(() => page.locator(".state.bad").textContent(), polls).toContain("El disco está lleno.");
    await page.getByRole("option").nth(3).click();
    await expect.poll(() => page.locator("h2").first().textContent(), polls).toBe("Rebeca Chinchilla");
    await page.getByRole("option").nth(1).click();
    await expect.poll(() => page.getByLabel("Comentario").inputValue(), polls).toBe("Esto no se pierde");
  });
});

describe("the pop-up", () => {
  test("digits choose the disposition, Tab leads to the comment, one chord saves", async () => {
    const page = await visit("popup", "fake=first&state=ended");
    // Reclamo › Entrega.
    await press(page, "3", "2");
    await page.getByLabel("Comentario").focus();
    await page.keyboard.type("Llegó tarde.");
    await press(page, "Control+Enter");
    await expect.poll(() => page.locator(".bar .state").textContent(), polls).toContain("10:42");
    await expect.poll(() => asked.some((line) => line.startsWith("save")), polls).toBe(true);
  });

  test("digits choose among several contacts", async () => {
    const page = await visit("popup", "fake=several");
    await press(page, "2");
    await expect.poll(() => page.locator("h1").textContent(), polls).not.toBe("¿Quién llama?");
  });
});

describe("a caller whom the vendor names late", () => {
  test("is filled in by itself while the agent has not begun", async () => {
    const page = await visit("popup", "fake=not_known_yet&completes");
    await page.getByRole("heading", { name: "Aún no se sabe quién llama" }).waitFor();
    await page.getByRole("heading", { name: "Ana Lucía Fernández" }).waitFor();
  });
});

describe("where no account can dial", () => {
  /** The buttons that dial, or lead to where one dials. */
  const dials = (page: Page) =>
    page.locator("button").evaluateAll((buttons) =>
      buttons.map((button) => `${button.getAttribute("title") ?? ""} ${button.ariaLabel ?? ""} ${button.textContent}`).filter((words) => /llamar al|marcar|volver a llamar|devolver la llamada/i.test(words)),
    );

  test.each([
    ["popup", "fake=one&state=ended"],
    ["strip", "fake=ready"],
    ["main", "fake=day&open=2"],
    ["main", "fake=empty"],
  ])("the %s with %s offers nothing that dials", async (name, query) => {
    let page = await visit(name, query);
    await expect.poll(() => dials(page), polls).not.toEqual([]);
    const shown = await page.locator("h1, h2").allTextContents();
    await context.close();
    page = await visit(name, `${query}&dials=no`);
    await expect.poll(() => page.locator("h1, h2").allTextContents(), polls).toEqual(shown);
    expect(await dials(page)).toEqual([]);
  });

  test("the palette dials no number that is typed", async () => {
    const page = await visit("main", "fake=day&dials=no");
    await press(page, "Control+k");
    await page.keyboard.type("88884787");
    await expect.poll(() => page.locator("dialog [role=option]").allTextContents(), polls).not.toContain("Marcar 88884787");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("marcar");
    await expect.poll(() => page.locator("dialog [role=option]", { hasText: "Marcar…" }).count(), polls).toBe(0);
  });
});

describe("the dial window", () => {
  test("what is typed finds a contact, and Enter dials it", async () => {
    const page = await visit("dial", "fake=bare&outcome=connected");
    await page.keyboard.type("municip");
    await expect.poll(() => page.locator("#results [role=option]").count(), polls).toBe(1);
    await press(page, "Enter");
    await expect.poll(() => asked.some((line) => line.startsWith("dial ")), polls).toBe(true);
  });

  test("a link never dials with the Enter that was meant for another window", async () => {
    const page = await visit("dial", "fake=link");
    await press(page, "Enter", "Enter", "Enter");
    expect(asked.filter((line) => line.startsWith("dial "))).toEqual([]);
  });
});

describe("the first run", () => {
  test("from a language to a Timbre that works, without a mouse", async () => {
    const page = await visit("setup", "");
    await press(page, "Enter");
    await page.locator("main input[type=password]").first().waitFor();
    await page.keyboard.type("8373456");
    await press(page, "Tab");
    await page.keyboard.type("secreto");
    await press(page, "Enter");
    await page.getByText("Conectado").first().waitFor();
    await press(page, "Enter");
    await page.getByText("Los resultados quedan en este equipo").waitFor();
    await press(page, "Enter");
    await page.getByText("La contraseña está en el llavero").waitFor();
    await press(page, "Enter");
    await expect.poll(() => asked.some((line) => line.startsWith("finish")), polls).toBe(true);
  });

  test("another vendor, its table filled in by keyboard, and no page about endpoints", async () => {
    const page = await visit("setup", "");
    await press(page, "Enter");
    await page.locator("main input[type=password]").first().waitFor();
    await page.getByLabel("Proveedor", { exact: true }).selectOption("formcall");
    await page.getByLabel("Token de seguridad").fill("token");
    await page.getByLabel("Nombre 1").focus();
    await page.keyboard.type("Marta");
    await press(page, "Tab");
    await page.keyboard.type("6f1c2a90");
    await page.getByRole("button", { name: "Agregar otro" }).press("Enter");
    await expect.poll(() => focused(page), polls).toBe("Nombre 2");
    await page.keyboard.type("Diego");
    await press(page, "Enter");
    // Half a row is told, and the keyboard goes to what lacks.
    await expect.poll(() => focused(page), polls).toBe("Valor 2");
    await page.getByRole("button", { name: "Quitar Diego" }).press("Enter");
    await expect.poll(() => focused(page), polls).toBe("Nombre 1");
    await press(page, "Enter");
    await page.getByText("FormCall lo deja entrar.").waitFor();
    await press(page, "Enter");
    await page.getByText("Los resultados quedan en este equipo").waitFor();
    expect(asked.filter((line) => line.startsWith("save account"))).toEqual([
      'save account formcall {"base_url":"https://clickandtalk.medularis.com","popups":{"Marta":"6f1c2a90"}} keyring',
    ]);
  });
});
