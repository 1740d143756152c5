import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createMetrics, measureWhenAsked } from "../../src/observability/metrics.ts";

/** Seconds. */
function delayOf(text: string, percentile: number): number {
  const found = new RegExp(`^issuewire_event_loop_delay_seconds\\{percentile="${percentile}"\\} (.*)$`, "m");
  return Number(found.exec(text)?.[1]);
}

function block(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

it.each([
  ["deliveries_total", 'outcome="QUARANTINED"', 5],
  ["deliveries_refused_total", 'code="SIGNATURE_INVALID"', 10],
  ["deliveries_not_kept_total", 'code="STORAGE_UNAVAILABLE"', 2],
  ["sent_at_adjusted_total", 'reason="too late"', 4],
  ["slow_consumers_total", 'transport="sse"', 2],
  ["subscribers", 'transport="websocket"', 2],
])(
  "counts %s from 0 under each label, so that Prometheus sees the first increase",
  async (name, label, labels) => {
    const text = await createMetrics().registry.metrics();
    expect(text).toContain(`issuewire_${name}{${label}} 0\n`);
    expect(text.match(new RegExp(`^issuewire_${name}\\{.*\\} 0$`, "gm"))).toHaveLength(labels);
  },
);

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

describe("the delay of the event loop", () => {
  /** What was done with it, and nanoseconds from one look to the next by percentile: as long as asked for, and so much more. */
  function scripted(lateMs: Readonly<Record<number, number>>) {
    const done: string[] = [];
    const watch = ({ resolution }: { readonly resolution: number }) => ({
      enable: () => done.push("enabled") > 0,
      disable: () => done.push("disabled") > 0,
      percentile: (percentile: number) => (resolution + lateMs[percentile]!) * 1e6,
      reset: () => void done.push("begun anew"),
    });
    return { watch, done };
  }

  it("is what looks were apart for longer than they are to be, since it was last asked", async () => {
    const { watch, done } = scripted({ 50: -1, 99: 3, 100: 500 });
    using metrics = createMetrics(watch);
    expect(done).toEqual(["enabled"]);
    const text = await metrics.registry.metrics();
    expect(delayOf(text, 50)).toBe(0);
    expect(delayOf(text, 99)).toBeCloseTo(0.003, 6);
    expect(delayOf(text, 100)).toBeCloseTo(0.5, 6);
    expect(done).toEqual(["enabled", "begun anew"]);
  });

  it("is looked at no more once the metrics are disposed of", () => {
    const { watch, done } = scripted({});
    createMetrics(watch)[Symbol.dispose]();
    expect(done).toEqual(["enabled", "disabled"]);
  });

  it("is that of this process", async () => {
    using metrics = createMetrics();
    const blocked = async () => {
      // As long as there is no look before, nothing is measured.
      block(100);
      // The first turn still ends the round that was blocked; the look that is late is in the next.
      await turn();
      await turn();
      return delayOf(await metrics.registry.metrics(), 100);
    };
    await expect.poll(blocked).toBeGreaterThan(0.05);
  });
});
