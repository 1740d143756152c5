import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { createMetrics, measureWhenAsked } from "../../src/observability/metrics.ts";

/** Seconds. */
async function eventLoopDelay({ registry }: ReturnType<typeof createMetrics>, percentile: number) {
  const text = await registry.metrics();
  const found = new RegExp(`^issuewire_event_loop_delay_seconds\\{percentile="${percentile}"\\} (.*)$`, "m");
  return Number(found.exec(text)?.[1]);
}

function block(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

it("counts what is not kept from 0, so that Prometheus sees the first increase", async () => {
  const text = await createMetrics().registry.metrics();
  for (const code of ["STORAGE_UNAVAILABLE", "OVERLOADED"])
    expect(text).toContain(`issuewire_deliveries_not_kept_total{code="${code}"} 0\n`);
});

it("gives no label a name that Prometheus keeps for its own", async () => {
  const text = await createMetrics().registry.metrics();
  expect(text).not.toMatch(/[{,](?:quantile|job|instance)=/);
});

it("leaves out what takes too long to measure, and shows the rest", async () => {
  const metrics = createMetrics();
  const never = () => new Promise<never>(() => {});
  measureWhenAsked(metrics, {
    queue: never,
    tailLagSeconds: () => 7,
    walBytes: never,
    silenceSeconds: never,
  });
  const text = await metrics.registry.metrics();
  expect(text).toContain("issuewire_tail_lag_seconds 7\n");
  expect(text).not.toMatch(/^issuewire_write_queue /m);
});

it("says how late the event loop was, and of an idle one that it was not", async () => {
  using metrics = createMetrics();
  // What is measured is an idle loop, which takes time.
  await wait(300);
  expect(await eventLoopDelay(metrics, 50)).toBeLessThan(0.01);
  setTimeout(() => block(200), 50);
  await wait(300);
  expect(await eventLoopDelay(metrics, 100)).toBeGreaterThan(0.15);
});

it("looks at the event loop no more once it is disposed of", async () => {
  const metrics = createMetrics();
  metrics[Symbol.dispose]();
  setTimeout(() => block(200), 50);
  await wait(300);
  expect(await eventLoopDelay(metrics, 100)).toBe(0);
});
