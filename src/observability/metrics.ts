import { setTimeout as wait } from "node:timers/promises";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { deliveryOutcomes } from "../domain/delivery.ts";
import { createProcessMetrics } from "./process-metrics.ts";
import { refusals } from "./refusals.ts";

/** Why a signed webhook was answered 503. */
const notKeptCodes = ["STORAGE_UNAVAILABLE", "OVERLOADED"] as const;
export type NotKeptCode = (typeof notKeptCodes)[number];

/** Why `Sentry-Hook-Timestamp` was not used as the time at which a delivery was sent. */
const timestampFaults = ["missing", "unreadable", "too early", "too late"] as const;
export type TimestampFault = (typeof timestampFaults)[number];

/** How a subscription is served. */
export const transports = ["sse", "websocket"] as const;
export type Transport = (typeof transports)[number];

/** What `/metrics` shows. Names are a promise to dashboards: they change only with a line in the changelog. */
export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Creates the metrics in a registry of their own, so that several gateways can run in one process. Disposing them stops
 * the watch over the event loop.
 */
export function createMetrics() {
  const registers = [new Registry()];
  const metrics = {
    registry: registers[0]!,
    deliveries: new Counter({
      registers,
      name: "issuewire_deliveries_total",
      help: "Signed webhooks kept, by outcome.",
      labelNames: ["outcome"],
    }),
    deliveriesRefused: new Counter({
      registers,
      name: "issuewire_deliveries_refused_total",
      help: "Requests to the webhook route that were refused, by code.",
      labelNames: ["code"],
    }),
    deliveriesNotKept: new Counter({
      registers,
      name: "issuewire_deliveries_not_kept_total",
      help: "Signed webhooks answered 503, by code. Internal integrations never send them again.",
      labelNames: ["code"],
    }),
    sentAtAdjusted: new Counter({
      registers,
      name: "issuewire_sent_at_adjusted_total",
      help: "Deliveries whose Sentry-Hook-Timestamp was missing or implausible, by reason.",
      labelNames: ["reason"],
    }),
    ackSeconds: new Histogram({
      registers,
      name: "issuewire_ack_seconds",
      help: "From the last byte of a webhook's body to its 202. Sentry waits for one second.",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.7, 1],
    }),
    commitSeconds: new Histogram({
      registers,
      name: "issuewire_commit_seconds",
      help: "One write transaction, from its start to its commit.",
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
    }),
    commitDeliveries: new Histogram({
      registers,
      name: "issuewire_commit_deliveries",
      help: "Deliveries in one write transaction.",
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    }),
    logEntries: new Counter({
      registers,
      name: "issuewire_log_entries_total",
      help: "Entries appended to the log.",
    }),
    subscribers: new Gauge({
      registers,
      name: "issuewire_subscribers",
      help: "Subscriptions being served, by transport.",
      labelNames: ["transport"],
    }),
    slowConsumers: new Counter({
      registers,
      name: "issuewire_slow_consumers_total",
      help: "Connections of subscribers that were cut because they read nothing, or too little, by transport.",
      labelNames: ["transport"],
    }),
    toldSeconds: new Histogram({
      registers,
      name: "issuewire_told_seconds",
      help: "From a webhook's arrival to its entry having been written to all live subscribers of one operation.",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    }),
    graphqlErrors: new Counter({
      registers,
      name: "issuewire_graphql_internal_errors_total",
      help: "GraphQL fields that failed with INTERNAL_SERVER_ERROR.",
    }),
    process: createProcessMetrics(registers[0]!),
    [Symbol.dispose]: () => metrics.process[Symbol.dispose](),
  };
  // Prometheus sees no increase in a series that begins at 1, so the first lost webhook would raise no alarm.
  for (const outcome of deliveryOutcomes) metrics.deliveries.inc({ outcome }, 0);
  for (const code of Object.keys(refusals)) metrics.deliveriesRefused.inc({ code }, 0);
  for (const code of notKeptCodes) metrics.deliveriesNotKept.inc({ code }, 0);
  for (const reason of timestampFaults) metrics.sentAtAdjusted.inc({ reason }, 0);
  for (const transport of transports) {
    metrics.subscribers.inc({ transport }, 0);
    metrics.slowConsumers.inc({ transport }, 0);
  }
  return metrics;
}

/** Values that are measured at each scrape; undefined while unknown. */
export type Measured = {
  /** Deliveries that wait to be written. */
  readonly queue: () => Promise<number>;
  /** Seconds since the end of the log was last seen. */
  readonly tailLagSeconds: () => number;
  /** Bytes of the database's write-ahead log. */
  readonly walBytes: () => Promise<number | undefined>;
  /** Seconds since the last signed webhook was received, by any process. */
  readonly silenceSeconds: () => Promise<number | undefined>;
};

/** The longest wait for one value, in milliseconds. A scraper waits some seconds, and then gets no metrics at all. */
const mostMs = 1_000;

/** Adds gauges that are measured at each scrape. A value that fails or takes too long is left out. */
export function measureWhenAsked({ registry }: Pick<Metrics, "registry">, measured: Measured): void {
  const gauge = (name: string, help: string, value: () => number | undefined | Promise<number | undefined>) =>
    new Gauge({
      registers: [registry],
      name,
      help,
      async collect() {
        const late = wait(mostMs, undefined, { ref: false });
        const measuredNow = await Promise.race([value(), late]).catch(() => undefined);
        if (measuredNow === undefined) this.remove();
        else this.set(measuredNow);
      },
    });
  gauge("issuewire_write_queue", "Deliveries that wait to be written.", measured.queue);
  gauge(
    "issuewire_tail_lag_seconds",
    "Seconds since the end of the log was last read: subscribers lag by at most this.",
    measured.tailLagSeconds,
  );
  gauge("issuewire_wal_bytes", "The size of SQLite's write-ahead log.", measured.walBytes);
  gauge(
    "issuewire_feed_silence_seconds",
    "Seconds since the last signed webhook was received; absent until there is one.",
    measured.silenceSeconds,
  );
}
