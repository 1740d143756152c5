import { join } from "node:path";
import type { Page } from "playwright-core";
import { parseConfig } from "../src/config.ts";
import { startGateway } from "../src/server.ts";
import { liveTraffic } from "../src/sentry/simulate/traffic.ts";
import { createSender } from "../src/sentry/simulate/sender.ts";
import { openBrowser } from "../test/browser/chromium.ts";
import { temporaryFolder } from "../test/store/open.ts";

/** Takes the README's pictures of a gateway that simulated traffic runs through: `npm run screenshots`. */

const secret = "a secret of the pictures";

using folder = temporaryFolder();
await using gateway = await startGateway(
  parseConfig({
    PORT: "0",
    DATABASE_URL: `file:${join(folder.path, "issuewire.db")}`,
    SENTRY_CLIENT_SECRET: secret,
    LOG_LEVEL: "warn",
  }),
);
const browser = await openBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1 });
  await graphiql(page);
  await page.screenshot({ path: join(import.meta.dirname, "graphiql.png") });
} finally {
  await browser.close();
}

/** GraphiQL with a live subscription that shows what the simulator sends. */
async function graphiql(page: Page): Promise<void> {
  await page.goto(`${gateway.url}/graphql`);
  // Not a click at a place: the tabs slide in, and a pointer would grab one of them.
  await page.getByRole("button", { name: "OpenIssuesLive" }).dispatchEvent("click");
  await page.locator(".graphiql-query-editor").getByText("subscription").first().waitFor();
  const subscribed = page.waitForResponse(
    (response) => response.headers()["content-type"] === "text/event-stream",
  );
  await page.getByRole("button", { name: /execute query/i }).click();
  await subscribed;
  await send(60);
  await page.locator(".graphiql-response .view-line", { hasText: "occurredAt" }).waitFor();
}

/** Sends so many webhooks of live traffic, one by one. */
async function send(count: number): Promise<void> {
  using sender = createSender({ url: new URL(gateway.url), connections: 1, bearer: null });
  let sent = 0;
  for (const webhook of liveTraffic({ seed: 4, secret, issues: 40, rate: 20, now: Date.now })) {
    await sender.send(webhook);
    if (++sent === count) return;
  }
}
