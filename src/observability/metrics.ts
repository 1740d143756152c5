import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What `/metrics` shows. Names are a promise to dashboards: they change only with a line in the changelog. */
export type Metrics = ReturnType<typeof createMetrics>;

/** A registry of its own, so that several gateways can live in one process. */
export function createMetrics() {
  const registers = [new Registry()];
  return {
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
      help: "Deliveries whose Sentry-Hook-Timestamp was missing or could not be true, by reason.",
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
      help: "One write transaction, from its begin to its commit.",
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
      help: "Connections of subscribers that were cut because they read nothing, by transport.",
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
  };
}
