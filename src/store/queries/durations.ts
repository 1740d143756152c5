import {
  and,
  asc,
  count,
  desc,
  eq,
  exists,
  gt,
  inArray,
  isNotNull,
  isNull,
  lt,
  ne,
  not,
  or,
  sql,
  type AnyColumn,
  type SQL,
} from "drizzle-orm";
import { alias, unionAll } from "drizzle-orm/sqlite-core";
import type { IssueStatus } from "../../domain/issue.ts";
import { durationFiguresOf, shareOf, type DurationGroup } from "../../domain/statistics.ts";
import type { Reader } from "../reader.ts";
import { countedIssues, numberOrNull } from "./counted.ts";
import type { Asked } from "./query.ts";

type DurationQueries = Pick<Reader, "timeToResolve" | "timeToTriage" | "timeInStatus" | "reopenRate">;

/**
 * How long things took.
 *
 * Each is read from its end: `transitions_by_time` finds what ended in the period, and from there `events_in_history`
 * goes back through the one issue to where it began. So the cost is that of the period, not of the whole history.
 */
export function durationQueries(asked: Asked): DurationQueries {
  const { db, tables } = asked;
  const { events } = tables;
  const { ofMatching, transitionsIn, assignmentsIn } = countedIssues(asked);
  const other = alias(events, "other");
  const begun = alias(events, "begun");
  const isOfSameHistory = and(eq(other.issueId, events.issueId), isNull(other.supersededBy));
  const tookMs = (since: SQL | typeof begun.occurredAt) =>
    sql`${events.occurredAt} - ${since}`.mapWith(numberOrNull);

  /** The issue's newest other event before this one that meets `where`. */
  const newestBefore = <Column extends typeof other.place | typeof other.occurredAt>(
    column: Column,
    where: SQL | undefined,
  ) =>
    sql`(${db
      .select({ found: column })
      .from(other)
      .where(and(isOfSameHistory, lt(other.place, events.place), where))
      .orderBy(desc(other.place))
      .limit(1)})`;

  return {
    async timeToResolve(counted) {
      const resolvedBefore = newestBefore(other.place, eq(other.kind, "RESOLVED"));
      const groups = await db
        .select({ milliseconds: tookMs(begun.occurredAt), count: count() })
        .from(events)
        .innerJoin(
          begun,
          and(
            eq(begun.issueId, events.issueId),
            isNull(begun.supersededBy),
            lt(begun.place, events.place),
            gt(begun.place, sql`coalesce(${resolvedBefore}, ${Buffer.alloc(0)})`),
            inArray(begun.kind, ["OPENED", "DISCOVERED", "REGRESSED", "REOPENED"]),
            eq(begun.toStatus, "unresolved"),
          ),
        )
        .where(and(transitionsIn(counted.period), eq(events.kind, "RESOLVED"), ofMatching(counted)))
        .groupBy(sql`1`);
      return durationFiguresOf(known(groups));
    },

    async timeToTriage(counted) {
      const openedAt = sql`(${db
        .select({
          found: sql`case when ${other.kind} in ('OPENED', 'DISCOVERED') and ${other.toStatus} = 'unresolved'
            then ${other.occurredAt} end`,
        })
        .from(other)
        .where(and(isOfSameHistory, lt(other.place, events.place)))
        .orderBy(asc(other.place))
        .limit(1)})`;
      const triagedBefore = db
        .select({ one: sql`1` })
        .from(other)
        .where(and(isOfSameHistory, lt(other.place, events.place), triages(other), not(isFirst(other))));
      const select = (where: SQL | undefined) =>
        db
          .select({
            milliseconds: tookMs(openedAt).as("milliseconds"),
            count: sql<number>`count(*)`.mapWith(Number).as("count"),
          })
          .from(events)
          .where(and(where, not(exists(triagedBefore)), ofMatching(counted)))
          .groupBy(sql`1`);
      // Apart, because each has an index of its own: assignments are not transitions.
      const groups = await unionAll(
        select(and(transitionsIn(counted.period), triages(events))),
        select(and(assignmentsIn(counted.period), isNull(events.kind))),
      );
      return durationFiguresOf(known(groups));
    },

    async timeInStatus(counted) {
      const enteredAt = newestBefore(other.occurredAt, changesStatus(other));
      const groups = await db
        .select({
          milliseconds: tookMs(enteredAt),
          status: statusOf(events.fromStatus),
          count: count(),
        })
        .from(events)
        .where(
          and(
            transitionsIn(counted.period),
            isNotNull(events.fromStatus),
            changesStatus(events),
            ofMatching(counted),
          ),
        )
        .groupBy(sql`1`, sql`2`);
      const figuresOf = (status: IssueStatus) =>
        durationFiguresOf(known(groups.filter((group) => group.status === status)));
      return {
        UNRESOLVED: figuresOf("UNRESOLVED"),
        RESOLVED: figuresOf("RESOLVED"),
        IGNORED: figuresOf("IGNORED"),
        OTHER: figuresOf("OTHER"),
      };
    },

    async reopenRate(counted) {
      const next = db
        .select({ found: other.kind })
        .from(other)
        .where(and(isOfSameHistory, gt(other.place, events.place), changesStatus(other)))
        .orderBy(asc(other.place))
        .limit(1);
      const groups = await db
        .select({
          isReopened: sql<number>`case when (${next}) in ('REGRESSED', 'REOPENED') then 1 else 0 end`.mapWith(
            Number,
          ),
          count: count(),
        })
        .from(events)
        .where(and(transitionsIn(counted.period), eq(events.kind, "RESOLVED"), ofMatching(counted)))
        .groupBy(sql`1`);
      return shareOf(
        groups.find(({ isReopened }) => isReopened === 1)?.count ?? 0,
        groups.reduce((sum, { count }) => sum + count, 0),
      );
    },
  };
}

type Event = { readonly [Name in "action" | "kind" | "fromStatus" | "toStatus"]: AnyColumn };

/** True of a transition to another status than it left, or from none. */
function changesStatus({ kind, fromStatus, toStatus }: Event): SQL | undefined {
  return and(isNotNull(kind), or(isNull(fromStatus), ne(statusOf(fromStatus), statusOf(toStatus))));
}

/** True of what shows that somebody has looked at an issue. */
function triages({ action, toStatus }: Event): SQL | undefined {
  return or(eq(action, "ASSIGNED"), inArray(toStatus, ["resolved", "ignored"]));
}

/** True of an issue's first event, and of no other: it alone is a transition from nothing. */
function isFirst({ kind, fromStatus }: Event): SQL {
  return sql`(${kind} is not null and ${fromStatus} is null)`;
}

/** `issueStatusOf`, of a column that is not null. */
function statusOf(column: AnyColumn): SQL<IssueStatus> {
  return sql`case ${column} when 'unresolved' then 'UNRESOLVED' when 'resolved' then 'RESOLVED'
    when 'ignored' then 'IGNORED' else 'OTHER' end`;
}

/** Without what began before anything is known of. */
function known(
  groups: readonly { readonly milliseconds: number | null; readonly count: number }[],
): readonly DurationGroup[] {
  return groups.flatMap(({ milliseconds, count }) =>
    milliseconds === null ? [] : [{ milliseconds, count }],
  );
}
