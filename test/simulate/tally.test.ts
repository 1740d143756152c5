import { expect, it } from "vitest";
import { summaryOf } from "../../src/simulate/summary.ts";
import { createTally } from "../../src/simulate/tally.ts";
import type { Arrival, Webhook, WebhookKind } from "../../src/simulate/webhook.ts";

function webhook(what: WebhookKind, issueId: string | null, arrival: Arrival = "prompt"): Webhook {
  return { body: Buffer.from("{}"), headers: {}, issueId, dueAt: 0, what, arrival };
}

function aRun() {
  const tally = createTally();
  tally.sent(webhook("created", "1"));
  tally.sent(webhook("created", "2", "late"));
  tally.sent(webhook("resolved", "1"));
  tally.sent(webhook("resolved", "1", "repeated"));
  tally.sent(webhook("installation", null));
  tally.lost();
  tally.answered({ is: "answered", status: 202, word: "APPLIED", milliseconds: 4 });
  tally.answered({ is: "answered", status: 202, word: "APPLIED", milliseconds: 2 });
  tally.answered({ is: "answered", status: 202, word: "DUPLICATE", milliseconds: 3 });
  tally.answered({ is: "answered", status: 503, word: "OVERLOADED", milliseconds: 1_200 });
  tally.answered({ is: "failed", reason: "ECONNRESET" });
  return tally.counts();
}

it("says what was sent, what was answered, and how to do it again", () => {
  const summary = summaryOf({
    counts: aRun(),
    elapsedMs: 2_000,
    repeat: "npm run simulate -- --seed 7",
    url: "http://127.0.0.1:4000",
  });
  expect(summary).toMatchInlineSnapshot(`
    "Sent 5 webhooks about 2 issues in 2.0 s (2.5/s)
      created 2 · resolved 2 · installation 1
      duplicates 1 · late 1, both counted above · lost on purpose 1
    Answered
      202 APPLIED 2 · 202 DUPLICATE 1 · 503 OVERLOADED 1 · ECONNRESET 1
      p50 3.0 ms · p99 1191.3 ms · max 1200.0 ms
      1 took longer than the second that Sentry waits

    The same again:
      npm run simulate -- --seed 7
    Have a look, at http://127.0.0.1:4000/graphql:
      {
        issues(first: 10) { totalCount nodes { shortId title status substatus } }
        transitions(first: 10) { nodes { occurredAt kind source issue { shortId title } } }
      }"
  `);
});

it("knows latencies within one percent, however many there are", () => {
  const tally = createTally();
  for (let ms = 1; ms <= 10_000; ms++)
    tally.answered({ is: "answered", status: 202, word: null, milliseconds: ms });
  const { latency } = tally.counts();
  expect(Math.abs((latency.percentile(0.5) ?? 0) / 5_000 - 1)).toBeLessThan(0.0101);
  expect(Math.abs((latency.percentile(0.99) ?? 0) / 9_900 - 1)).toBeLessThan(0.0101);
  expect(latency.max).toBe(10_000);
});

it("has no latency to tell before the first answer", () => {
  const { latency } = createTally().counts();
  expect([latency.percentile(0.5), latency.max]).toEqual([null, null]);
});

it("has no percentile above the slowest answer", () => {
  const tally = createTally();
  for (let tenth = 10; tenth < 30; tenth++) {
    const milliseconds = tenth / 10;
    tally.answered({ is: "answered", status: 202, word: "APPLIED", milliseconds });
    expect(tally.counts().latency.percentile(0.99)).toBeLessThanOrEqual(milliseconds);
  }
});
