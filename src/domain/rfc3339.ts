import { dayMs } from "./calendar.ts";

/** A time as RFC 3339 writes it. */
export type Rfc3339 = {
  /** Epoch milliseconds, cut off; in UTC if the text names no zone. */
  readonly milliseconds: number;
  /** The microseconds after these, cut off: 0 to 999. */
  readonly microseconds: number;
  readonly hasZone: boolean;
};

const shape =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,100}))?([Zz]|([+-])(\d{2}):(\d{2}))?$/;

/** `Date.UTC` takes the years 0 to 99 for 1900 to 1999. The calendar repeats after this many years. */
const cycleYears = 400;
const cycleMs = 146_097 * dayMs;

/** Reads a time in RFC 3339, whose zone may be left out; null for anything else. */
export function rfc3339Of(text: string): Rfc3339 | null {
  const match = shape.exec(text);
  if (match === null) return null;
  const part = (group: number) => Number(match[group] ?? 0);
  const [month, day, hour, minute, second] = [part(2), part(3), part(4), part(5), part(6)];
  const [offsetHour, offsetMinute] = [part(10), part(11)];
  // A leap second is legal and has no epoch time of its own; it becomes the second after it.
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return null;

  const midnight = Date.UTC(part(1) + cycleYears, month - 1, day);
  // A day or a month that does not exist rolls over into another month.
  if (new Date(midnight).getUTCMonth() !== month - 1) return null;

  const fraction = (match[7] ?? "").slice(0, 6).padEnd(6, "0");
  const offset = (match[9] === "-" ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const seconds = (hour * 60 + minute - offset) * 60 + second;
  return {
    milliseconds: midnight - cycleMs + seconds * 1000 + Number(fraction.slice(0, 3)),
    microseconds: Number(fraction.slice(3)),
    hasZone: match[8] !== undefined,
  };
}

const earliestMs = Date.parse("0001-01-01T00:00:00.000Z");
const latestMs = Date.parse("9999-12-31T23:59:59.999Z");

/** True for the years 1 to 9999 in UTC, which Sentry's Python and RFC 3339 can both express. */
export function isTellable(epochMs: number): boolean {
  return epochMs >= earliestMs && epochMs <= latestMs;
}
