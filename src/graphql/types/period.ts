import { dayMs } from "../../domain/calendar.ts";
import type { Moment } from "../../domain/filter.ts";
import { momentAt } from "../../domain/moment.ts";
import { isTellable } from "../../domain/rfc3339.ts";
import type { Period } from "../../domain/statistics.ts";
import { builder } from "../builder.ts";
import { errorOf } from "../errors.ts";

export type PeriodInput = { from: Moment; to?: Moment | null | undefined };

export const PeriodType = builder.inputRef<PeriodInput>("Period");

PeriodType.implement({
  description:
    "The time range to count in: at `from` or later, and before `to`. Durations count from now. `from` " +
    "must be before `to`, and both in the years 0001 to 9999: BAD_USER_INPUT otherwise.",
  fields: (t) => ({
    from: t.field({
      type: "DateTimeOrDuration",
      required: true,
      description: "The start, inclusive.",
    }),
    to: t.field({ type: "DateTimeOrDuration", description: "The end, exclusive; by default now." }),
  }),
});

export const lastThirtyDays: PeriodInput = {
  from: { fromNow: { months: 0, milliseconds: -30 * dayMs } },
};

/**
 * The period that the input stands for when the clock shows `now`.
 * @throws GraphQLError BAD_USER_INPUT if it is empty, or not within the years 0001 to 9999.
 */
export function periodOf(input: PeriodInput, now: number): Period {
  const period = { from: momentAt(input.from, now), to: input.to == null ? now : momentAt(input.to, now) };
  if (period.from >= period.to) {
    throw errorOf("BAD_USER_INPUT", "`from` of the period must be before `to`, which is now when left out.");
  }
  if (!isTellable(period.from) || !isTellable(period.to)) {
    throw errorOf("BAD_USER_INPUT", "The period must lie within the years 0001 to 9999, in UTC.");
  }
  return period;
}
