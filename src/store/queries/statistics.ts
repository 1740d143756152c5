import { and, count, eq, isNotNull, isNull, sql, type AnyColumn } from "drizzle-orm";
import { unionAll } from "drizzle-orm/sqlite-core";
import { transitionKinds } from "../../domain/event.ts";
import { flowOf, type FlowChange } from "../../domain/flow.ts";
import { facetsOf, rankedCounts, shareOf } from "../../domain/statistics.ts";
import type { Aggregate } from "../aggregates.ts";
import type { Reader } from "../reader.ts";
import { countedIssues } from "./counted.ts";
import type { QueryContext } from "./query.ts";

type StatisticsQueries = Pick<Reader, "issueFacets" | "issueProjects" | "issueFlow" | "inferredShare">;

export function statisticsQueries(context: QueryContext): StatisticsQueries {
  const { db, tables, aggregates } = context;
  const { events, issues } = tables;
  const { matching, ofMatching, transitionsIn } = countedIssues(context);

  return {
    async issueFacets({ facets, ...counted }) {
      // The columns of all facets, in the order of `issues_by_project`, so that nothing has to be sorted.
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

    async issueFlow({ buckets, ...counted }) {
      const last = buckets.at(-1)!.end;
      const parts = [
        ...buckets.map(({ start, end }) => [start, end] as const),
        [last, Number.MAX_SAFE_INTEGER] as const,
      ];
      const among = (column: AnyColumn) => sql`count(*) filter (where ${column} = 'unresolved')`;
      const kinds = aggregates.counts(events.kind, transitionKinds);
      // Part by part along the index of times: to group them all, the database would sort them.
      const told = db
        .select({
          told: sql`${among(events.toStatus)} || ' ' || ${among(events.fromStatus)} || ' '
            || coalesce(${kinds.told}, '')`,
        })
        .from(events)
        .where(
          and(
            isNull(events.supersededBy),
            isNotNull(events.kind),
            sql`${events.occurredAt} >= part.low`,
            sql`${events.occurredAt} < part.high`,
            ofMatching(counted),
          ),
        );
      const changes = db
        .select({ place: sql<number>`part.place`.as("place"), told: sql<string>`${told}`.as("told") })
        .from(aggregates.parts(parts));
      // In the same statement, so that nothing commits between this count and the changes counted back from it.
      const open = db
        .select({ place: sql<number>`-1`, told: sql<string>`count(*) || ''` })
        .from(issues)
        .where(and(eq(issues.status, "unresolved"), matching(counted)));

      const found = new Map((await unionAll(changes, open)).map(({ place, told }) => [place, told]));
      return flowOf(
        buckets,
        parts.map((_, place) => changeIn(found.get(place)!, kinds.read)),
        { openNow: Number(found.get(-1)), now: counted.now },
      );
    },

    async inferredShare(counted) {
      const [row] = await db
        .select({
          all: sql`count(*)`.mapWith(Number),
          inferred: sql`count(*) filter (where ${eq(events.source, "INFERRED")})`.mapWith(Number),
        })
        .from(events)
        .where(and(transitionsIn(counted.period), ofMatching(counted)));
      return shareOf(row!.inferred, row!.all);
    },
  };
}

/** Reads a part's text: how many entered UNRESOLVED, how many left it, and how many of each kind there were. */
function changeIn(told: string, kindsIn: Aggregate<FlowChange["counts"]>["read"]): FlowChange {
  const [afterEntered, afterLeft] = [told.indexOf(" "), told.indexOf(" ", told.indexOf(" ") + 1)];
  return {
    counts: kindsIn(told.slice(afterLeft + 1)),
    opening: Number(told.slice(0, afterEntered)) - Number(told.slice(afterEntered + 1, afterLeft)),
  };
}
