import { and, eq, isNotNull, sql } from "drizzle-orm";
import { durationFiguresOf, shareOf, type DurationFigures } from "../../domain/statistics.ts";
import type { CountedPeriod, Reader } from "../reader.ts";
import { countedIssues } from "./counted.ts";
import { markedNumbersIn, numbersIn } from "./joined.ts";
import type { Asked } from "./query.ts";

type DurationQueries = Pick<Reader, "timeToResolve" | "timeToTriage" | "timeInStatus" | "reopenRate">;

/**
 * How long things took.
 *
 * Each event is kept with what it ended (`Measures`), so that an answer needs the events of its period alone, and those
 * from an index: `transitions_by_time`, or `triages_by_time`. The durations come as one text: see `joined.ts`.
 */
export function durationQueries(asked: Asked): DurationQueries {
  const { db, dialect, tables } = asked;
  const { events } = tables;
  const { ofMatching, eventsIn, transitionsIn } = countedIssues(asked);
  const resolvesIn = (counted: CountedPeriod) =>
    and(transitionsIn(counted.period), eq(events.kind, "RESOLVED"), ofMatching(counted));

  return {
    async timeToResolve(counted) {
      const [row] = await db
        .select({ took: sql<string | null>`${dialect.joined(events.resolvedAfter)}` })
        .from(events)
        .where(resolvesIn(counted));
      return figuresOf(row!.took);
    },

    async timeToTriage(counted) {
      const [row] = await db
        .select({ took: sql<string | null>`${dialect.joined(events.triagedAfterMs)}` })
        .from(events)
        .where(and(eventsIn(counted.period), isNotNull(events.triagedAfterMs), ofMatching(counted)));
      return figuresOf(row!.took);
    },

    async timeInStatus(counted) {
      const status = sql`case ${events.fromStatus}
        when 'unresolved' then 'u' when 'resolved' then 'r' when 'ignored' then 'i' else 'o' end`;
      const [row] = await db
        .select({ stays: sql<string | null>`${dialect.joined(sql`${events.stayMs} || ${status}`)}` })
        .from(events)
        .where(and(transitionsIn(counted.period), isNotNull(events.stayMs), ofMatching(counted)));
      const [unresolved, resolved, ignored, other] = markedNumbersIn(row!.stays ?? "", "urio");
      return {
        UNRESOLVED: durationFiguresOf(unresolved!),
        RESOLVED: durationFiguresOf(resolved!),
        IGNORED: durationFiguresOf(ignored!),
        OTHER: durationFiguresOf(other!),
      };
    },

    async reopenRate(counted) {
      const [row] = await db
        .select({
          resolves: sql`count(*)`.mapWith(Number),
          undone: sql`count(*) filter (where ${events.isUndone})`.mapWith(Number),
        })
        .from(events)
        .where(resolvesIn(counted));
      return shareOf(row!.undone, row!.resolves);
    },
  };
}

/** @param took milliseconds, separated by commas; null for none. */
function figuresOf(took: string | null): DurationFigures {
  return durationFiguresOf(took === null ? new Float64Array() : numbersIn(took));
}
