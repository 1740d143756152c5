import { getHeapStatistics } from "node:v8";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** How often the event loop is looked at, in milliseconds: more often would cost an idle process more than all else. */
const lookEveryMs = 50;

/**
 * Adds figures of the process itself, under the usual names. prom-client's own would reset the delay of the event loop
 * at each scrape, list all sockets, and watch on after their gateway has ended.
 *
 * Disposing them ends the watch over the event loop.
 */
export function createProcessMetrics(
  registry: Registry,
  /** Milliseconds of a monotonic clock. */
  now: () => number = performance.now.bind(performance),
): Disposable {
  const registers = [registry];
  const startedAt = Date.now() / 1000 - process.uptime();
  new Gauge({
    registers,
    name: "process_start_time_seconds",
    help: "When the process started, in Unix time.",
  }).set(startedAt);
  new Counter({
    registers,
    name: "process_cpu_seconds_total",
    help: "CPU time that all threads have used.",
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      registers,
      name,
      help,
      collect() {
        this.set(value());
      },
    });
  gauge("process_resident_memory_bytes", "Memory that the process uses.", () => process.memoryUsage.rss());
  gauge(
    "nodejs_heap_size_total_bytes",
    "The size of the main thread's heap.",
    () => getHeapStatistics().total_heap_size,
  );
  gauge(
    "nodejs_heap_size_used_bytes",
    "How much of the main thread's heap is in use.",
    () => getHeapStatistics().used_heap_size,
  );
  gauge(
    "nodejs_external_memory_bytes",
    "Memory outside the heap that the main thread's objects hold.",
    () => getHeapStatistics().external_memory,
  );

  const delay = new Histogram({
    registers,
    name: "issuewire_event_loop_delay_seconds",
    help: "Event-loop delay, sampled twenty times a second. Whatever blocks the loop delays every response.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  });
  let lookedAt = now();
  const looking = setInterval(() => {
    const at = now();
    delay.observe(Math.max(0, at - lookedAt - lookEveryMs) / 1000);
    lookedAt = at;
  }, lookEveryMs);
  looking.unref();
  return { [Symbol.dispose]: () => clearInterval(looking) };
}
