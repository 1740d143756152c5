import { dayMs } from "../../domain/calendar.ts";
import type { Moment } from "../../domain/filter.ts";
import { formatDateTime } from "./date-time.ts";

/** The text that `DateTimeOrDuration` reads as this moment. Months and milliseconds have the same sign. */
export function formatMoment(moment: Moment): string {
  if ("at" in moment) return formatDateTime(moment.at);
  const { months, milliseconds } = moment.fromNow;
  const sign = months < 0 || milliseconds < 0 ? "-" : "";
  const days = Math.trunc(Math.abs(milliseconds) / dayMs);
  const seconds = (Math.abs(milliseconds) % dayMs) / 1000;
  const date = `${part(Math.abs(months), "M")}${part(days, "D")}`;
  const time = seconds === 0 && date !== "" ? "" : `T${seconds}S`;
  return `${sign}P${date}${time}`;
}

function part(amount: number, unit: string): string {
  return amount === 0 ? "" : `${amount}${unit}`;
}
