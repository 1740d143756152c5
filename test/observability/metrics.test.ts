import { expect, it } from "vitest";
import { createMetrics, measureWhenAsked } from "../../src/observability/metrics.ts";

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
