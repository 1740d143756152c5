import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createProcessMetrics } from "../../src/observability/process-metrics.ts";

/** The value of a series, by its name and labels. */
async function valueOf(registry: Registry, series: string): Promise<number> {
  const line = (await registry.metrics()).split("\n").find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}

describe("the delay of the event loop", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** The event loop is looked at after each of these times, in milliseconds. */
  function lookedAtAfter(registry: Registry, times: readonly number[]): Disposable {
    const clock = { now: 1_000 };
    const watch = createProcessMetrics(registry, () => clock.now);
    for (const time of times) {
      clock.now += time;
      vi.advanceTimersByTime(50);
    }
    return watch;
  }

  it("is what looks were apart for longer than they are to be, whoever has asked before", async () => {
    const registry = new Registry();
    using _watch = lookedAtAfter(registry, [49, 50, 53, 550]);
    await registry.metrics();
    const delay = "issuewire_event_loop_delay_seconds";
    expect(await valueOf(registry, `${delay}_count`)).toBe(4);
    expect(await valueOf(registry, `${delay}_sum`)).toBeCloseTo(0.503, 6);
    expect(await valueOf(registry, `${delay}_bucket{le="0.005"}`)).toBe(3);
    expect(await valueOf(registry, `${delay}_bucket{le="0.5"}`)).toBe(4);
  });

  it("is looked at no more once the metrics are disposed of", () => {
    lookedAtAfter(new Registry(), [50])[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the process's own figures", () => {
  it.each([
    ["process_start_time_seconds", () => Date.now() / 1000 - process.uptime()],
    ["process_cpu_seconds_total", () => process.cpuUsage().user / 1e6],
    ["process_resident_memory_bytes", () => process.memoryUsage().rss],
    ["nodejs_heap_size_total_bytes", () => process.memoryUsage().heapTotal],
    ["nodejs_heap_size_used_bytes", () => process.memoryUsage().heapUsed],
    ["nodejs_external_memory_bytes", () => process.memoryUsage().external],
  ])("have %s in the unit of its name", async (name, own) => {
    const registry = new Registry();
    using _watch = createProcessMetrics(registry);
    // Neither a thousandth of it nor thousandfold.
    expect((await valueOf(registry, name)) / own()).toBeGreaterThan(0.05);
    expect((await valueOf(registry, name)) / own()).toBeLessThan(20);
  });

  it("count CPU time from the start of the process, however often they are asked for", async () => {
    const registry = new Registry();
    using _watch = createProcessMetrics(registry);
    await registry.metrics();
    const { user, system } = process.cpuUsage();
    const counted = await valueOf(registry, "process_cpu_seconds_total");
    expect(counted).toBeGreaterThanOrEqual((user + system) / 1e6);
    expect(counted).toBeLessThan((2 * (user + system)) / 1e6);
  });
});
