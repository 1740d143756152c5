import { and, gte, inArray, isNotNull, isNull, lt, type SQL } from "drizzle-orm";
import type { Period } from "../../domain/statistics.ts";
import type { IssuesTable } from "../dialect.ts";
import { issueWhere, textNarrowings } from "../filter-sql.ts";
import { isOfProjects } from "../narrowings.ts";
import type { Counted } from "../reader.ts";
import type { Asked } from "./query.ts";

/** The conditions that say what a statistic counts. Undefined is one that everything meets. */
export function countedIssues({ db, tables, dialect }: Pick<Asked, "db" | "tables" | "dialect">) {
  const { events, issues } = tables;

  /** Of issues. What they contain is looked up first: reading each issue's texts takes longer than all else. */
  const matching = ({ filter, now }: Counted): SQL | undefined =>
    and(...textNarrowings(filter, tables, dialect), issueWhere(filter, tables, dialect, now));

  /** `issues`, read from the row of an event as far as that says what the issue shows. */
  const shown = Object.create(issues, {
    id: { value: events.seq },
    projectId: { value: events.projectId },
    projectSlug: { value: events.projectSlug },
  }) as IssuesTable;

  /**
   * Of events whose issue matches. The event itself says which project its issue shows. Otherwise as a list that is made
   * once: an event of a period is one of a million, and to look into the row of its issue takes longer than to look into
   * a list.
   */
  const ofMatching = (counted: Counted): SQL | undefined => {
    const { filter, now } = counted;
    if (isOfProjects(filter)) return issueWhere(filter, { issues: shown }, dialect, now);
    const where = matching(counted);
    if (where === undefined) return undefined;
    const listed = db.select({ sentryId: issues.sentryId }).from(issues).where(where);
    return dialect.tried(inArray(events.issueId, listed));
  };

  /** Of events that occurred in the period and are part of the history. */
  const eventsIn = ({ from, to }: Period): SQL | undefined =>
    and(isNull(events.supersededBy), gte(events.occurredAt, from), lt(events.occurredAt, to));

  /** Of transitions; `transitions_by_time` serves it. */
  const transitionsIn = (period: Period): SQL | undefined => and(isNotNull(events.kind), eventsIn(period));

  return { matching, ofMatching, eventsIn, transitionsIn };
}
