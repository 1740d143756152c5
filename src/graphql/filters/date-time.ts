import { dayMs } from "../../domain/calendar.ts";
import type { Moment } from "../../domain/filter.ts";
import { rfc3339Of } from "../../domain/rfc3339.ts";

/** Epoch milliseconds of an RFC 3339 time, cut off after milliseconds; null for anything else. */
export function parseDateTime(text: string): number | null {
  const time = rfc3339Of(text);
  return time?.hasZone === true ? time.milliseconds : null;
}

/**
 * A time as RFC 3339, in UTC, with milliseconds.
 * @throws RangeError for a time outside of the years 0000 to 9999, which RFC 3339 cannot express.
 */
export function formatDateTime(epochMs: number): string {
  const day = Math.floor(epochMs / dayMs);
  const date = day === lastDay.day ? lastDay.date : dateOf(day);
  const milliseconds = epochMs - day * dayMs;
  const seconds = Math.floor(milliseconds / 1_000);
  const minutes = Math.floor(seconds / 60);
  const time = `${pair(Math.floor(minutes / 60))}:${pair(minutes % 60)}:${pair(seconds % 60)}`;
  return `${date}T${time}.${String(milliseconds % 1_000).padStart(3, "0")}Z`;
}

/**
 * The last date formatted: the times in a list are of few days, and `toISOString` takes longer than the rest of an
 * issue.
 */
let lastDay = { day: NaN, date: "" };

function dateOf(day: number): string {
  const text = new Date(day * dayMs).toISOString();
  if (text.length !== 24) throw new RangeError(`RFC 3339 has no ${text}`);
  lastDay = { day, date: text.slice(0, 10) };
  return lastDay.date;
}

const pairs = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

function pair(number: number): string {
  return pairs[number]!;
}

/** A number, which may have a fraction in the last unit. */
const amount = String.raw`(\d{1,9}(?:[.,]\d{1,9}(?=[A-Z]$))?)`;
const duration = new RegExp(
  String.raw`^([+-])?P(?=[\dT])(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:${amount}W)?(?:${amount}D)?` +
    String.raw`(?:T(?=\d)(?:${amount}H)?(?:${amount}M)?(?:${amount}S)?)?$`,
);

const longestMonths = 12 * 1000;
const longestMs = 366_000 * dayMs;

/**
 * An ISO-8601 duration as a moment relative to now. Years and months follow the calendar; the rest is in milliseconds,
 * and its last number may have a fraction. Null for anything else, and beyond a thousand years.
 */
export function parseDuration(text: string): Moment | null {
  const match = duration.exec(text);
  if (match === null) return null;
  const sign = match[1] === "-" ? -1 : 1;
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(2)
    .map((part) => Number(part?.replace(",", ".") ?? 0));
  const allMonths = years * 12 + months;
  const milliseconds = Math.round(((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
  if (allMonths > longestMonths || milliseconds > longestMs) return null;
  // `0 *` would give -0 for a negative sign.
  return {
    fromNow: { months: allMonths && sign * allMonths, milliseconds: milliseconds && sign * milliseconds },
  };
}
