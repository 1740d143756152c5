import { describe, expect, it } from "vitest";
import { positionOf } from "../../src/domain/cursor.ts";
import { openBrowser } from "../browser/chromium.ts";
import { startProcess } from "./gateway.ts";
import { comeAndGo } from "./cycles.ts";
import { drains } from "./drain.ts";
import { survivesHandovers } from "./handover.ts";
import { sendAndJournal } from "./journal.ts";
import { freePort } from "../free-port.ts";
import { oldestCursor, seqsOf, survivesRestarts } from "./restarts.ts";

describe("those who follow a gateway", () => {
  it("leave nothing behind, however they go", { timeout: 120_000 }, async () => {
    const { before, after, subscribers } = await comeAndGo(600);
    expect(subscribers).toBe(0);
    // The gateway itself opens a few files more or less.
    expect(after.handles).toBeLessThan(before.handles + 10);
  });

  it(
    "miss nothing and have nothing twice, over SSE and WebSocket, however it dies and comes back",
    { timeout: 120_000 },
    async () => {
      const { entries, resumes } = await survivesRestarts({
        deaths: ["SIGKILL", "SIGTERM", "SIGKILL", "SIGTERM"],
        followers: 5,
      });
      expect(entries).toBeGreaterThan(0);
      expect(resumes).toBeGreaterThanOrEqual(4 * 10);
    },
  );

  it(
    "have the next list from a list and what followed its cursor, 200 times",
    { timeout: 120_000 },
    async () => {
      const { entries } = await survivesHandovers(200);
      expect(entries).toBeGreaterThan(200);
    },
  );

  it("are sent elsewhere when it is told to stop, while it still takes webhooks in", async () => {
    const { seconds: _, ...drained } = await drains({
      subscribers: 5,
      webhooks: 10,
      drainDelay: "PT1H",
      isHurried: true,
    });
    expect(drained).toEqual({
      answers: { 202: 10 },
      streams: 5,
      closed: { 1012: 5 },
      ready: 503,
      late: "202",
      exitCode: 0,
    });
  });

  it(
    "need nothing but a browser: EventSource comes back by itself, and goes on where it was",
    { timeout: 120_000 },
    async () => {
      const settings = { PORT: String(await freePort()) };
      await using first = await startProcess({ settings });
      const { url, database } = first;
      await using browser = await openBrowser();
      const page = await browser.newPage();
      await page.goto(`${url}/health/live`);
      const query = "subscription ($after: Cursor) { issueChanged(after: $after) { cursor } }";
      const variables = JSON.stringify({ after: await oldestCursor(url) });
      // Runs in the page, which knows nothing of this file.
      await page.evaluate(`
        globalThis.told = [];
        globalThis.stream = new EventSource("/graphql?" + new URLSearchParams(${JSON.stringify({ query, variables })}));
        stream.addEventListener("next", ({ data }) => told.push(JSON.parse(data).data.issueChanged.cursor));
      `);
      const round = async (number: number) => {
        const stop = new AbortController();
        const sending = sendAndJournal(url, { connections: 2, signal: stop.signal, round: number });
        await page.waitForFunction(`told.length > ${number * 50 + 50}`);
        return { stop: () => stop.abort(), sending };
      };
      const before = await round(0);
      await first.end("SIGKILL");
      before.stop();
      await before.sending;
      await using again = await startProcess({ database, settings });
      const after = await round(1);
      after.stop();
      await after.sending;
      const logged = seqsOf(database);
      await page.waitForFunction(`told.length >= ${logged.length}`);
      const told = await page.evaluate<readonly string[]>("told");
      expect(told.map((cursor) => positionOf(cursor)!.seq)).toEqual(logged);
      expect(await again.end("SIGTERM")).toBe(0);
    },
  );
});
