import type { TimestampFault } from "../observability/metrics.ts";

/** How far the sender's clock may be ahead of the receiver's. */
const maxAheadMs = 5 * 60_000;

/**
 * How far `lastSeen` may be ahead of the time at which it was sent. It comes from the clocks of SDKs, and Sentry
 * accepts events from this far in the future (getsentry/sentry, MAX_SECS_IN_FUTURE in constants.py; `last_seen` in
 * event_manager.py).
 */
const maxSeenAheadMs = 60_000;

type SentAt = {
  /** Epoch milliseconds. */
  readonly at: number;
  /** Why it differs from the header; null if it does not. */
  readonly adjusted: TimestampFault | null;
};

/**
 * When a delivery was sent: what `Sentry-Hook-Timestamp` says, however long ago, unless that cannot be.
 *
 * The snapshot is signed and the header is not, and nothing is sent before what it shows. So `lastSeen` (epoch
 * microseconds, null if the body shows none) is the lower bound, in whole seconds like the header, unless `lastSeen`
 * comes from a clock that is ahead. If the header cannot be used, the time is the later of `lastSeen` and the receiver's
 * clock; if the header was earlier than `lastSeen`, it is `lastSeen`, since the clock then says nothing about when it was
 * sent.
 */
export function sentAtOf({
  timestamp,
  lastSeen,
  receivedAt,
}: {
  /** Every value of the header. */
  readonly timestamp: readonly string[];
  readonly lastSeen: number | null;
  readonly receivedAt: number;
}): SentAt {
  const lastSeenMs = Math.floor((lastSeen ?? -Infinity) / 1000);
  const latest = Math.max(receivedAt, lastSeenMs);
  if (timestamp.length === 0) return { at: latest, adjusted: "missing" };
  if (timestamp.length > 1 || !/^[0-9]{1,12}$/.test(timestamp[0]!)) {
    return { at: latest, adjusted: "unreadable" };
  }
  const seconds = Number(timestamp[0]);
  // A `lastSeen` later than the arrival comes from a clock that is ahead.
  const isSeenAhead = lastSeenMs > receivedAt && lastSeenMs - seconds * 1000 <= maxSeenAheadMs;
  if (seconds < Math.floor(lastSeenMs / 1000) && !isSeenAhead)
    return { at: lastSeenMs, adjusted: "too early" };
  if (seconds * 1000 > receivedAt + maxAheadMs) return { at: latest, adjusted: "too late" };
  return { at: seconds * 1000, adjusted: null };
}
