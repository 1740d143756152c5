import type { Answer } from "./sender.ts";
import type { Arrival, Webhook, WebhookKind } from "./webhook.ts";

/** What a run has done so far. */
export type Counts = {
  readonly sent: number;
  readonly issues: number;
  readonly byKind: ReadonlyMap<WebhookKind, number>;
  readonly byArrival: ReadonlyMap<Arrival, number>;
  readonly lost: number;
  /** Answered by anything but 2xx, or not at all. */
  readonly notKept: number;
  /** By status and word, such as `202 APPLIED`, or by the reason why there was no answer. */
  readonly byAnswer: ReadonlyMap<string, number>;
  /** Answers that Sentry would not have waited for. */
  readonly slow: number;
  readonly latency: Latency;
};

/** In milliseconds, accurate to one percent; null while nothing was answered. */
type Latency = {
  readonly percentile: (share: number) => number | null;
  readonly max: number | null;
};

export type Tally = {
  readonly sent: (webhook: Webhook) => void;
  readonly lost: () => void;
  readonly answered: (answer: Answer) => void;
  readonly counts: () => Counts;
};

/** Sentry gives up on an answer after so long. */
const sentryWaitsMs = 1_000;

/** Creates a tally, whose size grows with the number of issues but not of webhooks. */
export function createTally(): Tally {
  const byKind = new Map<WebhookKind, number>();
  const byArrival = new Map<Arrival, number>();
  const byAnswer = new Map<string, number>();
  const issues = new Set<string>();
  const latency = createLatency();
  let sent = 0;
  let notKept = 0;
  let lost = 0;
  let slow = 0;
  return {
    sent: ({ what, arrival, issueId }) => {
      sent++;
      if (issueId !== null) issues.add(issueId);
      count(byKind, what);
      count(byArrival, arrival);
    },
    lost: () => lost++,
    answered: (answer) => {
      switch (answer.is) {
        case "answered":
          if (answer.status < 200 || answer.status > 299) notKept++;
          count(byAnswer, answer.word === null ? `${answer.status}` : `${answer.status} ${answer.word}`);
          latency.add(answer.milliseconds);
          if (answer.milliseconds > sentryWaitsMs) slow++;
          return;
        case "failed":
          notKept++;
          count(byAnswer, answer.reason);
          return;
      }
    },
    counts: () => ({ sent, issues: issues.size, byKind, byArrival, lost, notKept, byAnswer, slow, latency }),
  };
}

/** A histogram whose buckets grow by two percent, from a microsecond on. */
function createLatency(): Latency & { readonly add: (milliseconds: number) => void } {
  const leastMs = 0.001;
  const growth = Math.log(1.02);
  const buckets: number[] = [];
  let total = 0;
  let max: number | null = null;
  return {
    add: (milliseconds) => {
      const bucket = Math.max(0, Math.floor(Math.log(milliseconds / leastMs) / growth));
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
      total++;
      max = Math.max(max ?? 0, milliseconds);
    },
    percentile: (share) => {
      if (max === null) return null;
      let left = Math.ceil(share * total);
      for (let bucket = 0; bucket < buckets.length; bucket++) {
        left -= buckets[bucket] ?? 0;
        // The middle of the bucket is at most one percent from either end, but may be above all values in it.
        if (left <= 0) return Math.min(max, leastMs * Math.exp((bucket + 0.5) * growth));
      }
      return max;
    },
    get max() {
      return max;
    },
  };
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
