import { isTellable, rfc3339Of, type Rfc3339 } from "../domain/rfc3339.ts";

/**
 * Epoch milliseconds of an RFC 3339 time in the years 1 to 9999, in UTC if it names no zone; null for anything else.
 *
 * Sentry sends Python's `isoformat()` in some places (`+00:00` or no zone, and no fraction when it is zero) and `…%fZ`
 * in others. All its times are UTC.
 */
export function millisecondsOf(value: unknown): number | null {
  return timeOf(value)?.milliseconds ?? null;
}

/** As `millisecondsOf`, in microseconds; null also if that is no safe integer (before 1684, after 2255). */
export function microsecondsOf(value: unknown): number | null {
  const time = timeOf(value);
  if (time === null) return null;
  const microseconds = time.milliseconds * 1000 + time.microseconds;
  return Number.isSafeInteger(microseconds) ? microseconds : null;
}

function timeOf(value: unknown): Rfc3339 | null {
  const time = typeof value === "string" ? rfc3339Of(value) : null;
  return time !== null && isTellable(time.milliseconds) ? time : null;
}
