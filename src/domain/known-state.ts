import type { Claim, Facts } from "./delivery.ts";
import type { State } from "./issue.ts";

/** What is known after a delivery: all that the rest of the walk depends on, except repeats. Of constant size. */
export type Known = {
  readonly state: State;
  readonly stay: Stay;
  /** The newest stay in each status that is over; null once Sentry no longer retries the webhook of its beginning. */
  readonly over: Readonly<Record<Claim, Stay | null>>;
  /** The delivery with the newest snapshot; of several equally new ones the last. */
  readonly newest: Facts;
  /** The last delivery that was not passed over. */
  readonly previous: Facts;
  /** The delivery whose snapshot is the issue's. */
  readonly shown: Facts;
  /** The delivery whose snapshot names the project: `shown`, if that does; null while none has. */
  readonly named: Facts | null;
  /** The latest time, in epoch milliseconds, at which the issue is known to have been in `state`. */
  readonly lastedUntil: number;
};

/** A time in one state. */
export type Stay = {
  /** The delivery whose INFERRED event began it; null once a delivery reports the beginning. */
  readonly inferredBy: Facts | null;
  /** Epoch milliseconds; null if that is too long ago to matter to any later delivery. */
  readonly startedAt: number | null;
  /** True for the stay that began when the gateway first heard of the issue. */
  readonly isOpening: boolean;
};

/** Sentry sends the last of its three attempts some ten minutes after the first. */
const retryMs = 15 * 60_000;

export const nothingOver: Known["over"] = { unresolved: null, resolved: null, ignored: null };

/** Returns `over` with a stay in `status` that has ended. An opening is never told, so null takes its place. */
export function withOver(over: Known["over"], status: string, stay: Stay): Known["over"] {
  if (!Object.hasOwn(nothingOver, status)) return over;
  return { ...over, [status]: stay.isOpening || stay.startedAt === null ? null : stay };
}

/** The stay with its beginning reported. */
export function told(stay: Stay): Stay {
  return stay.inferredBy === null ? stay : { ...stay, inferredBy: null };
}

/** True if a webhook sent at `now` can be a retry of the one for the beginning of this stay. */
export function mayBeRetried({ startedAt }: Stay, now: number): boolean {
  return startedAt !== null && now - startedAt <= retryMs;
}

/**
 * Drops what matters to no delivery sent at `now` or later. Two walks that differ only in the distant past thereby
 * become the same again.
 */
export function forgetOld(known: Known, now: number): Known {
  const { over } = known;
  const stay = isOld(known.stay, now) ? { ...known.stay, startedAt: null } : known.stay;
  const isEachRecent = Object.values(over).every((one) => one === null || mayBeRetried(one, now));
  if (stay === known.stay && isEachRecent) return known;
  const recent = (one: Stay | null): Stay | null => (one !== null && mayBeRetried(one, now) ? one : null);
  return {
    ...known,
    stay,
    over: {
      unresolved: recent(over.unresolved),
      resolved: recent(over.resolved),
      ignored: recent(over.ignored),
    },
  };
}

function isOld(stay: Stay, now: number): boolean {
  if (stay.startedAt === null) return false;
  return !mayBeRetried(stay, now) || (stay.isOpening && stay.startedAt <= now);
}

/** True if the rest of a walk is the same after either. */
export function isSameKnown(a: Known | null, b: Known | null): boolean {
  if (a === null || b === null || a === b) return a === b;
  return (
    a.state.status === b.state.status &&
    a.state.substatus === b.state.substatus &&
    isSameStay(a.stay, b.stay) &&
    isSameStay(a.over.unresolved, b.over.unresolved) &&
    isSameStay(a.over.resolved, b.over.resolved) &&
    isSameStay(a.over.ignored, b.over.ignored) &&
    a.newest === b.newest &&
    a.previous === b.previous &&
    a.shown === b.shown &&
    a.named === b.named &&
    a.lastedUntil === b.lastedUntil
  );
}

function isSameStay(a: Stay | null, b: Stay | null): boolean {
  if (a === null || b === null || a === b) return a === b;
  return a.inferredBy === b.inferredBy && a.startedAt === b.startedAt && a.isOpening === b.isOpening;
}
