const shape =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,100}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))?$/;

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999. The calendar repeats after this many years. */
const cycleYears = 400;
const cycleMs = 146_097 * 86_400_000;

const earliestMs = Date.UTC(1 + cycleYears, 0, 1) - cycleMs;
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

type Time = { readonly milliseconds: number; readonly microseconds: number };

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

function timeOf(value: unknown): Time | null {
  const match = typeof value === "string" ? shape.exec(value) : null;
  if (match === null) return null;
  const part = (group: number) => Number(match[group] ?? 0);
  const [month, day, hour, minute, second] = [part(2), part(3), part(4), part(5), part(6)];
  const [offsetHour, offsetMinute] = [part(9), part(10)];
  // A leap second is legal and has no epoch time of its own; it becomes the second after it.
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return null;

  const midnight = Date.UTC(part(1) + cycleYears, month - 1, day);
  // A day or a month that does not exist rolls over into another month.
  if (new Date(midnight).getUTCMonth() !== month - 1) return null;

  const fraction = (match[7] ?? "").slice(0, 6).padEnd(6, "0");
  const offset = (match[8] === "-" ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const milliseconds =
    midnight - cycleMs + ((hour * 60 + minute - offset) * 60 + second) * 1000 + Number(fraction.slice(0, 3));
  if (milliseconds < earliestMs || milliseconds > latestMs) return null;
  return { milliseconds, microseconds: Number(fraction.slice(3)) };
}
