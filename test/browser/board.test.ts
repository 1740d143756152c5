import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { Browser, Page, Route } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { sign } from "../../src/sentry/signature.ts";
import { createSender } from "../../src/simulate/sender.ts";
import { liveTraffic } from "../../src/simulate/traffic.ts";
import { secret, startProcess, type GatewayProcess } from "../process/gateway.ts";
import { temporaryFolder } from "../store/open.ts";
import { openBrowser } from "./chromium.ts";

/* The page in a real browser, against a gateway in a process of its own that simulated traffic runs through. */

// A browser beside a gateway beside other tests, on two cores: none of it waits this long when all is well.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const folder = temporaryFolder();
const database = join(folder.path, "issuewire.db");
const traffic = liveTraffic({ seed: 7, secret, issues: 60, rate: 20, now: Date.now })[Symbol.iterator]();
let gateway: GatewayProcess;
let browser: Browser;
let page: Page;

/** Sends the next so many webhooks of one and the same traffic. */
async function send(count: number): Promise<void> {
  using sender = createSender({ url: new URL(gateway.url), connections: 1, bearer: null });
  for (let sent = 0; sent < count; sent++) await sender.send(traffic.next().value!);
}

/** Sends one webhook, now or as of then: by its answer it is applied. */
async function deliver(
  action: string,
  issue: object,
  { to = gateway, sentAt }: { readonly to?: GatewayProcess; readonly sentAt?: number } = {},
): Promise<void> {
  const body = JSON.stringify({ action, data: { issue } });
  const headers = {
    "content-type": "application/json",
    "sentry-hook-resource": "issue",
    // In whole seconds: without it the gateway tells by its own clock which of two came first.
    ...(sentAt === undefined ? {} : { "sentry-hook-timestamp": String(Math.floor(sentAt / 1000)) }),
    "sentry-hook-signature": sign(secret, Buffer.from(body)),
  };
  const send = async () =>
    (await fetch(`${to.url}/webhooks/sentry`, { method: "POST", headers, body })).status;
  // A gateway that the machine has no time for answers 503, and keeps nothing.
  await expect.poll(send, patiently).toBe(202);
}

/** The gateway's own answer. */
async function ask<Data>(query: string, headers: Readonly<Record<string, string>> = {}): Promise<Data> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as { readonly data: Data }).data;
}

/** The default of a second is short for a machine with two cores and a browser on it. */
const patiently = { timeout: 60_000 };

const rows = () => page.locator("table.issues tbody tr:not(.left)");

/** The issues that the page shows, from top to bottom. */
const shown = () => rows().evaluateAll((all) => all.map((row) => row.getAttribute("data-issue")));

/** The issues that it should show. */
async function expected(): Promise<string[]> {
  const { issues } = await ask<{ issues: { nodes: { sentryId: string }[] } }>(
    "{ issues(first: 50, filter: { status: { eq: UNRESOLVED } }) { nodes { sentryId } } }",
  );
  return issues.nodes.map(({ sentryId }) => sentryId);
}

/** Resolves once the page shows what it should: it is told a little after a webhook was answered. */
async function becomesTrue(): Promise<void> {
  const difference = async () => {
    const [has, wants] = [await shown(), await expected()];
    return JSON.stringify(has) === JSON.stringify(wants) ? null : { has, wants };
  };
  await expect.poll(difference, patiently).toBeNull();
}

/** The issue whose row has the focus. */
const focused = () => page.evaluate(() => document.activeElement?.closest("tr")?.getAttribute("data-issue"));

const connection = (state: string) => page.locator(`.connection.${state}`).waitFor();

/** Answers as a gateway that asking again does not mend. */
const failing = (route: Route) =>
  route.fulfill({
    contentType: "application/json",
    body: '{"errors":[{"message":"Unexpected error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}',
  });

async function open(address = "/"): Promise<void> {
  await page.goto(`${gateway.url}${address}`);
}

beforeAll(async () => {
  [gateway, browser] = await Promise.all([startProcess({ database }), openBrowser()]);
  await send(150);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

let faults: string[] = [];

beforeEach(async () => {
  // A test that ends the gateway and then fails leaves the others one.
  if (gateway.process.exitCode !== null || gateway.process.signalCode !== null)
    gateway = await startProcess({ database });
  // Without a graphics card, what pulses or fades takes a fifth of the whole test's CPU time.
  const still = { reducedMotion: "reduce", viewport: { width: 1280, height: 900 } } as const;
  page = await browser.newPage({ locale: "en-US", ...still });
  page.setDefaultTimeout(60_000);
  faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
});

afterEach(async () => {
  await page.close();
  expect(faults).toEqual([]);
});

describe("the board", () => {
  it("shows what is open, and moves with what happens", async () => {
    await open();
    await connection("live");
    await becomesTrue();
    await send(60);
    await becomesTrue();
    await page.locator(".told", { hasText: /\d+ entered/ }).waitFor();
    const { issues } = await ask<{ issues: { totalCount: number } }>(
      "{ issues(filter: { status: { eq: UNRESOLVED } }) { totalCount } }",
    );
    await expect
      .poll(() => page.locator(".total").innerText(), patiently)
      .toBe(`${issues.totalCount} issues`);
  });

  it("says when the gateway is gone, and goes on where it was once that is back", async () => {
    await open();
    await connection("live");
    await gateway.end("SIGKILL");
    await page.getByText("Nothing new appears until the gateway answers").waitFor();
    expect(await page.locator(".broken-bar strong").innerText()).toMatch(
      /^The (connection was closed|gateway cannot be reached)\.$/,
    );
    await connection("broken");
    const { port } = new URL(gateway.url);
    const asked: { readonly query: string; readonly variables: { readonly after?: string } }[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST" && request.url().endsWith("/graphql"))
        asked.push(request.postDataJSON() as (typeof asked)[number]);
    });
    gateway = await startProcess({ database, settings: { PORT: port } });
    await send(60);
    // A browser tells pages when it is on a network again; this one then waits no longer.
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await connection("live");
    await becomesTrue();
    // It went on from its cursor: whatever it reads of the list, it reads later, to fill a page that rows have left.
    const resumed = asked.findIndex(
      ({ query, variables }) => query.includes("subscription") && /^\w{10,}/.test(variables.after ?? ""),
    );
    expect(resumed).toBeGreaterThanOrEqual(0);
    const before = asked.slice(0, resumed).map(({ query }) => /query (\w+)/.exec(query)?.[1]);
    expect(before).not.toContain("IssuePage");
  });

  it("says so also while it tries again", async () => {
    let isAnswered = false;
    await page.route("**/graphql", (route) => {
      if (!route.request().postData()?.includes("subscription")) return route.continue();
      // Once there is an answer to be had, it is waited for as long as this test takes.
      return isAnswered ? undefined : route.abort();
    });
    await open();
    await rows().first().waitFor();
    await connection("broken");
    isAnswered = true;
    const again = page.waitForRequest((request) => request.postData()?.includes("subscription") ?? false);
    await page.getByRole("button", { name: "Try now" }).click();
    await again;
    await page.getByText("Trying again now.").waitFor();
    await connection("broken");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent), patiently)
      .toBe("Try now");
  });

  it("is shown also where many tabs of it were opened behind it, which stand still until they are looked at", async () => {
    await using context = await browser.newContext({ locale: "en-US" });
    const openTab = async (isHidden: boolean) => {
      const tab = await context.newPage();
      tab.setDefaultTimeout(60_000);
      if (isHidden)
        await tab.addInitScript(() =>
          Object.defineProperty(document, "hidden", { value: true, configurable: true }),
        );
      await tab.goto(gateway.url);
      await tab.locator("table.issues tbody tr").first().waitFor();
      return tab;
    };
    // A browser opens six connections to a gateway.
    const behind: Page[] = [];
    for (let count = 0; count < 7; count++) behind.push(await openTab(true));
    const shown = await openTab(false);
    await shown.locator(".connection.live").waitFor();
    await behind[0]!.locator(".connection.paused").waitFor();
    await behind[0]!.evaluate(() => {
      Object.defineProperty(document, "hidden", { value: false });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await behind[0]!.locator(".connection.live").waitFor();
  });

  it("has what can be chosen from once the gateway is back, also where it was shown without it", async () => {
    await open("/?view=feed");
    await connection("live");
    await gateway.end("SIGKILL");
    await connection("broken");
    await page.keyboard.press("1");
    const projects = page.getByLabel("Project").locator("option");
    await expect.poll(() => projects.count(), patiently).toBe(1);
    const { port } = new URL(gateway.url);
    gateway = await startProcess({ database, settings: { PORT: port } });
    await expect.poll(() => projects.count(), patiently).toBeGreaterThan(1);
  });

  it("has a project and an assignee to choose from that came while it was shown", async () => {
    await open();
    await connection("live");
    const issue = {
      id: "900001",
      title: "The first of its project",
      status: "unresolved",
      firstSeen: new Date().toISOString(),
      lastSeen: new Date().toISOString(),
      project: { id: "9000", slug: "newcomer", name: "Newcomer", platform: "node" },
      assignedTo: { type: "user", id: "9000", name: "Nia New", email: "nia@acme.test" },
    };
    await deliver("assigned", issue);
    for (const [label, option] of [
      ["Project", "newcomer"],
      ["Assignee", "Nia New"],
    ] as const) {
      const found = async () => {
        await page.mouse.move(0, 0);
        await page.getByLabel(label, { exact: true }).hover();
        return page.getByLabel(label, { exact: true }).locator("option", { hasText: option }).count();
      };
      await expect.poll(found, patiently).toBe(1);
    }
    await page.getByLabel("Project", { exact: true }).selectOption("newcomer");
    await expect.poll(shown, patiently).toEqual(["900001"]);
  });

  it("shows where a title begins that is written from right to left, however long it is", async () => {
    const title = `התחלה ${"מילה ".repeat(200)}`;
    await deliver("created", {
      id: "900403",
      title,
      status: "unresolved",
      lastSeen: new Date().toISOString(),
    });
    await open();
    const link = page.locator("tr[data-issue='900403'] a.title");
    const beginning = await link.evaluate((element) => {
      const first = document.createRange();
      first.setStart(element.firstChild!, 0);
      first.setEnd(element.firstChild!, 1);
      const [letter, box] = [first.getBoundingClientRect(), element.getBoundingClientRect()];
      return letter.left >= box.left && letter.right <= box.right + 1;
    });
    expect(beginning).toBe(true);
    await link.click();
    const heading = page.getByRole("heading", { level: 1 });
    await expect.poll(() => heading.innerText(), patiently).toContain("התחלה");
    expect(await heading.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
  });

  it("stands still while it is paused, and then catches up", async () => {
    await open();
    await connection("live");
    const before = await shown();
    await page.getByRole("button", { name: "Pause" }).click();
    await connection("paused");
    await send(30);
    expect(await shown()).toEqual(before);
    await page.keyboard.press("p");
    await becomesTrue();
  });

  it("is drawn once for what it is told at once, however much that is", async () => {
    await open();
    await connection("live");
    await page.keyboard.press("p");
    await connection("paused");
    await send(100);
    let isMissed = true;
    await page.route("**/graphql", async (route) => {
      const request = route.request();
      if (!isMissed || !request.postData()?.includes("subscription")) return route.continue();
      isMissed = false;
      const stop = new AbortController();
      const { body } = await fetch(request.url(), {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: request.postData(),
        signal: stop.signal,
      });
      let missed = "";
      for await (const text of body!.pipeThrough(new TextDecoderStream())) {
        missed += text;
        // A ping alone: all is told.
        if (/(^|\n)id: \S+\n\n$/.test(missed)) break;
      }
      stop.abort();
      await route.fulfill({ contentType: "text/event-stream", body: missed });
    });
    const drawn = await page.locator(".told").evaluateHandle((told) => {
      const texts: string[] = [];
      new MutationObserver(() => texts.push(told.textContent)).observe(told, {
        characterData: true,
        childList: true,
        subtree: true,
      });
      return texts;
    });
    await page.keyboard.press("p");
    await becomesTrue();
    // It comes in more than one piece where it is long.
    expect((await drawn.jsonValue()).length).toBeLessThan(10);
    expect((await drawn.jsonValue()).at(-1)).toMatch(/\d\d (updated|entered|left)/);
  });

  it("shows what is gone to while it is paused, and then stands still", async () => {
    await open();
    await connection("live");
    await page.keyboard.press("p");
    await connection("paused");
    await page.getByRole("button", { name: "All", exact: true }).click();
    const { issues } = await ask<{ issues: { totalCount: number } }>("{ issues { totalCount } }");
    await expect
      .poll(() => page.locator(".total").innerText(), patiently)
      .toBe(`${issues.totalCount} issues`);
    await connection("paused");
    await rows().first().locator("a.title").click();
    await page.locator(".timeline li").first().waitFor();
    await page.keyboard.press("2");
    await page.getByText(/^of [\d,]+ known$/).waitFor();
    await page.keyboard.press("3");
    await page.locator(".deliveries").waitFor();
    await connection("paused");
  });

  it("is read again from time to time where its filter counts from now", async () => {
    await page.clock.install();
    await open("/?seen=1h");
    await connection("live");
    const again = page.waitForRequest((request) => request.postData()?.includes("query IssuePage") ?? false);
    await page.clock.fastForward(61_000);
    await again;
    await becomesTrue();
  });

  it("says when it is not answered, and asks again", async () => {
    await page.clock.install();
    const unanswered: Route[] = [];
    await page.route("**/graphql", (route) => void unanswered.push(route));
    await open();
    await connection("connecting");
    await page.clock.fastForward(61_000);
    await page.getByText("The gateway does not answer.").waitFor();
    await page.unroute("**/graphql");
    // On a busy machine it has asked again by itself: in vain before this, or since, and then there is no button any more.
    await Promise.all(unanswered.map((route) => route.abort().catch(() => {})));
    await page.evaluate(() => document.querySelector<HTMLButtonElement>(".broken-bar button")?.click());
    await becomesTrue();
  });

  it("can be asked for again where it cannot be shown", async () => {
    await page.route("**/graphql", failing);
    await open();
    await page.getByText("Unexpected error.").waitFor();
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Show all open issues" }).click();
    await becomesTrue();
  });

  it("can be worked by keys alone, and its address says where one is", async () => {
    await open("/?order=-events");
    await rows().first().waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    const second = await rows().nth(1).getAttribute("data-issue");
    await page.keyboard.press("Enter");
    await page.locator(".timeline li").first().waitFor();
    await expect.poll(() => new URL(page.url()).search, patiently).toBe(`?order=-events&issue=${second}`);
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patiently).toBe("heading");
    await page.keyboard.press("Escape");
    await rows().first().waitFor();
    await expect.poll(() => new URL(page.url()).search, patiently).toBe("?order=-events");
    await expect.poll(focused, patiently).toBe(second);
    await page.keyboard.press("2");
    await page.locator(".tiles").waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest("main")?.id), patiently)
      .toBe("main");
    await page.keyboard.press("1");
    await rows().first().waitFor();

    await page.keyboard.press("/");
    await page.keyboard.type("timeout that never was");
    await page.getByRole("heading", { name: "No issue matches" }).waitFor();
    await expect
      .poll(() => new URL(page.url()).searchParams.get("q"), patiently)
      .toBe("timeout that never was");
    await page.goBack();
    await page.goForward();
    const search = page.getByRole("searchbox");
    await expect.poll(() => search.inputValue(), patiently).toBe("timeout that never was");
    await search.press("Escape");
    expect(await search.inputValue()).toBe("timeout that never was");
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patiently).not.toBe("search");

    // What is typed counts also for whoever goes on before it is searched for.
    await search.fill("timeout");
    await search.press("Escape");
    await expect.poll(() => new URL(page.url()).searchParams.get("q"), patiently).toBe("timeout");
    await expect.poll(() => search.inputValue(), patiently).toBe("timeout");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "Opened against resolved" }).waitFor();
  });

  it("shows which issue the keyboard is at, and draws through none of its lines", async () => {
    await open();
    await rows().first().waitFor();
    await page.keyboard.press("j");
    const crossed = await rows()
      .first()
      .evaluate((row) => {
        const rings = [row, ...row.querySelectorAll("*")].flatMap((element) => {
          const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(element);
          if (outlineStyle === "none") return [];
          const box = element.getBoundingClientRect();
          const inner = parseFloat(outlineOffset);
          return [{ top: box.top - inner, bottom: box.bottom + inner, width: parseFloat(outlineWidth) }];
        });
        const lines = [...row.querySelectorAll(".title, .under")].map((line) => line.getBoundingClientRect());
        return rings.map(({ top, bottom, width }) =>
          lines.some(
            (line) =>
              (line.top < top && line.bottom > top - width) ||
              (line.top < bottom + width && line.bottom > bottom),
          ),
        );
      });
    expect(crossed).toEqual([false]);
  });

  it("has rows of one height, however long an issue is in its state", async () => {
    await open();
    await rows().nth(1).waitFor();
    const heights = await page.evaluate(() => {
      const [first, second] = document.querySelectorAll("table.issues tbody tr");
      for (const [row, state, lasting] of [
        [first!, "New", "1 s"],
        [second!, "Unresolved", "9 h 59 min"],
      ] as const) {
        row.querySelector(".badge")!.textContent = state;
        row.querySelector(".since")!.textContent = lasting;
      }
      return [first!.clientHeight, second!.clientHeight];
    });
    expect(heights[1]).toBe(heights[0]);
  });

  it("is dimmed from edge to edge behind the list of its keys", async () => {
    await open("/?q=no+issue+at+all");
    await page.getByRole("heading", { name: "No issue matches" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    const dot = (x: number, y: number) => page.screenshot({ clip: { x, y, width: 1, height: 1 } });
    const dimmed = await dot(0, 0);
    for (const [x, y] of [
      [1279, 0],
      [0, 899],
      [1279, 899],
    ] as const)
      expect((await dot(x, y)).equals(dimmed)).toBe(true);
  });

  it("leaves single keys to others where its reader wants that, now and on later visits", async () => {
    await open();
    await rows().first().waitFor();
    const shortcuts = page.getByLabel("Single-key shortcuts");
    const showKeys = () => page.getByRole("button", { name: "Keyboard" }).click();
    await page.keyboard.press("?");
    await shortcuts.click();
    await expect.poll(() => shortcuts.isChecked(), patiently).toBe(false);
    await shortcuts.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    for (const when of ["now", "later"]) {
      if (when === "later") await page.reload();
      await rows().first().locator("a.title").focus();
      const before = await focused();
      for (const key of ["j", "k", "/", "2", "3", "p", "?"]) await page.keyboard.press(key);
      expect(await focused()).toBe(before);
      expect(new URL(page.url()).search).toBe("");
      expect(await page.getByRole("dialog").count()).toBe(0);
      await page.getByRole("button", { name: "Pause" }).waitFor();
      await page.keyboard.press("Enter");
      await page.locator(".timeline li").first().waitFor();
      await page.keyboard.press("Escape");
      await rows().first().waitFor();
    }
    await showKeys();
    await shortcuts.click();
    // For a moment after it is closed the focus is still on what was in it.
    await page.getByRole("dialog").evaluate((dialog: HTMLDialogElement) => {
      dialog.close();
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "2", bubbles: true }));
    });
    await page.locator(".tiles").waitFor();
  });

  it("keeps the keyboard where it was when the issue there leaves", async () => {
    const seen = new Date().toISOString();
    const issue = (id: number) => ({
      id: `90010${id}`,
      title: "One of three",
      status: "unresolved",
      firstSeen: seen,
      lastSeen: seen,
      project: { id: "9001", slug: "three", name: "Three", platform: "node" },
    });
    for (const id of [1, 2, 3]) await deliver("created", issue(id));
    await open("/?project=three");
    await connection("live");
    await expect.poll(shown, patiently).toEqual(["900103", "900102", "900101"]);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await expect.poll(focused, patiently).toBe("900102");
    await deliver("resolved", { ...issue(2), status: "resolved" });
    await expect.poll(focused, patiently).toBe("900101");
    await deliver("resolved", { ...issue(1), status: "resolved" });
    await expect.poll(focused, patiently).toBe("900103");
    await deliver("resolved", { ...issue(3), status: "resolved" });
    await page.getByRole("heading", { name: "No issue matches" }).waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patiently).toBe("heading");
  });

  it("is full again also where an issue left it right before its reader did", async () => {
    const issue = (id: number) => ({
      id: `9005${id}`,
      title: "One of many",
      status: "unresolved",
      lastSeen: new Date().toISOString(),
      project: { id: "9005", slug: "many", name: "Many", platform: "node" },
    });
    for (let id = 10; id < 62; id++) await deliver("created", issue(id));
    await open("/?project=many");
    await connection("live");
    await expect.poll(() => rows().count(), patiently).toBe(50);
    await deliver("resolved", { ...issue(60), status: "resolved" });
    await page.locator("tr.left").waitFor();
    await rows().first().locator("a.title").click();
    await page.locator(".timeline li").first().waitFor();
    await page.goBack();
    await expect.poll(() => rows().count(), patiently).toBe(50);
    await expect.poll(shown, patiently).not.toContain("900560");
  });

  it("pages through all issues, and back", async () => {
    await open("/?status=all");
    await rows().first().waitFor();
    const first = await shown();
    expect(first).toHaveLength(50);
    await page.getByRole("button", { name: "More →" }).click();
    await expect.poll(async () => (await shown())[0], patiently).not.toBe(first[0]);
    const second = await shown();
    expect(second.filter((id) => first.includes(id))).toEqual([]);
    await page.getByRole("button", { name: "← Back" }).click();
    await expect.poll(shown, patiently).toEqual(first);
    await page.getByRole("button", { name: "More →" }).click();
    await page.getByRole("button", { name: "First page" }).press("Enter");
    await expect.poll(shown, patiently).toEqual(first);
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patiently).toBe("heading");
  });

  it("says of a later page that nothing is left on it, and leads to the first one", async () => {
    const issue = (id: number) => ({
      id: `9014${id}`,
      title: "One of many",
      status: "unresolved",
      lastSeen: new Date().toISOString(),
      project: { id: "9014", slug: "paged", name: "Paged", platform: "node" },
    });
    for (let id = 10; id < 61; id++) await deliver("created", issue(id));
    await open("/?project=paged");
    await page.getByRole("button", { name: "More →" }).click();
    await expect.poll(shown, patiently).toEqual(["901410"]);
    await connection("live");
    await deliver("resolved", { ...issue(10), status: "resolved" });
    const empty = page.getByRole("heading", { name: "Nothing is left on this page" });
    await empty.waitFor();
    await deliver("created", issue(61));
    await page.locator(".total", { hasText: "51 issues" }).waitFor();
    await empty.waitFor();
    await page.reload();
    await empty.waitFor();
    await expect.poll(() => page.getByRole("button", { name: "← Back" }).isDisabled(), patiently).toBe(true);
    await page.getByRole("button", { name: "Show the first page" }).click();
    await expect.poll(async () => (await shown())[0], patiently).toBe("901461");
  });

  it("tells of an issue what happened to it, live, and what Sentry sent", async () => {
    const { transitions } = await ask<{ transitions: { nodes: { issue: { sentryId: string } }[] } }>(
      "{ transitions(first: 1, filter: { source: [INFERRED] }) { nodes { issue { sentryId } } } }",
    );
    const { sentryId } = transitions.nodes[0]!.issue;
    await open(`/?issue=${sentryId}`);
    await page.locator(".timeline .inferred").first().waitFor();
    await page.getByText("Sentry sent no webhook for it, or it was lost").waitFor();
    await page.getByRole("heading", { name: /^History \d+ (entry|entries)$/ }).waitFor();
    await page.locator("dt", { hasText: /^Sentry events$/ }).waitFor();
    await page
      .getByText(/^after \d+ \w+.* as \w+/)
      .first()
      .waitFor();
    await page.getByText("Raw payload").click();
    await page.locator("pre", { hasText: `"id": "${sentryId}"` }).waitFor();
  });

  it("has the level and the priority that Sentry sent, also where they are not known here", async () => {
    const issue = { id: "900310", title: "Critical", status: "unresolved", level: "critical" };
    await deliver("created", { ...issue, priority: "urgent" });
    await open("/?q=Critical");
    await page.locator("tr[data-issue='900310'] .level", { hasText: /^Critical$/ }).waitFor();
    await open("/?issue=900310");
    for (const [name, value] of [
      ["Level", "Critical"],
      ["Priority", "Urgent"],
    ]) {
      const fact = page.locator(".facts div", { has: page.locator("dt", { hasText: name! }) });
      await expect.poll(() => fact.locator("dd").innerText(), patiently).toBe(value);
    }
  });

  it("is in a tab that says which issue is looked at, as it is called now", async () => {
    const issue = { id: "900304", shortId: "WEB-7", status: "unresolved" };
    await deliver("created", { ...issue, title: "As it was" });
    await open("/?issue=900304");
    await connection("live");
    await expect.poll(() => page.title(), patiently).toBe("WEB-7 As it was · Issuewire");
    await deliver("assigned", { ...issue, title: "As it is" });
    await expect.poll(() => page.title(), patiently).toBe("WEB-7 As it is · Issuewire");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.title(), patiently).toBe("Issues · Issuewire");
    await open("/?issue=no-such");
    await page.getByRole("heading", { name: "No such issue" }).waitFor();
    await expect.poll(() => page.title(), patiently).toBe("Issue no-such · Issuewire");
  });

  it("is found by its short id, under an address that then has its id", async () => {
    await deliver("created", {
      id: "900311",
      shortId: "SHOP-1A2",
      title: "Named by people",
      status: "unresolved",
    });
    await open("/?issue=SHOP-1A2");
    await page.getByRole("heading", { name: "Named by people" }).waitFor();
    expect(page.url()).toBe(`${gateway.url}/?issue=900311`);
    await connection("live");
    await deliver("assigned", { id: "900311", shortId: "SHOP-1A2", title: "Followed", status: "unresolved" });
    await page.getByRole("heading", { name: "Followed" }).waitFor();
  });

  it("is found by an id of letters, also where that is its short id", async () => {
    await deliver("created", { id: "odd", shortId: "odd", title: "Of an odd id", status: "unresolved" });
    await open("/?issue=odd");
    await page.getByRole("heading", { name: "Of an odd id" }).waitFor();
  });

  it("says as of when it tells when an issue was last seen, and which way the list is sorted", async () => {
    await open();
    await page.getByRole("columnheader", { name: "Last seen" }).waitFor();
    const asOf = "As of the last webhook";
    expect(await page.getByRole("columnheader", { name: "Last seen" }).getAttribute("title")).toBe(asOf);
    expect(await page.getByLabel("Last seen").getAttribute("title")).toBe(asOf);
    await page.getByRole("button", { name: "Sorted descending; switch to ascending" }).click();
    await page.getByRole("button", { name: "Sorted ascending; switch to descending" }).waitFor();
  });

  it("counts under an issue's ribbon each state by itself, also where several have one colour", async () => {
    const issue = { id: "900406", title: "", status: "unresolved", lastSeen: new Date().toISOString() };
    await deliver("created", { ...issue, substatus: "ongoing" });
    // A state that this version does not know.
    await deliver("unresolved", { ...issue, substatus: "simmering" });
    await open("/?issue=900406");
    const legend = () => page.locator(".ribbon li").allInnerTexts();
    await expect
      .poll(legend, patiently)
      .toEqual([expect.stringMatching(/^Ongoing/), expect.stringMatching(/^Simmering/)]);
  });

  it("parts the states in an issue's ribbon, and hides none of them by that", async () => {
    const begin = Date.now() - 4 * 3_600_000;
    const issue = { id: "900407", title: "", lastSeen: new Date(begin).toISOString() };
    for (const [action, state, hours] of [
      ["created", { status: "unresolved", substatus: "ongoing" }, 0],
      ["archived", { status: "ignored", substatus: "archived_forever" }, 1],
      ["unresolved", { status: "unresolved", substatus: "ongoing" }, 2],
      ["resolved", { status: "resolved" }, 2.001],
    ] as const)
      await deliver(action, { ...issue, ...state }, { sentAt: begin + hours * 3_600_000 });
    await open("/?issue=900407");
    await expect.poll(() => page.locator(".ribbon rect").count(), patiently).toBe(4);
    const drawn = await page
      .locator(".ribbon rect, .ribbon line")
      .evaluateAll((all) =>
        all.map((one) => [
          one.localName,
          Math.round(Number(one.getAttribute("x") ?? one.getAttribute("x1"))),
        ]),
      );
    expect(drawn).toEqual([
      ["rect", 0],
      ["rect", 250],
      ["rect", 500],
      ["line", 250],
      ["line", 500],
      ["line", 500],
      ["rect", 500],
    ]);
    const [gap, ground] = await page.evaluate(() => [
      getComputedStyle(document.querySelector(".ribbon line")!).stroke,
      getComputedStyle(document.body).backgroundColor,
    ]);
    expect(gap).toBe(ground);
  });

  it("says whether it could copy what Sentry sent", async () => {
    await deliver("created", { id: "900302", title: "To be copied", status: "unresolved" });
    await open("/?issue=900302");
    await page.getByText("Raw payload").click();
    const copy = page.getByRole("button", { name: "Copy" });
    // Nobody is there to be asked whether the page may.
    await copy.click();
    await page.getByRole("status").getByText("Could not be copied").waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await copy.click();
    await page.getByRole("status").getByText("Copied", { exact: true }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await page.locator(".raw pre").innerText());
  });

  it("shows of an issue what Sentry sent last, also while it is looked at", async () => {
    const issue = (title: string) => ({ id: "900301", title, status: "unresolved" });
    await deliver("created", issue("As it was"));
    // As where a page comes over plain HTTP from another machine: nothing can then be copied for the reader.
    await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await open("/?issue=900301");
    await connection("live");
    await page.getByText("Raw payload").click();
    await page.locator("pre", { hasText: "As it was" }).waitFor();
    expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(0);
    await deliver("assigned", issue("As it is"));
    await page.locator("pre", { hasText: "As it is" }).waitFor();
  });
});

describe("a gateway that knows of no issue", () => {
  const hint = () => page.getByText("npm run simulate");

  it("says how to hear of issues, and how to see one at once that stays", async () => {
    await using empty = await startProcess();
    await page.goto(empty.url);
    await page.getByRole("heading", { name: "No issue yet" }).waitFor();
    await page.getByText("“Connect Sentry”").waitFor();
    await hint().waitFor();
    await page.getByText("What that sends stays in the database.").waitFor();
    await deliver("created", { id: "1", title: "The first", status: "unresolved" }, { to: empty });
    await expect.poll(shown, patiently).toEqual(["1"]);
  });

  it("is another one than a gateway on which all is resolved, where made-up issues would stay among true ones", async () => {
    await using quiet = await startProcess();
    await deliver("resolved", { id: "1", title: "The first", status: "resolved" }, { to: quiet });
    const answered = page.waitForResponse((response) =>
      Boolean(response.request().postData()?.includes("query AnyIssue")),
    );
    await page.goto(quiet.url);
    await page.getByRole("heading", { name: "Nothing is open" }).waitFor();
    expect(await hint().count()).toBe(0);
    await answered;
    await page.getByRole("heading", { name: "Nothing is open" }).waitFor();
    expect(await hint().count()).toBe(0);
  });
});

describe("a project that is renamed", () => {
  it("has all its issues under its new name, wherever it is chosen, and under an address from before", async () => {
    const issue = (id: number, slug: string) => ({
      id: `90070${id}`,
      title: "Of a project with two names",
      status: "unresolved",
      lastSeen: new Date().toISOString(),
      project: { id: "9007", slug, name: slug, platform: "node" },
    });
    for (const id of [1, 2]) await deliver("created", issue(id, "kept-in-a-bookmark"));
    await open("/?project=kept-in-a-bookmark");
    await expect.poll(shown, patiently).toEqual(["900702", "900701"]);
    await deliver("created", issue(3, "known-by-now"));
    const all = ["900703", "900702", "900701"];
    await expect.poll(shown, patiently).toEqual(all);

    const project = page.getByLabel("Project", { exact: true });
    const chosen = () => project.locator("option:checked").innerText();
    for (const choose of [
      () => open("/?project=kept-in-a-bookmark"),
      () => open("/?project=known-by-now"),
      async () => {
        await open();
        await project.selectOption("known-by-now");
      },
      async () => {
        await open("/?view=statistics&q=two+names");
        const bar = page
          .locator(".panel", { hasText: "By project" })
          .locator("li", { hasText: "known-by-now" });
        expect(await bar.locator(".bar-count").innerText()).toBe("3");
        await bar.getByRole("link").click();
      },
    ]) {
      await choose();
      await expect.poll(shown, patiently).toEqual(all);
      await expect.poll(chosen, patiently).toBe("known-by-now");
      await expect.poll(() => new URL(page.url()).searchParams.get("project"), patiently).toBe("9007");
    }
  });

  it("is told from another one that has its slug since", async () => {
    for (const id of ["9010", "9011"])
      await deliver("created", {
        id: `${id}01`,
        title: "Of one of two projects",
        status: "unresolved",
        lastSeen: new Date().toISOString(),
        project: { id, slug: "made-anew", name: "Made anew", platform: "node" },
      });
    await open();
    const project = page.getByLabel("Project", { exact: true });
    await project.selectOption("made-anew (9010)");
    await expect.poll(shown, patiently).toEqual(["901001"]);
    await project.selectOption("made-anew (9011)");
    await expect.poll(shown, patiently).toEqual(["901101"]);
    // Its slug alone is that of the one that was heard of last.
    await open("/?project=made-anew");
    await expect.poll(shown, patiently).toEqual(["901101"]);
  });

  it("has no name in its filter, rather than an id, until that is known", async () => {
    await deliver("created", {
      id: "901201",
      title: "Of a project to be named",
      status: "unresolved",
      lastSeen: new Date().toISOString(),
      project: { id: "9012", slug: "to-be-named", name: "To be named", platform: "node" },
    });
    const named = Promise.withResolvers<void>();
    await page.route("**/graphql", async (route) => {
      if (route.request().postData()?.includes("ProjectChoices")) await named.promise;
      await route.continue();
    });
    await open("/?project=9012");
    await expect.poll(shown, patiently).toEqual(["901201"]);
    const chosen = page.getByLabel("Project", { exact: true }).locator("option:checked");
    expect(await chosen.innerText()).toBe("…");
    named.resolve();
    await expect.poll(() => chosen.innerText(), patiently).toBe("to-be-named");
  });

  it("is found as soon as something tells of it, by an address with its slug", async () => {
    await open("/?project=not-heard-of-yet");
    await page.getByRole("heading", { name: "No issue matches" }).waitFor();
    await deliver("created", {
      id: "900711",
      title: "The first of its project",
      status: "unresolved",
      lastSeen: new Date().toISOString(),
      project: { id: "9008", slug: "not-heard-of-yet", name: "New", platform: "node" },
    });
    await expect.poll(shown, patiently).toEqual(["900711"]);
  });
});

describe("an issue with a long history", () => {
  const issue = (title: string) => ({ id: "900401", title, status: "unresolved" });

  it("stays as far back as it was asked for when something happens", async () => {
    await deliver("created", issue("It begins"));
    for (let count = 1; count < 120; count++) await deliver("assigned", issue(`Assigned ${count} times`));
    await open("/?status=all&issue=900401");
    await connection("live");
    const entries = page.locator(".timeline li");
    await expect.poll(() => entries.count(), patiently).toBe(100);
    await page.getByRole("button", { name: "Show earlier entries" }).press("Enter");
    await expect.poll(() => entries.count(), patiently).toBe(120);
    // The button has left, and the keyboard goes on from where it was.
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patiently).toBe("history");
    await deliver("assigned", issue("Once more"));
    await page.getByRole("heading", { name: "Once more" }).waitFor();
    await expect.poll(() => entries.count(), patiently).toBe(121);
    // The browser's own: it opens another page.
    const isTaken = await page.locator("a.back").evaluate((link) => {
      const click = new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey: true });
      let isTaken = false;
      const end = () => {
        isTaken = click.defaultPrevented;
        click.preventDefault();
      };
      addEventListener("click", end, { once: true });
      link.dispatchEvent(click);
      return isTaken;
    });
    expect(isTaken).toBe(false);
    expect(new URL(page.url()).searchParams.get("issue")).toBe("900401");
  });

  it("is shown without its ribbon where its states are more than the gateway tells at once, as they come to be", async () => {
    await deliver("created", { id: "900408", title: "Before", status: "unresolved" });
    await open("/?issue=900408");
    await page.locator(".ribbon").waitFor();
    await connection("live");
    await page.route("**/graphql", (route) =>
      route.request().postData()?.includes("statusSpans")
        ? route.fulfill({
            contentType: "application/json",
            body: '{"errors":[{"message":"Too many.","extensions":{"code":"QUERY_TOO_COMPLEX"}}],"data":null}',
          })
        : route.continue(),
    );
    await deliver("resolved", { id: "900408", title: "Beyond", status: "resolved" });
    await page.getByRole("heading", { name: "Beyond" }).waitFor();
    await page.getByText("Its status has changed too often to draw every state.").waitFor();
    expect(await page.locator(".ribbon").count()).toBe(0);
    await page.reload();
    await page.getByRole("heading", { name: "Beyond" }).waitFor();
    await page.locator(".timeline li").first().waitFor();
  });

  it("draws again what tells of the present as that goes on, and nothing else", async () => {
    await page.clock.install();
    await page.addInitScript(() => {
      const { split } = String.prototype;
      String.prototype.split = function (this: string, ...args: Parameters<typeof split>) {
        // What Sentry sent is cut up whenever it is drawn.
        if (this.includes("Cut up")) Object.assign(globalThis, { cuts: cuts() + 1 });
        return split.apply(this, args);
      } as typeof split;
      const cuts = () => (globalThis as { cuts?: number }).cuts ?? 0;
    });
    await deliver("created", { id: "900409", title: "Cut up", status: "unresolved" });
    await open("/?issue=900409");
    await page.getByText("Raw payload").click();
    await page.locator(".raw pre").waitFor();
    // What is asked for meanwhile would be answered as of the gateway's time, which stays.
    await page.keyboard.press("p");
    await connection("paused");
    const cuts = () => page.evaluate(() => (globalThis as { cuts?: number }).cuts);
    const before = await cuts();
    expect(before).toBeGreaterThan(0);
    await page.clock.runFor(7 * 60_000);
    for (const told of [".standing", ".ribbon li", ".timeline .entry"])
      await page.locator(told, { hasText: "7 min" }).first().waitFor();
    await page.locator(".timeline time", { hasText: "7 min ago" }).first().waitFor();
    expect(await cuts()).toBe(before);
  });

  it("says when what is inferred happened, and between which times only where these are two", async () => {
    // Resolved, as it says, and open again already, as its issue shows.
    await deliver("resolved", { id: "900405", title: "", status: "unresolved", substatus: "regressed" });
    await open("/?issue=900405");
    const regressed = page.locator(".timeline li", { hasText: "Inferred" });
    await regressed.waitFor();
    expect(await regressed.locator(".when").innerText()).not.toContain("between");
  });

  it("says what it is archived until, of one or of several", async () => {
    const issue = {
      id: "900404",
      title: "Archived",
      status: "ignored",
      substatus: "archived_until_condition_met",
    };
    const until = page.locator(".timeline .why").first();
    for (const [statusDetails, text] of [
      [{ ignoreCount: 1 }, "until 1 more event"],
      [{ ignoreCount: 3, ignoreWindow: 90 }, "until 3 more events within 1 h 30 min"],
      [{ ignoreUserCount: 1, ignoreUserWindow: 60 }, "until 1 more user within 1 h"],
    ] as const) {
      const sentryId = `${issue.id}${text.length}`;
      await deliver("archived", { ...issue, id: sentryId, statusDetails });
      await open(`/?issue=${sentryId}`);
      await expect.poll(() => until.innerText(), patiently).toBe(text);
    }
  });

  it("has a raw payload in which no text turns round what stands beside it", async () => {
    await deliver("created", { id: "900402", title: "\u202eabc", status: "unresolved" });
    await open("/?issue=900402");
    await page.getByText("Raw payload").click();
    const title = page.locator(".json-text", { hasText: "\u202eabc" });
    const isBefore = await title.evaluate((element) => {
      const comma = document.createRange();
      comma.setStart(element.nextSibling!, 0);
      comma.setEnd(element.nextSibling!, 1);
      return element.getBoundingClientRect().right <= comma.getBoundingClientRect().left + 1;
    });
    expect(isBefore).toBe(true);
  });
});

describe("the statistics", () => {
  it("have figures along their charts that are read also where they are large", async () => {
    await page.addInitScript(() => {
      const drawn: string[] = [];
      Object.assign(globalThis, { drawn });
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
        drawn.push(text);
        fillText.call(this, text, ...place);
      };
    });
    await page.route("**/graphql", async (route) => {
      const request = route.request();
      if (!request.postData()?.includes("issueStatsChanged")) return route.continue();
      const stop = new AbortController();
      const { body } = await fetch(request.url(), {
        method: "POST",
        headers: { "content-type": "application/json", accept: "text/event-stream" },
        body: request.postData(),
        signal: stop.signal,
      });
      let answer = "";
      for await (const text of body!.pipeThrough(new TextDecoderStream())) {
        answer += text;
        if (/^data: .*\n/m.test(answer)) break;
      }
      stop.abort();
      await route.fulfill({
        contentType: "text/event-stream",
        body: answer.replaceAll(/"(opened|openAtEnd)":\d+/g, (_text, name) => `"${name}":800000`),
      });
    });
    await open("/?view=statistics");
    const drawn = () => page.evaluate(() => (globalThis as unknown as { drawn: string[] }).drawn.join(" "));
    await expect.poll(drawn, patiently).toContain("400K");
    // The bars are of both, the tile and the table tell them apart.
    await page.locator(".u-legend", { hasText: "Opened and regressed" }).waitFor();
  });

  it("follow what happens", async () => {
    await open("/?view=statistics");
    const known = page.getByText(/^of [\d,]+ known$/);
    const before = await known.innerText();
    await send(60);
    await expect.poll(() => known.innerText(), patiently).not.toBe(before);
  });

  it("are read again from time to time, for their period ends now, and not while nothing shall move", async () => {
    await page.clock.install();
    let asked = 0;
    page.on("request", (request) => {
      if (request.postData()?.includes("issueStatsChanged")) asked++;
    });
    await open("/?view=statistics&span=24h");
    await connection("live");
    const states = await page.locator(".connection-state").evaluateHandle((element) => {
      const seen: string[] = [];
      new MutationObserver(() => seen.push(element.textContent)).observe(element, {
        characterData: true,
        childList: true,
        subtree: true,
      });
      return seen;
    });
    const known = page.getByText(/^of [\d,]+ known$/);
    for (const [id, times] of [
      ["900601", 1],
      ["900602", 2],
    ] as const) {
      // Less than what a stream may be silent for: what the page hears meanwhile says that it is not.
      await page.clock.fastForward(31_000);
      await expect.poll(() => asked, patiently).toBe(times);
      const before = await known.innerText();
      await deliver("created", { id, title: "", status: "unresolved", lastSeen: new Date().toISOString() });
      await expect.poll(() => known.innerText(), patiently).not.toBe(before);
    }
    // Whoever is told of each change of this is not told every minute.
    expect(await states.jsonValue()).toEqual([]);
    await page.keyboard.press("p");
    await connection("paused");
    await page.clock.fastForward(61_000);
    await page.clock.fastForward(61_000);
    expect(asked).toBe(2);
    await page.keyboard.press("p");
    await connection("live");
    await expect.poll(() => asked, patiently).toBe(3);
  });

  it("show how many are open now as wide as how many were", async () => {
    await open("/?view=statistics&span=24h");
    const chart = page.locator(".panel", { hasText: "Open over time" });
    await chart.locator("canvas").waitFor();
    /** How opaque the chart is at the right edge, right above its lowest line. */
    const filled = () =>
      chart.evaluate((panel) => {
        const canvas = panel.querySelector("canvas")!;
        const over = panel.querySelector(".u-over")!.getBoundingClientRect();
        const { left, top, width } = canvas.getBoundingClientRect();
        const scale = canvas.width / width;
        const [x, y] = [(over.right - left - 3) * scale, (over.bottom - top - 6) * scale];
        return canvas.getContext("2d")!.getImageData(x, y, 1, 1).data[3];
      });
    await expect.poll(filled, patiently).toBeGreaterThan(0);
  });

  it("show what has happened also when their colours change", async () => {
    await open("/?view=statistics&span=24h");
    const chart = page.locator(".u-over").first();
    const legend = page.locator(".u-series", { hasText: "Opened and regressed" }).locator(".u-value");
    /** What the chart says of its right edge, which is something as soon as it is drawn. */
    const counted = async (): Promise<string> => {
      let value = "";
      const pointAt = async () => {
        const { x, y, width } = (await chart.boundingBox())!;
        await page.mouse.move(x + width / 2, y + 20);
        await page.mouse.move(x + width - 5, y + 20);
        return (value = await legend.innerText());
      };
      await expect.poll(pointAt, patiently).toMatch(/\d/);
      return value;
    };
    const before = await counted();
    await deliver("created", {
      id: "90031",
      title: "",
      status: "unresolved",
      lastSeen: new Date().toISOString(),
    });
    await expect.poll(counted, patiently).not.toBe(before);
    const after = await counted();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(counted, patiently).toBe(after);
  });

  it("lead to the issues that they count, by project, level and assignee", async () => {
    await open("/?view=statistics");
    for (const by of ["project", "level", "assignee"]) {
      const panel = page.locator(".panel", { hasText: `By ${by}` });
      const bar = panel.locator("li", { has: page.getByRole("link") }).first();
      const count = await bar.locator(".bar-count").innerText();
      await bar.getByRole("link").click();
      await expect.poll(() => page.locator(".total strong").innerText(), patiently).toBe(count);
      await expect.poll(() => new URL(page.url()).searchParams.get(by), patiently).toBeTruthy();
      await page.goBack();
    }
  });

  it("say how many issues are of projects and assignees that are not among those with the most", async () => {
    for (let id = 10; id < 20; id++)
      await deliver("created", {
        id: `9015${id}`,
        title: "Of one of ten",
        status: "unresolved",
        lastSeen: new Date().toISOString(),
        project: { id: `9015${id}`, slug: `one-of-ten-${id}`, name: "One of ten", platform: "node" },
        assignedTo: { type: "user", id: `9015${id}`, name: `Somebody ${id}` },
      });
    await open("/?view=statistics&q=Of+one+of+ten");
    for (const by of ["project", "assignee"]) {
      const panel = page.locator(".panel", { hasText: `By ${by}` });
      await panel.getByText("Others: 2", { exact: true }).waitFor();
      expect(await panel.locator("li").count()).toBe(8);
    }
    const others = page.locator(".panel", { hasText: "By level" }).getByText("Others");
    expect(await others.count()).toBe(0);
  });

  it("have the name of a chosen assignee in their filter who is not among those with the most issues", async () => {
    const issue = (id: number, assignee: number) => ({
      id: `9016${id}`,
      title: "Of one of many",
      status: "unresolved",
      lastSeen: new Date().toISOString(),
      assignedTo: { type: "user", id: `9016${assignee}`, name: `Quiet ${assignee}` },
    });
    for (let id = 100; id < 206; id++) await deliver("assigned", issue(id, 10 + Math.floor((id - 100) / 2)));
    await deliver("assigned", issue(206, 99));
    await open("/?view=statistics&assignee=user:901699");
    const chosen = page.getByLabel("Assignee", { exact: true }).locator("option:checked");
    await expect.poll(() => chosen.innerText(), patiently).toBe("Quiet 99");
    // Nobody whom the gateway does not know has a name.
    await open("/?view=statistics&assignee=user:nobody-like-this");
    await expect.poll(() => chosen.innerText(), patiently).toBe("user:nobody-like-this");
  });

  it("are shown also where the gateway is gone since before they were first wanted", async () => {
    const loaded = page.waitForResponse("**/assets/statistics-view*");
    await open();
    await connection("live");
    await (await loaded).finished();
    await page.context().setOffline(true);
    await page.keyboard.press("2");
    await page.getByRole("group", { name: "Period" }).waitFor();
    await page.context().setOffline(false);
    await page.getByText(/^of [\d,]+ known$/).waitFor();
  });

  it("can be asked for again where their code could not be loaded", async () => {
    await page.route("**/assets/statistics-view*", (route) => route.abort());
    await open();
    await rows().first().waitFor();
    await page.keyboard.press("2");
    await page.getByRole("heading", { name: "The statistics could not be loaded" }).waitFor();
    await page.getByText("The gateway cannot be reached, or it was updated after this page was").waitFor();
    await page.unroute("**/assets/statistics-view*");
    await page.getByRole("button", { name: "Load the page again" }).click();
    await page.getByText(/^of [\d,]+ known$/).waitFor();
    // Told to whoever looks into the browser's console.
    for (const fault of faults.splice(0))
      expect(fault).toContain("Failed to fetch dynamically imported module");
  });

  it("say what the bars of their durations show", async () => {
    await open("/?view=statistics");
    await page.getByText("Median to 90 %, to 99 %, on a logarithmic scale").waitFor();
  });

  it("show every figure of their durations on a phone", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open("/?view=statistics");
    const table = page.getByRole("region", { name: "Table of durations" });
    const outOfSight = await table.evaluate((region) => {
      // As wide as they come, in the place of those of this test's few minutes.
      for (const row of region.querySelectorAll("tbody tr")) {
        [...row.querySelectorAll("td:not(.range)")].forEach((figure, index) => {
          figure.textContent = ["5 h 24 min", "4 d 20 h", "1,234"][index]!;
        });
      }
      return region.scrollWidth - region.clientWidth;
    });
    expect(outOfSight).toBe(0);
  });

  it.each([undefined, "Etc/Unknown"])(
    "are shown in UTC where the browser's time zone is %s",
    async (timeZone) => {
      await page.addInitScript((zone) => {
        const { resolvedOptions } = Intl.DateTimeFormat.prototype;
        Intl.DateTimeFormat.prototype.resolvedOptions = function () {
          return { ...resolvedOptions.call(this), timeZone: zone as string };
        };
      }, timeZone);
      await open("/?view=statistics");
      await page.getByText(/^of [\d,]+ known$/).waitFor();
      await page.getByText("Times in UTC").waitFor();
    },
  );
});

describe("the feed", () => {
  it("tells times by the gateway's clock where the reader's is wrong", async () => {
    await send(1);
    await page.clock.install({ time: Date.now() + 3 * 86_400_000 });
    await open("/?view=feed");
    await page.getByText(/^Last delivery: (now|\d+ (s|min) ago)$/).waitFor();
  });

  it.each([1280, 375])(
    "leads to the issue that a delivery is about, and says why it changed nothing, in %d pixels",
    async (width) => {
      const issue = { id: `9008${width}`, title: `Fed at ${width}`, status: "unresolved" };
      await deliver("created", issue);
      await deliver("created", { ...issue, annotations: [] });
      await page.setViewportSize({ width, height: 800 });
      await open("/?view=feed");
      const newest = page.locator("table.deliveries tbody tr").first();
      const link = newest.getByRole("link", { name: issue.title });
      const reason = newest.getByText("The issue's creation was received before.");
      for (const told of [link, reason]) {
        await told.waitFor();
        const box = (await told.boundingBox())!;
        expect(box.x + box.width).toBeLessThanOrEqual(width);
      }
      await link.click();
      await page.getByRole("heading", { name: issue.title }).waitFor();
      await page.getByRole("link", { name: "← Feed" }).click();
      await page.getByRole("heading", { name: "Newest deliveries" }).waitFor();
    },
  );
});

describe("the numbers", () => {
  it("are written as in English, as all words are, whatever the reader's language", async () => {
    await deliver("created", { id: "900312", title: "Counted", status: "unresolved", count: "12345" });
    await using context = await browser.newContext({ locale: "de-DE" });
    const there = await context.newPage();
    there.setDefaultTimeout(60_000);
    await there.goto(`${gateway.url}/?q=Counted`);
    expect(await there.locator("tr[data-issue='900312']").innerText()).toContain("\t12.3K\t");
    await there.goto(`${gateway.url}/?issue=900312`);
    expect(await there.locator(".facts div", { hasText: "Sentry events" }).locator("dd").innerText()).toBe(
      "12,345",
    );
  });
});

describe("the times", () => {
  it("are said to be in the reader's time zone, wherever they are shown", async () => {
    const lastSeen = new Date().toISOString();
    await deliver("created", { id: "900305", title: "In Berlin", status: "unresolved", lastSeen });
    await using context = await browser.newContext({ locale: "en-US", timezoneId: "Europe/Berlin" });
    const there = await context.newPage();
    there.setDefaultTimeout(60_000);
    for (const address of ["/?issue=900305", "/?view=statistics"]) {
      await there.goto(`${gateway.url}${address}`);
      await there.getByText("Times in Europe/Berlin").waitFor();
    }
    // Where they are shown on hover alone, it is there.
    for (const [address, time] of [
      ["/?q=In+Berlin", ".col-seen time"],
      ["/?view=feed", ".verdict time"],
    ] as const) {
      await there.goto(`${gateway.url}${address}`);
      expect(await there.locator(time).first().getAttribute("title")).toMatch(
        /:\d\d [AP]M \(Europe\/Berlin\)$/,
      );
    }
  });

  it("are written from right to left where the reader's language is", async () => {
    await deliver("created", { id: "900308", title: "In Hebrew", status: "unresolved" });
    await using context = await browser.newContext({ locale: "he-IL" });
    const there = await context.newPage();
    there.setDefaultTimeout(60_000);
    for (const [address, time] of [
      ["/?issue=900308", ".timeline .exact"],
      ["/?view=statistics", ".figures tbody th"],
    ] as const) {
      await there.goto(`${gateway.url}${address}`);
      const beginsAtTheRight = await there
        .locator(time)
        .first()
        .evaluate((element) => {
          element.closest("details")?.setAttribute("open", "");
          // Between the signs that isolate it there is a day at the beginning, and minutes or seconds at the end.
          const [first, last] = [1, element.textContent.length - 2].map((at) => {
            const character = document.createRange();
            character.setStart(element.firstChild!, at);
            character.setEnd(element.firstChild!, at + 1);
            return character.getBoundingClientRect();
          });
          return first!.left > last!.right;
        });
      expect([address, beginsAtTheRight]).toEqual([address, true]);
    }
  });
});

describe("every view", () => {
  it.each([
    ["/?issue=900501", "The issue cannot be shown", ".timeline li"],
    ["/?view=statistics", "The statistics cannot be shown", ".tiles"],
    ["/?view=feed", "The feed cannot be shown", ".tiles"],
  ])("can be loaded again where it cannot be shown: %s", async (address, title, shown) => {
    await deliver("created", { id: "900501", title: "", status: "unresolved" });
    await page.route("**/graphql", failing);
    await open(address);
    await page.getByRole("heading", { name: title }).waitFor();
    await page.getByRole("alert").getByText("Unexpected error.").waitFor();
    await page.unroute("**/graphql");
    await page.getByRole("button", { name: "Load the page again" }).click();
    await page.locator(shown).first().waitFor();
  });

  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

  /** What axe-core finds wrong with the page as it is, and whether it is wider than the window. */
  async function violations(rules: object): Promise<string[]> {
    await page.evaluate(axe);
    const results = (await page.evaluate(`axe.run(${JSON.stringify(rules)})`)) as AxeResults;
    // Of a name that ARIA does not allow axe is never sure that nobody hears it.
    const forbidden = results.incomplete.filter(({ id }) => id === "aria-prohibited-attr");
    const found = [...results.violations, ...forbidden].flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${String(target)}: ${failureSummary}`),
    );
    const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    return width > 0 ? [...found, `it is ${width} pixels wider than the window`] : found;
  }

  it("is no wider than a phone, whatever names, releases and states an issue has", async () => {
    const long = "com.tidewater.ledger.reconciliation.DailyBalanceReconciliationServiceImpl";
    const issue = { id: "900307", title: long, culprit: long, status: "unresolved" };
    await deliver("created", { ...issue, substatus: long });
    await deliver("assigned", { ...issue, assignedTo: { type: "user", id: "1", name: long } });
    const statusDetails = { inRelease: `${long}@2026.12.1` };
    await deliver("resolved", { ...issue, status: "resolved", statusDetails });
    await deliver("unresolved", { ...issue, substatus: long });
    await page.setViewportSize({ width: 390, height: 844 });
    await open("/?issue=900307");
    await page.locator(".timeline .why", { hasText: "2026.12.1" }).waitFor();
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(390);
    await open("/?q=tidewater");
    await rows().first().waitFor();
    expect(await width()).toBe(390);
  });

  it("is no wider than a window between a phone's and a desk's", async () => {
    await open();
    await connection("live");
    for (const width of [641, 761, 901]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    }
  });

  it("has all its buttons beside its mark on a phone, whatever the connection is called", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.route("**/graphql", failing);
    await open();
    await connection("idle");
    const [mark, ...tools] = await page
      .locator(".mark, .connection, .tools > button")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as DOMRect));
    expect(tools).toHaveLength(3);
    for (const tool of tools) {
      expect(tool.top).toBeLessThan(mark!.bottom);
      expect(tool.bottom).toBeGreaterThan(mark!.top);
      expect(tool.left).toBeGreaterThan(mark!.right);
    }
  });

  // Only the colours are others in the dark, and they alone are the same in a narrow window.
  it.each([
    ["light", 1280, {}],
    ["dark", 1280, { runOnly: ["color-contrast"] }],
    ["light", 320, { rules: { "color-contrast": { enabled: false } } }],
  ] as const)("has no barrier that axe-core finds, %s, %i pixels wide", async (colorScheme, width, rules) => {
    await page.setViewportSize({ width, height: 900 });
    // What moves has no colour to measure.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const found: Record<string, string[]> = {};
    const lastSeen = new Date().toISOString();
    // As long as a project's slug can make it, and nothing in it to break a line at.
    const shortId = "X".repeat(46);
    const shown = { id: `9002${width}`, shortId, title: "", status: "unresolved", lastSeen };
    await deliver("created", { ...shown, substatus: "new" });
    await deliver("unresolved", { ...shown, substatus: "ongoing" });
    await open();
    await rows().first().waitFor();
    found["the list"] = await violations(rules);
    await page.locator("table.issues a.title").first().click();
    await page.locator(".timeline li").first().waitFor();
    await page.getByText("Raw payload").click();
    await page.locator(".raw pre").waitFor();
    found["an issue"] = await violations(rules);
    await open("/?view=statistics");
    await page.locator(".u-over").first().waitFor();
    await page.getByText("As a table").click();
    found["statistics"] = await violations(rules);
    await open("/?view=feed");
    await page.locator(".deliveries").waitFor();
    found["the feed"] = await violations(rules);
    await open("/?q=nothing-like-this");
    await page.getByRole("heading", { name: "No issue matches" }).waitFor();
    found["an empty list"] = await violations(rules);
    await page.keyboard.press("?");
    await page.locator("dialog[open]").waitFor();
    found["the keys"] = await violations(rules);
    await page.route("**/graphql", (route) => route.abort());
    await open();
    await page.locator(".broken-bar").waitFor();
    found["a broken connection"] = await violations(rules);
    await page.unroute("**/graphql");
    expect(found).toEqual({
      "the list": [],
      "an issue": [],
      statistics: [],
      "the feed": [],
      "an empty list": [],
      "the keys": [],
      "a broken connection": [],
    });
  });
});

describe("a reader's own colours", () => {
  it("show what is chosen", async () => {
    await page.emulateMedia({ forcedColors: "active" });
    await open("/?status=all");
    await rows().first().waitFor();
    const colours = (selector: string, property: string) =>
      page
        .locator(selector)
        .evaluateAll((all, name) => all.map((one) => getComputedStyle(one).getPropertyValue(name)), property);
    const [unresolved, resolved, archived, all] = await colours(".segments button", "background-color");
    expect([resolved, archived]).toEqual([unresolved, unresolved]);
    expect(all).not.toBe(unresolved);
    const [issues, statistics, feed] = await colours(".top nav a", "border-bottom-color");
    expect(statistics).toBe(feed);
    expect(issues).not.toBe(feed);
  });
});

describe("a gateway that asks who reads", () => {
  const command = (...args: readonly string[]) =>
    execFileSync(process.execPath, [join(inject("built"), "cli.js"), "token", ...args], {
      env: { PATH: process.env["PATH"], DATABASE_URL: `file:${database}` },
      encoding: "utf8",
    });
  const makeToken = (name: string, ...limits: readonly string[]) =>
    /\biw_\S+/.exec(command("create", "--name", name, "--scope", "read", ...limits))![0];

  /** Resolves once the gateway, which looks for tokens from time to time, asks who reads. */
  const closed = () =>
    expect
      .poll(async () => (await fetch(`${gateway.url}/graphql?query={__typename}`)).status, patiently)
      .toBe(401);

  it("lets people in who have a token, and out again", async () => {
    const token = makeToken("me");
    await closed();
    await open();
    await page.getByText("This gateway shows its issues only to people with a token.").waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patiently).toBe("token");
    await page.keyboard.type("iw_wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("This token is not valid here.").waitFor();
    await page.getByLabel("Token").fill(token);
    await page.getByLabel("Token").press("Enter");
    await rows().first().waitFor();
    await page.reload();
    await connection("live");
    // A token of the scope read is shown no deliveries.
    await page.keyboard.press("3");
    await page.getByText("shown only with an admin token").waitFor();
    for (const answer of [
      (route: Route) => route.abort(),
      (route: Route) => route.fulfill({ status: 429 }),
      (route: Route) => route.fulfill({ status: 502 }),
    ]) {
      await page.route("**/session", answer);
      const said = page.waitForEvent("dialog");
      const clicked = page.getByRole("button", { name: "Sign out" }).click();
      expect((await said).message()).toBe("You could not be signed out: you are still signed in.");
      await (await said).accept();
      await clicked;
      await page.unroute("**/session");
    }
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  it("shows in no tab what was read before somebody signs in or out in another one", async () => {
    const tokens = [makeToken("one tab"), makeToken("another tab")] as const;
    await closed();
    await deliver("created", { id: "900410", title: "Not for everybody", status: "unresolved" });
    await using context = await browser.newContext({ locale: "en-US" });
    context.setDefaultTimeout(60_000);
    const [one, other] = [await context.newPage(), await context.newPage()];
    await one.goto(`${gateway.url}/?issue=900410`);
    await other.goto(gateway.url);
    const signIn = async (token: string) => {
      await other.getByLabel("Token").fill(token);
      await other.getByLabel("Token").press("Enter");
      await other.locator("table.issues").waitFor();
    };
    const shown = one.getByRole("heading", { name: "Not for everybody" });
    await one.getByLabel("Token").waitFor();
    await signIn(tokens[0]);
    await shown.waitFor();
    // Whoever's session ends without a word signs in again, maybe as somebody else.
    await other.evaluate(() => fetch("/session", { method: "DELETE" }));
    await other.reload();
    const again = one.waitForEvent("load");
    await signIn(tokens[1]);
    await again;
    await shown.waitFor();
    await other.getByRole("button", { name: "Sign out" }).click();
    await one.getByRole("heading", { name: "Sign in" }).waitFor();
    await expect.poll(() => one.title(), patiently).toBe("Sign in · Issuewire");
  });

  it("leads to GraphiQL also from another site, with whose links a browser sends no cookie", async () => {
    const token = makeToken("from elsewhere");
    await closed();
    await page.route("http://elsewhere.example/", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<a href="${gateway.url}/graphql?query=%7Bfeed%7Bcursor%7D%7D">GraphiQL</a>`,
      }),
    );
    const follow = async () => {
      await page.goto("http://elsewhere.example/");
      await page.getByRole("link", { name: "GraphiQL" }).click();
    };
    await follow();
    await page.getByLabel("Token").fill(token);
    await page.getByLabel("Token").press("Enter");
    await page.locator(".graphiql-query-editor").waitFor();

    // And also of whoever has signed in already.
    await page.evaluate(() => sessionStorage.clear());
    await follow();
    await page.locator(".graphiql-query-editor").waitFor();
    // Where it leads back here, it does so once.
    await page.evaluate(() => sessionStorage.clear());
    let navigations = 0;
    await page.route("**/graphql?*", async (route) => {
      if (!route.request().isNavigationRequest()) return route.continue();
      navigations++;
      const refused = await fetch(route.request().url(), { headers: { accept: "text/html" } });
      expect(refused.status).toBe(401);
      await route.fulfill({ status: 401, contentType: "text/html", body: await refused.text() });
    });
    await follow();
    await rows().first().waitFor();
    expect(navigations).toBe(2);
  });

  it("says of what no token can be that it is none, and asks the gateway nothing", async () => {
    makeToken("of somebody else");
    await closed();
    let sent = 0;
    page.on("request", (request) => {
      if (new URL(request.url()).pathname === "/session") sent++;
    });
    await open();
    for (const mistyped of ["iw_abc…", "iw_abc\u200b", "iw_a bc", "iw_äbc"]) {
      await page.getByLabel("Token").fill(mistyped);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("This token is not valid: it has characters that no token has.").waitFor();
      await page.reload();
    }
    expect(sent).toBe(0);
  });

  it("shows whoever comes after a revoked token what they may see, and nothing of what was shown before", async () => {
    const all = makeToken("all");
    const query = `{
      projects { nodes { slug issues(filter: { status: { eq: UNRESOLVED } }) { totalCount } } }
      issues(filter: { status: { eq: UNRESOLVED } }) { totalCount }
    }`;
    type Counted = { readonly issues: { readonly totalCount: number } };
    type Found = Counted & { readonly projects: { readonly nodes: readonly (Counted & { slug: string })[] } };
    const { projects, issues } = await ask<Found>(query, { authorization: `Bearer ${all}` });
    const { slug, issues: theirs } = projects.nodes[0]!;
    expect(theirs.totalCount).toBeLessThan(issues.totalCount);
    const one = makeToken("one", "--project", slug);
    const signIn = async (token: string, total: number) => {
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Sign in" }).click();
      const expected = total === 1 ? "1 issue" : `${total} issues`;
      await expect.poll(() => page.locator(".total").innerText(), patiently).toBe(expected);
    };
    await open();
    await signIn(all, issues.totalCount);
    command("revoke", "all");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByText("You are no longer signed in.").waitFor();
    await connection("idle");
    await signIn(one, theirs.totalCount);
    await page.keyboard.press("3");
    const explained = page.getByText("is shown only with a token for all projects");
    await explained.waitFor();
    // As far from what is above and below it as a verdict.
    const [above, it, below] = await Promise.all(
      [page.locator(".feed h1"), explained, page.locator(".feed .facts")].map((part) => part.boundingBox()),
    );
    expect(it!.y - (above!.y + above!.height)).toBe(12);
    expect(below!.y - (it!.y + it!.height)).toBe(12);
    expect(await page.getByText("No delivery has arrived yet").count()).toBe(0);
  });

  it("lets whoever reads without a token sign in where one is needed, and out again", async () => {
    const token = makeToken("reader");
    await gateway.end("SIGKILL");
    gateway = await startProcess({ database, settings: { ALLOW_ANONYMOUS: "read" } });
    await open();
    await rows().first().locator("a.title").click();
    const askForRaw = async () => {
      await page.getByText("Raw payload").click();
      await page.getByText("`raw` needs a token.").waitFor();
    };
    await askForRaw();
    expect(await page.getByRole("button", { name: "Sign out" }).count()).toBe(0);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.getByText("token create --name you --scope read").waitFor();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patiently).toBe("token");
    await page.getByRole("button", { name: "Go back" }).click();
    await page.locator(".timeline li").first().waitFor();
    await connection("live");
    await askForRaw();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.keyboard.press("Tab");
    await page.getByRole("link", { name: "Feed" }).click();
    await page.getByRole("button", { name: "Sign in with one" }).click();
    await page.getByText("token create --name you --scope admin").waitFor();
    await page.goBack();
    await askForRaw();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Token").fill(token);
    await page.getByLabel("Token").press("Enter");
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await page.getByText("Raw payload").click();
    await page.locator(".raw pre").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor({ state: "detached" });
    await page.locator(".timeline li").first().waitFor();
    await askForRaw();
  });
});
