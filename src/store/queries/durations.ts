import { and, eq, isNotNull, sql } from "drizzle-orm";
import { shareOf } from "../../domain/statistics.ts";
import type { CountedPeriod, Reader } from "../reader.ts";
import { countedIssues } from "./counted.ts";
import type { QueryContext } from "./query.ts";

type DurationQueries = Pick<Reader, "timeToResolve" | "timeToTriage" | "timeInStatus" | "reopenRate">;

/**
 * How long things took.
 *
 * Each event is kept with what it ended (`Measures`), so an answer needs only the events of its period, which an index
 * finds: `transitions_by_time`, or `triages_by_time`.
 */
export function durationQueries(context: QueryContext): DurationQueries {
  const { db, aggregates, tables } = context;
  const { events } = tables;
  const { ofMatching, eventsIn, transitionsIn } = countedIssues(context);
  const resolvesIn = (counted: CountedPeriod) =>
    and(transitionsIn(counted.period), eq(events.kind, "RESOLVED"), ofMatching(counted));

  return {
    async timeToResolve(counted) {
      const { told, read } = aggregates.listedDurations(events.resolvedAfter);
      const [row] = await db.select({ told }).from(events).where(resolvesIn(counted));
      return read(row!.told);
    },

    async timeToTriage(counted) {
      const { told, read } = aggregates.durations(events.triagedAfterMs);
      const [row] = await db
        .select({ told })
        .from(events)
        .where(and(eventsIn(counted.period), isNotNull(events.triagedAfterMs), ofMatching(counted)));
      return read(row!.told);
    },

    async timeInStatus(counted) {
      const statuses = ["unresolved", "resolved", "ignored"];
      const { told, read } = aggregates.durationsBy(events.stayMs, events.fromStatus, statuses);
      const [row] = await db
        .select({ told })
        .from(events)
        .where(and(transitionsIn(counted.period), isNotNull(events.stayMs), ofMatching(counted)));
      const [unresolved, resolved, ignored, other] = read(row!.told);
      return { UNRESOLVED: unresolved!, RESOLVED: resolved!, IGNORED: ignored!, OTHER: other! };
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
