import type { Moment } from "./filter.ts";

/** The range of `Date`: this many milliseconds before and after the epoch. */
const farthest = 8.64e15;

/**
 * Converts a moment to epoch milliseconds, counting a relative one from `now`. A relative one beyond the range of
 * `Date` is clamped to it.
 *
 * Calendar months are counted first, in UTC: a month before 31 March is the last day of February, same time.
 */
export function momentAt(moment: Moment, now: number): number {
  if ("at" in moment) return moment.at;
  const { months, milliseconds } = moment.fromNow;
  const time = monthsFrom(now, months) + milliseconds;
  return Math.max(-farthest, Math.min(farthest, time));
}

function monthsFrom(now: number, months: number): number {
  if (months === 0) return now;
  const date = new Date(now);
  const day = date.getUTCDate();
  date.setUTCMonth(date.getUTCMonth() + months);
  // The month has no such day, so the date ran over into the next one; day 0 is the last of the month before.
  if (date.getUTCDate() !== day) date.setUTCDate(0);
  const time = date.getTime();
  return Number.isNaN(time) ? months * Infinity : time;
}
