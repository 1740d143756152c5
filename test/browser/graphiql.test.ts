import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createSender } from "../../src/simulate/sender.ts";
import { liveTraffic } from "../../src/simulate/traffic.ts";
import { secret, startProcess, type GatewayProcess } from "../process/gateway.ts";
import { postIssue } from "../process/post.ts";
import { openBrowser } from "./chromium.ts";

// A browser beside a gateway beside other tests, on two cores: none of it waits this long when all is well.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let gateway: GatewayProcess;
let browser: Browser;
let page: Page;
const elsewhere: string[] = [];
const traffic = liveTraffic({ seed: 5, secret, issues: 20, rate: 20, now: Date.now })[Symbol.iterator]();

async function send(count: number): Promise<void> {
  using sender = createSender({ url: new URL(gateway.url), connections: 1, bearer: null });
  for (let sent = 0; sent < count; sent++) await sender.send(traffic.next().value!);
}

beforeAll(async () => {
  // What GraphiQL asks it asks once, and the threads that count take their time to start on a busy machine.
  const settings = { LIMIT_SECONDS: "100" };
  [gateway, browser] = await Promise.all([startProcess({ settings }), openBrowser()]);
  await send(20);
  page = await browser.newPage({ locale: "en-US", viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(60_000);
  page.on("request", (request) => {
    if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(gateway.url))
      elsewhere.push(request.url());
  });
  await page.goto(`${gateway.url}/graphql`);
});

afterAll(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

async function openTab(name: string): Promise<void> {
  // Not a click at a place: the tabs slide in, and a pointer would grab one of them.
  await page.getByRole("button", { name, exact: true }).dispatchEvent("click");
  await page.locator(".graphiql-query-editor").getByText(name).first().waitFor();
  // GraphiQL sees a moment later what the operation of a tab is called, and until then asks for that of the last one.
  await page.waitForFunction((operation) => {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem("graphiql:tabState") ?? "{}") as {
      readonly tabs?: readonly { readonly operationName: string | null }[];
      readonly activeTabIndex?: number;
    };
    return tabs?.[activeTabIndex ?? 0]?.operationName === operation;
  }, name);
}

const execute = () => page.getByRole("button", { name: /execute query/i }).click();

/** What GraphiQL's response pane holds. */
const response = () => page.locator(".graphiql-response .view-lines").innerText();

describe("GraphiQL", () => {
  it("opens with tabs that answer as they are", async () => {
    await openTab("OpenIssues");
    await execute();
    await expect.poll(response, { timeout: 60_000 }).toContain("totalCount");
    await openTab("Statistics");
    await execute();
    await expect.poll(response, { timeout: 60_000 }).toContain("byStatus");
    expect(elsewhere).toEqual([]);
  });

  it("lists every event of a subscription, the newest first", async () => {
    await openTab("OpenIssuesLive");
    const subscribed = page.waitForResponse(
      (answer) => answer.headers()["content-type"]?.startsWith("text/event-stream") ?? false,
    );
    await execute();
    await subscribed;
    await send(30);
    const events = async () => [...(await response()).matchAll(/issueChanged/g)].length;
    await expect.poll(events, { timeout: 60_000 }).toBeGreaterThan(1);
    expect(elsewhere).toEqual([]);
  });

  it("asks nothing of a host that an issue's title names, which it takes for a picture to show", async () => {
    expect(await postIssue(gateway.url, 1, "///elsewhere.example/x.png")).toBe(202);
    const other = await browser.newPage({ locale: "en-US", viewport: { width: 1440, height: 900 } });
    other.setDefaultTimeout(60_000);
    const asked: string[] = [];
    await other.route("**elsewhere.example/**", async (route) => {
      asked.push(route.request().method());
      await route.abort();
    });
    const query = '{ issue(sentryId: "1") { title } }';
    await other.goto(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`);
    await other.getByRole("button", { name: /execute query/i }).click();
    await other.locator(".graphiql-response .view-lines").getByText("elsewhere.example").hover();
    // Its picture could not be loaded, and it says nothing of its size and type: both were asked for, and not sent.
    const picture = other.locator('img[src*="elsewhere.example"]');
    await picture.waitFor({ state: "attached" });
    await expect
      .poll(() => picture.evaluate((image: HTMLImageElement) => image.complete), { timeout: 60_000 })
      .toBe(true);
    expect(asked).toEqual([]);
    await other.close();
  });

  it("keeps the events that it listed when the gateway dies, and says that it is over", async () => {
    const other = await browser.newPage({ locale: "en-US", viewport: { width: 1440, height: 900 } });
    other.setDefaultTimeout(60_000);
    const query = "subscription { issueChanged { kind } }";
    await other.goto(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`);
    const subscribed = other.waitForResponse(
      (answer) => answer.headers()["content-type"]?.startsWith("text/event-stream") ?? false,
    );
    await other.getByRole("button", { name: /execute query/i }).click();
    await subscribed;
    await send(10);
    const shown = other.locator(".graphiql-response .view-lines");
    await shown.getByText("issueChanged").first().waitFor();
    await gateway.end("SIGKILL");
    await shown.getByText("The stream broke").waitFor();
    await shown.getByText("issueChanged").first().waitFor();
    await other.close();
  });
});
