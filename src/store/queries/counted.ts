import { and, eq, exists, gte, isNotNull, isNull, lt, sql, type SQL } from "drizzle-orm";
import type { Period } from "../../domain/statistics.ts";
import { issueWhere, textNarrowings } from "../filter-sql.ts";
import type { Counted } from "../reader.ts";
import type { Asked } from "./query.ts";

/** The conditions that say what a statistic counts. Undefined is one that everything meets. */
export function countedIssues({ db, tables, dialect }: Pick<Asked, "db" | "tables" | "dialect">) {
  const { events, issues } = tables;

  /** Of issues. What they contain is looked up first: reading each issue's texts takes longer than all else. */
  const matching = ({ filter, now }: Pick<Counted, "filter" | "now">): SQL | undefined =>
    and(...textNarrowings(filter, tables, dialect), issueWhere(filter, tables, dialect, now));

  /** Of events whose issue matches. */
  const ofMatching = (counted: Counted): SQL | undefined => {
    const where = matching(counted);
    if (where === undefined) return undefined;
    return exists(
      db
        .select({ one: sql`1` })
        .from(issues)
        .where(and(eq(issues.sentryId, events.issueId), where)),
    );
  };

  /** Of events that occurred in the period and are part of the history. */
  const eventsIn = ({ from, to }: Period): SQL | undefined =>
    and(isNull(events.supersededBy), gte(events.occurredAt, from), lt(events.occurredAt, to));

  /** Of transitions; `transitions_by_time` serves it. */
  const transitionsIn = (period: Period): SQL | undefined => and(isNotNull(events.kind), eventsIn(period));

  /** Of assignments. The action is a literal, so that an index of assignments alone can serve it. */
  const assignmentsIn = (period: Period): SQL | undefined =>
    and(sql`${events.action} = 'ASSIGNED'`, eventsIn(period));

  return { matching, ofMatching, transitionsIn, assignmentsIn };
}

/** For `mapWith`: PostgreSQL's drivers give large numbers as text. What is null stays so, without coming here. */
export function numberOrNull(value: number | string): number | null {
  return Number(value);
}
