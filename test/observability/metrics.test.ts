import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { createMetrics } from "../../src/observability/metrics.ts";

/** Seconds. */
async function eventLoopDelay({ registry }: ReturnType<typeof createMetrics>, quantile: number) {
  const text = await registry.metrics();
  const found = new RegExp(`^issuewire_event_loop_delay_seconds\\{quantile="${quantile}"\\} (.*)$`, "m");
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

it("says how late the event loop was, and of an idle one that it was not", async () => {
  const metrics = createMetrics();
  // What is measured is an idle loop, which takes time.
  await wait(300);
  expect(await eventLoopDelay(metrics, 0.5)).toBeLessThan(0.01);
  setTimeout(() => block(200), 50);
  await wait(300);
  expect(await eventLoopDelay(metrics, 1)).toBeGreaterThan(0.15);
});
