import {
  bucketsOf,
  intervals,
  roughBucketCount,
  timeZoneNamed,
  type Bucket,
  type Interval,
} from "../../domain/calendar.ts";
import type { FlowBucket } from "../../domain/flow.ts";
import type { Period } from "../../domain/statistics.ts";
import { builder } from "../builder.ts";
import { errorOf } from "../errors.ts";
import type { Described } from "./issue-enums.ts";

export const IntervalType = builder.enumType("Interval", {
  description: "The length of a bucket, by the clock and calendar of a time zone.",
  values: {
    HOUR: {
      description:
        "From one full hour on the clock to the next. An hour that is repeated when the clocks change counts " +
        "as two.",
    },
    DAY: { description: "From midnight to midnight: 23 or 25 hours when the clocks change." },
    WEEK: { description: "From Monday to Monday, as in ISO 8601." },
  } satisfies Described<Interval>,
});

export const FlowBucketType = builder.objectRef<FlowBucket>("FlowBucket").implement({
  description:
    "The transitions in one part of the period: an issue that was resolved twice counts twice. INFERRED " +
    "ones count at the latest time at which they can have happened.",
  fields: (t) => ({
    start: t.expose("start", {
      type: "DateTime",
      description:
        "The start, inclusive: `from` of the period for the first bucket, a boundary for the others.",
    }),
    end: t.expose("end", {
      type: "DateTime",
      description: "The end, exclusive: `to` of the period for the last bucket, a boundary for the others.",
    }),
    opened: t.exposeInt("opened", { description: "Transitions of kind OPENED or DISCOVERED." }),
    resolved: t.exposeInt("resolved", { description: "Transitions of kind RESOLVED." }),
    archived: t.exposeInt("archived", {
      description: "Transitions of kind ARCHIVED, not ARCHIVE_CHANGED.",
    }),
    regressed: t.exposeInt("regressed", { description: "Transitions of kind REGRESSED." }),
    escalated: t.exposeInt("escalated", {
      description: "Transitions of kind ESCALATED, out of the archive or while unresolved.",
    }),
    reopened: t.exposeInt("reopened", { description: "Transitions of kind REOPENED." }),
    unarchived: t.exposeInt("unarchived", { description: "Transitions of kind UNARCHIVED." }),
    openAtEnd: t.exposeInt("openAtEnd", {
      description:
        "How many of the issues were UNRESOLVED at `end`, judging by the transitions before it. If `end` is now or " +
        "later: how many are UNRESOLVED now, which is the `totalCount` of `issues` with `status: { eq: UNRESOLVED }` " +
        "added to the filter.",
    }),
  }),
});

/** Most buckets of one period. */
export const mostBuckets = 1_000;

/** About how many buckets a period has, as `costs` needs it: nothing of it is checked yet. */
export function roughBuckets(periodMs: number | null, interval: unknown): number {
  if (periodMs === null || !intervals.includes(interval as Interval)) return mostBuckets;
  // The first and the last may be partial.
  const buckets = roughBucketCount({ from: 0, to: periodMs }, interval as Interval) + 1;
  return Math.min(Math.max(buckets, 0), mostBuckets);
}

/**
 * The buckets of a period.
 * @throws GraphQLError BAD_USER_INPUT if there are too many, or the time zone is unknown.
 */
export function flowBuckets(period: Period, interval: Interval, timeZone: string): readonly Bucket[] {
  const zone = timeZoneNamed(timeZone);
  if (zone === null) {
    throw errorOf(
      "BAD_USER_INPUT",
      "`timeZone` is not the name of an IANA time zone, like `Europe/Berlin` or `UTC`.",
    );
  }
  const buckets = bucketsOf(period, interval, zone, mostBuckets);
  if (buckets === null) {
    const about = Math.max(mostBuckets + 1, roughBucketCount(period, interval)).toLocaleString("en-US");
    throw errorOf(
      "BAD_USER_INPUT",
      `The period has about ${about} buckets of the interval ${interval}; flow has at most ` +
        `${mostBuckets.toLocaleString("en-US")}. Take a longer interval or a shorter period.`,
    );
  }
  return buckets;
}
