import type { Period } from "./statistics.ts";

export const intervals = ["HOUR", "DAY", "WEEK"] as const;
export type Interval = (typeof intervals)[number];

/** From `start`, inclusive, to `end`, exclusive, in epoch milliseconds; never empty. */
export type Bucket = { readonly start: number; readonly end: number };

/** `offsetAt` is how far the zone's clocks are ahead of UTC, in milliseconds, at an instant in epoch milliseconds. */
type TimeZone = { readonly offsetAt: (instant: number) => number };

const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
const lengthMs = { HOUR: hourMs, DAY: dayMs, WEEK: 7 * dayMs } as const satisfies Record<Interval, number>;

/** The IANA time zone of this name, in any case; null if there is none. */
export function timeZoneNamed(name: string): TimeZone | null {
  // Intl also accepts offsets, which have no name and no clock changes.
  if (!/^[A-Za-z]/.test(name)) return null;
  const format = formatOf(name);
  if (format === null) return null;
  // A cache: the same instants are asked for repeatedly around a boundary, and Intl takes 10 µs for each.
  const known = new Map<number, number>();
  return {
    offsetAt(instant) {
      let offset = known.get(instant);
      if (offset === undefined) known.set(instant, (offset = offsetIn(format.format(instant))));
      return offset;
    },
  };
}

/**
 * Splits the period at each full hour, beginning of a day or beginning of a Monday on the zone's clocks. The buckets
 * are in order and without gaps. The first begins and the last ends with the period, so both may be shorter than the
 * others. Null if there are more than `most`.
 *
 * A day on which the clocks change lasts 23 or 25 hours. An hour that they repeat makes two buckets. If they change by
 * less than an hour, one bucket is shorter or longer.
 */
export function bucketsOf(
  { from, to }: Period,
  interval: Interval,
  zone: TimeZone,
  most: number,
): readonly Bucket[] | null {
  const buckets: Bucket[] = [];
  for (let start = from; start < to;) {
    if (buckets.length === most) return null;
    const end = Math.min(to, boundaryAfter(start, interval, zone));
    buckets.push({ start, end });
    start = end;
  }
  return buckets;
}

/** About how many buckets a period has, whatever the zone. */
export function roughBucketCount({ from, to }: Period, interval: Interval): number {
  return Math.ceil((to - from) / lengthMs[interval]);
}

function formatOf(name: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  } catch {
    return null;
  }
}

/** Parses the offset at the end of a date like `11/23/2026, GMT+05:45`. Offsets from before 1972 can have seconds. */
function offsetIn(date: string): number {
  const match = /([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(date);
  if (match === null) return 0;
  const [hours, minutes, seconds] = match.slice(2).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  const offset = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return match[1] === "-" ? -offset : offset;
}

function boundaryAfter(instant: number, interval: Interval, zone: TimeZone): number {
  switch (interval) {
    case "HOUR":
      return hourAfter(instant, zone);
    case "DAY":
      return dayAfter(instant, (day) => day + 1, zone);
    case "WEEK":
      return dayAfter(instant, mondayAfter, zone);
  }
}

/** The first instant after `instant` at which the clocks show a full hour. */
function hourAfter(instant: number, zone: TimeZone): number {
  const offset = zone.offsetAt(instant);
  const next = instant + untilFullHour(instant + 1, offset) + 1;
  if (zone.offsetAt(next) === offset) return next;
  // The clocks change before that, and may then show a full hour at other instants.
  const change = firstInstant(instant, next, (tried) => zone.offsetAt(tried) !== offset);
  return change + untilFullHour(change, zone.offsetAt(change));
}

/** The milliseconds from `instant` until the clocks show a full hour; 0 if they do. */
function untilFullHour(instant: number, offset: number): number {
  return modulo(-(instant + offset), hourMs);
}

/** The beginning of the day that `next` gives for the day of `instant`. Days that the zone skips are passed over. */
function dayAfter(instant: number, next: (day: number) => number, zone: TimeZone): number {
  for (let day = next(dayOf(instant, zone)); ; day = next(day)) {
    const start = startOfDay(day, zone);
    if (start > instant) return start;
  }
}

/** The first instant at which the clocks show this day or, if the zone skips it, a later one. */
function startOfDay(day: number, zone: TimeZone): number {
  // No zone has ever been as far from UTC as this.
  const before = day * dayMs - 16 * hourMs;
  const after = day * dayMs + 16 * hourMs;
  const offset = zone.offsetAt(after);
  if (zone.offsetAt(before) === offset) return day * dayMs - offset;
  return firstInstant(before, after, (tried) => dayOf(tried, zone) >= day);
}

/** The day that the clocks show, counted from 1 January 1970, which is 0. */
function dayOf(instant: number, zone: TimeZone): number {
  return Math.floor((instant + zone.offsetAt(instant)) / dayMs);
}

/** Day 4 was a Monday. */
function mondayAfter(day: number): number {
  return day + 7 - modulo(day - 4, 7);
}

/** The first instant after `before` for which `test` is true, by binary search. It must be true for `until`. */
function firstInstant(before: number, until: number, test: (instant: number) => boolean): number {
  while (until - before > 1) {
    const middle = Math.floor((before + until) / 2);
    if (test(middle)) until = middle;
    else before = middle;
  }
  return until;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
