import { and, count, eq, gte, isNotNull, isNull, max, sql } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import type { TransitionKind } from "../../domain/event.ts";
import { flowOf, type FlowGroup } from "../../domain/flow.ts";
import type { Assignee } from "../../domain/issue.ts";
import { assigneeCountsOf, facetsOf, rankedCounts, shareOf } from "../../domain/statistics.ts";
import type { Reader } from "../reader.ts";
import { countedIssues, numberOrNull } from "./counted.ts";
import type { Asked } from "./query.ts";

type StatisticsQueries = Pick<
  Reader,
  "issueFacets" | "issueProjects" | "issueAssignees" | "issueFlow" | "inferredShare"
>;

export function statisticsQueries(asked: Asked): StatisticsQueries {
  const { db, tables } = asked;
  const { events, issues } = tables;
  const { matching, ofMatching, transitionsIn } = countedIssues(asked);

  return {
    async issueFacets({ facets, ...counted }) {
      // All of them, behind the project, in the order of `issues_by_project`: so nothing has to be sorted.
      const columns = [
        issues.projectId,
        issues.status,
        issues.substatus,
        issues.level,
        issues.priority,
        issues.category,
      ];
      const groups = await db
        .select({
          status: issues.status,
          substatus: issues.substatus,
          level: issues.level,
          priority: issues.priority,
          category: issues.category,
          count: count(),
        })
        .from(issues)
        .where(matching(counted))
        .groupBy(...columns);
      return facetsOf(groups, facets);
    },

    async issueProjects(counted) {
      const rows = await db
        .select({ key: issues.projectId, count: count() })
        .from(issues)
        .where(and(isNotNull(issues.projectId), matching(counted)))
        .groupBy(issues.projectId);
      return rankedCounts(rows.flatMap(({ key, count }) => (key === null ? [] : [{ key, count }])));
    },

    async issueAssignees(counted) {
      const shown = {
        type: issues.assigneeType,
        sentryId: issues.assigneeId,
        name: issues.assigneeName,
        email: issues.assigneeEmail,
      };
      const rows = await db
        .select({ ...shown, count: count(), lastSeen: max(issues.lastSeen) })
        .from(issues)
        .where(matching(counted))
        .groupBy(...Object.values(shown));
      return assigneeCountsOf(
        rows.map(({ count, lastSeen, ...row }) => ({ assignee: assigneeOf(row), count, lastSeen })),
      );
    },

    async issueFlow({ buckets, ...counted }) {
      const from = buckets[0]!.start;
      const to = buckets.at(-1)!.end;
      const slots = slotsFor(
        buckets.slice(1).map(({ start }) => start),
        from,
      );
      // Literals: SQLite would take a bound number for a real one and not divide whole, and PostgreSQL two
      // placeholders for two expressions.
      const slot = sql<number | null>`case when ${events.occurredAt} < ${literal(to)}
        then (${events.occurredAt} - ${literal(slots.origin)}) / ${literal(slots.length)} end`;
      const opening = sql<number>`sum(case when ${events.toStatus} = 'unresolved' then 1 else 0 end
        - case when ${events.fromStatus} = 'unresolved' then 1 else 0 end)`.mapWith(Number);
      const changes = db
        .select({
          slot: slot.mapWith(numberOrNull).as("slot"),
          kind: sql<TransitionKind | null>`${events.kind}`.as("kind"),
          count: sql<number>`count(*)`.mapWith(Number).as("count"),
          opening: opening.as("opening"),
        })
        .from(events)
        .where(
          and(
            isNull(events.supersededBy),
            isNotNull(events.kind),
            gte(events.occurredAt, from),
            ofMatching(counted),
          ),
        )
        .groupBy(slot, events.kind);
      // In the same statement, so that nothing is committed between what is counted back from it and itself.
      const open = db
        .select({
          slot: sql<number | null>`null`,
          kind: sql<TransitionKind | null>`null`,
          count: sql<number>`0`,
          opening: sql<number>`count(*)`,
        })
        .from(issues)
        .where(and(eq(issues.status, "unresolved"), matching(counted)));

      const groups: FlowGroup[] = [];
      let openNow = 0;
      for (const { slot, kind, count, opening } of await unionAll(changes, open)) {
        if (kind === null) openNow = opening;
        else {
          const at = slot === null ? to : Math.max(from, slots.origin + slot * slots.length);
          groups.push({ at, kind, count, opening });
        }
      }
      return flowOf(buckets, groups, { openNow, now: counted.now });
    },

    async inferredShare(counted) {
      const rows = await db
        .select({ source: events.source, count: count() })
        .from(events)
        .where(and(transitionsIn(counted.period), ofMatching(counted)))
        .groupBy(events.source);
      const inferred = rows.find(({ source }) => source === "INFERRED")?.count ?? 0;
      return shareOf(
        inferred,
        rows.reduce((sum, { count }) => sum + count, 0),
      );
    },
  };
}

function assigneeOf({
  type,
  sentryId,
  name,
  email,
}: {
  readonly type: Assignee["type"] | null;
  readonly sentryId: string | null;
  readonly name: string | null;
  readonly email: string | null;
}): Assignee | null {
  return type === null || sentryId === null ? null : { type, sentryId, name: name ?? sentryId, email };
}

/**
 * Stretches of time that no boundary falls into, as long as they can be, for the database to group by: that is
 * cheaper than to compare each transition with every boundary.
 */
function slotsFor(boundaries: readonly number[], from: number) {
  // Clocks are whole quarter hours ahead of UTC, but were not everywhere before 1972.
  const length = boundaries.every((boundary) => boundary % quarterHourMs === 0) ? quarterHourMs : 1;
  return { length, origin: Math.floor(from / length) * length };
}

const quarterHourMs = 900_000;

function literal(number: number) {
  return sql.raw(String(number));
}
