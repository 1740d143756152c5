import { and, eq, inArray, isNotNull, not, sql, type SQL } from "drizzle-orm";
import { durationFiguresOf, shareOf, type DurationFigures } from "../../domain/statistics.ts";
import type { CountedPeriod, Reader } from "../reader.ts";
import { countedIssues } from "./counted.ts";
import type { Asked } from "./query.ts";

type DurationQueries = Pick<Reader, "timeToResolve" | "timeToTriage" | "timeInStatus" | "reopenRate">;

/**
 * How long things took.
 *
 * Each event is kept with what it ended (`Measures`), so that an answer needs the events of its period alone, and those
 * from an index: `transitions_by_time`, or `triages_by_time`. The durations come as one text: as rows, a million of them
 * would take longer than all the rest.
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
      const stays = dialect.joined(events.stayMs);
      const known = ["unresolved", "resolved", "ignored"];
      const of = (where: SQL) => sql<string | null>`${stays} filter (where ${where})`;
      const [row] = await db
        .select({
          UNRESOLVED: of(eq(events.fromStatus, "unresolved")),
          RESOLVED: of(eq(events.fromStatus, "resolved")),
          IGNORED: of(eq(events.fromStatus, "ignored")),
          OTHER: of(not(inArray(events.fromStatus, known))),
        })
        .from(events)
        .where(and(transitionsIn(counted.period), isNotNull(events.stayMs), ofMatching(counted)));
      return {
        UNRESOLVED: figuresOf(row!.UNRESOLVED),
        RESOLVED: figuresOf(row!.RESOLVED),
        IGNORED: figuresOf(row!.IGNORED),
        OTHER: figuresOf(row!.OTHER),
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
  return durationFiguresOf(took === null ? [] : numbersIn(took));
}

/** Read digit by digit: `split` makes a text of each first, which takes ten times as long. */
function numbersIn(text: string): Float64Array {
  const numbers = new Float64Array(Math.ceil(text.length / 2));
  let count = 0;
  let number = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const digit = text.charCodeAt(at) - zero;
    if (digit >= 0) number = number * 10 + digit;
    else {
      numbers[count] = number;
      count += 1;
      number = 0;
    }
  }
  return numbers.subarray(0, count);
}

const zero = "0".charCodeAt(0);
