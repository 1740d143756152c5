import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { parseConfig } from "../src/config.ts";
import { startGateway } from "../src/server/gateway.ts";
import { liveTraffic, pastTraffic } from "../src/simulate/traffic.ts";
import { createSender } from "../src/simulate/sender.ts";
import { openBrowser } from "../test/browser/chromium.ts";
import { temporaryFolder } from "../test/store/open.ts";

/** Takes the README's pictures of a gateway that simulated traffic runs through: `npm run screenshots`. */

const secret = "a secret of the pictures";
const dayMs = 86_400_000;

using folder = temporaryFolder();
await using gateway = await startGateway(
  parseConfig({
    PORT: "0",
    DATABASE_URL: `file:${join(folder.path, "issuewire.db")}`,
    SENTRY_CLIENT_SECRET: secret,
    LOG_LEVEL: "warn",
  }),
  { threads: pathToFileURL(join(import.meta.dirname, "../dist/")) },
);
using sender = createSender({ url: new URL(gateway.url), connections: 1, bearer: null });
// Another seed than the past's: these are other issues.
const live = liveTraffic({ seed: 5, secret, issues: 40, rate: 20, now: Date.now })[Symbol.iterator]();

const past = { seed: 4, secret, issues: 120, from: Date.now() - 30 * dayMs, to: Date.now() };
for (const webhook of pastTraffic(past)) await sender.send(webhook);

const browser = await openBrowser();
try {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    colorScheme: "light",
  });
  await board(page);
  await picture(page, "board");
  await statistics(page);
  await picture(page, "statistics");
  await page.emulateMedia({ colorScheme: "dark" });
  await history(page);
  await picture(page, "issue");
  await page.setViewportSize({ width: 1440, height: 900 });
  await graphiql(page);
  await picture(page, "graphiql");
} finally {
  await browser.close();
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(import.meta.dirname, `${name}.png`) });
}

/** The board while issues enter, change and leave. */
async function board(page: Page): Promise<void> {
  await page.goto(gateway.url);
  await page.locator(".connection.live").waitFor();
  await send(25);
  await page.locator("table.issues tr.entered").first().waitFor();
}

async function statistics(page: Page): Promise<void> {
  await page.goto(`${gateway.url}/?view=statistics`);
  await page.locator(".u-over").first().waitFor();
}

/** An issue of which no webhook told a part. */
async function history(page: Page): Promise<void> {
  const query = "{ transitions(first: 1, filter: { source: [INFERRED] }) { nodes { issue { sentryId } } } }";
  const response = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent(query)}`);
  const { data } = (await response.json()) as {
    readonly data: {
      readonly transitions: { readonly nodes: readonly { readonly issue: { readonly sentryId: string } }[] };
    };
  };
  await page.goto(`${gateway.url}/?issue=${data.transitions.nodes[0]!.issue.sentryId}`);
  await page.locator(".timeline .inferred").first().waitFor();
}

/** GraphiQL with a live subscription that shows what the simulator sends. */
async function graphiql(page: Page): Promise<void> {
  await page.goto(`${gateway.url}/graphql`);
  // Not a click at a place: the tabs slide in, and a pointer would grab one of them.
  await page.getByRole("button", { name: "OpenIssuesLive" }).dispatchEvent("click");
  await page.locator(".graphiql-query-editor").getByText("subscription").first().waitFor();
  const subscribed = page.waitForResponse(
    (response) => response.headers()["content-type"]?.startsWith("text/event-stream") ?? false,
  );
  await page.getByRole("button", { name: /execute query/i }).click();
  await subscribed;
  await send(60);
  await page.locator(".graphiql-response .view-line", { hasText: "occurredAt" }).first().waitFor();
}

/** Sends so many webhooks of live traffic, one by one. */
async function send(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) await sender.send(live.next().value!);
}
