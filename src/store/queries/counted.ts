import { and, gte, inArray, isNotNull, isNull, lt, type SQL } from "drizzle-orm";
import type { Period } from "../../domain/statistics.ts";
import type { IssuesTable } from "../dialect.ts";
import { issueWhere, textNarrowings } from "../filter-sql.ts";
import { isOfProjects } from "../narrowings.ts";
import type { Counted } from "../reader.ts";
import type { QueryContext } from "./query.ts";

/** The conditions for what a statistic counts; undefined if everything counts. */
export function countedIssues({ db, tables, dialect }: Pick<QueryContext, "db" | "tables" | "dialect">) {
  const { events, issues } = tables;

  /**
   * Issues that match. Texts are looked up in their index first: reading each issue's texts takes longer than all else.
   */
  const matching = ({ filter, now }: Counted): SQL | undefined =>
    and(...textNarrowings(filter, tables, dialect), issueWhere(filter, tables, dialect, now));

  /** `issues`, with the columns that an event has too read from its row. */
  const shown = Object.create(issues, {
    id: { value: events.seq },
    projectId: { value: events.projectId },
    projectSlug: { value: events.projectSlug },
  }) as IssuesTable;

  /**
   * Events whose issue matches. If the filter asks only for the project, the event itself has it. Otherwise the issues
   * that match are listed once: with a million events in a period, looking into a list takes less time than looking
   * into each issue's row.
   */
  const ofMatching = (counted: Counted): SQL | undefined => {
    const { filter, now } = counted;
    if (isOfProjects(filter)) return issueWhere(filter, { issues: shown }, dialect, now);
    const where = matching(counted);
    if (where === undefined) return undefined;
    const listed = db.select({ sentryId: issues.sentryId }).from(issues).where(where);
    return dialect.tried(inArray(events.issueId, listed));
  };

  /** Events of the history that occurred in the period. */
  const eventsIn = ({ from, to }: Period): SQL | undefined =>
    and(isNull(events.supersededBy), gte(events.occurredAt, from), lt(events.occurredAt, to));

  /** Transitions of the history that occurred in the period; `transitions_by_time` serves it. */
  const transitionsIn = (period: Period): SQL | undefined => and(isNotNull(events.kind), eventsIn(period));

  return { matching, ofMatching, eventsIn, transitionsIn };
}
