import { and, asc, count, desc, eq, inArray, isNotNull, isNull, or, sql, type SQL } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Issue, IssueDetails } from "../../domain/issue.ts";
import { issueWhere } from "../filter-sql.ts";
import type { IssueKey, IssueOrderField, PageRequest, Reader } from "../reader.ts";
import { detailsOf, issueOf, type IssueRow } from "../rows.ts";
import { grouped, pageFrom, type Asked } from "./query.ts";

const orderColumns = {
  LAST_SEEN: "lastSeen",
  FIRST_SEEN: "firstSeen",
  STATUS_SINCE: "statusSince",
  COUNT: "count",
  USER_COUNT: "userCount",
  PRIORITY: "priorityRank",
} as const satisfies Record<IssueOrderField, keyof IssueRow>;
type OrderColumn = (typeof orderColumns)[IssueOrderField];

type IssueQueries = Pick<
  Reader,
  | "issues"
  | "issueByShortId"
  | "issuePage"
  | "issueCount"
  | "issuePagesOf"
  | "issueCountsOf"
  | "issueDetails"
  | "rawIssues"
>;

export function issueQueries({ db, tables, dialect, issueObjectOf }: Asked): IssueQueries {
  const { issues, deliveries } = tables;
  const columns = {
    sentryId: issues.sentryId,
    status: issues.status,
    substatus: issues.substatus,
    statusSince: issues.statusSince,
    shown: issues.shown,
    fields: deliveries.fields,
  };
  const select = () => db.select(columns).from(issues).innerJoin(deliveries, eq(deliveries.id, issues.shown));

  return {
    async issues(sentryIds) {
      const rows = await select().where(inArray(issues.sentryId, [...sentryIds]));
      return new Map(rows.map((row) => [row.sentryId, issueFrom(row)]));
    },

    async issueByShortId(shortId) {
      const [row] = await select()
        .where(eq(issues.shortId, shortId))
        .orderBy(desc(deliveries.sentAt), desc(issues.sentryId))
        .limit(1);
      return row === undefined ? null : issueFrom(row);
    },

    /**
     * Nulls come last in both directions, which no index gives in both databases. So a page is read as what it is: a
     * part among the issues that have the value, and a part among those that have none.
     */
    async issuePage({ filter, order, now, ...page }) {
      const column = issues[orderColumns[order.field]];
      const isForward = page.from === "first";
      // The order as it is read: taking from the end reads the list backwards.
      const isAscending = (order.direction === "ASC") === isForward;
      const where = issueWhere(filter, tables, dialect, now);
      const by = isAscending ? asc : desc;
      const wanted = page.limit + 1;

      const valued = (limit: number) =>
        select()
          .where(and(where, isNotNull(column), ...withinValued(page, order.direction, column)))
          .orderBy(by(column), by(issues.sentryId))
          .limit(limit);
      const without = (limit: number) =>
        select()
          .where(and(where, isNull(column), ...withinNulls(page, order.direction)))
          .orderBy(by(issues.sentryId))
          .limit(limit);
      const [one, other] = isForward ? [valued, without] : [without, valued];
      const rows = [...(await one(wanted))];
      if (rows.length < wanted) rows.push(...(await other(wanted - rows.length)));
      return pageFrom(rows.map(issueFrom), page);
    },

    async issueCount({ filter, now }) {
      const [row] = await db
        .select({ count: count() })
        .from(issues)
        .where(issueWhere(filter, tables, dialect, now));
      return row!.count;
    },

    async issuePagesOf(projectIds, { filter, order, now, ...page }) {
      const name = orderColumns[order.field];
      const column = issues[name];
      const isForward = page.from === "first";
      const by = (order.direction === "ASC") === isForward ? asc : desc;
      const listed = alias(issues, "listed");
      const listedColumn = listed[name];
      const own = db
        .select({ sentryId: issues.sentryId })
        .from(issues)
        .where(
          and(
            eq(issues.projectId, tables.projects.sentryId),
            issueWhere(filter, tables, dialect, now),
            or(
              and(isNotNull(column), ...withinValued(page, order.direction, column)),
              and(isNull(column), ...withinNulls(page, order.direction)),
            ),
          ),
        )
        .orderBy(isForward ? asc(isNull(column)) : desc(isNull(column)), by(column), by(issues.sentryId))
        .limit(page.limit + 1);
      const rows = await db
        .select({
          sentryId: listed.sentryId,
          status: listed.status,
          substatus: listed.substatus,
          statusSince: listed.statusSince,
          shown: listed.shown,
          projectId: tables.projects.sentryId,
          fields: deliveries.fields,
        })
        .from(tables.projects)
        .innerJoin(listed, inArray(listed.sentryId, own))
        .innerJoin(deliveries, eq(deliveries.id, listed.shown))
        .where(inArray(tables.projects.sentryId, [...projectIds]))
        .orderBy(
          isForward ? asc(isNull(listedColumn)) : desc(isNull(listedColumn)),
          by(listedColumn),
          by(listed.sentryId),
        );
      const found = grouped(rows, ({ projectId }) => projectId);
      return new Map([...found].map(([projectId, rows]) => [projectId, pageFrom(rows.map(issueFrom), page)]));
    },

    async issueCountsOf(projectIds, { filter, now }) {
      const rows = await db
        .select({ projectId: issues.projectId, count: count() })
        .from(issues)
        .where(and(inArray(issues.projectId, [...projectIds]), issueWhere(filter, tables, dialect, now)))
        .groupBy(issues.projectId);
      return new Map(rows.map((row): [string, number] => [row.projectId!, row.count]));
    },

    async issueDetails(sentryIds) {
      const rows = await db
        .select({ sentryId: issues.sentryId, details: issues.details })
        .from(issues)
        .where(inArray(issues.sentryId, [...sentryIds]));
      return new Map(rows.map((row): [string, IssueDetails] => [row.sentryId, detailsOf(row.details)]));
    },

    async rawIssues(sentryIds) {
      const rows = await db
        .select({ sentryId: issues.sentryId, body: deliveries.body })
        .from(issues)
        .innerJoin(deliveries, eq(deliveries.id, issues.shown))
        .where(inArray(issues.sentryId, [...sentryIds]));
      return new Map(
        rows.map(({ sentryId, body }) => [sentryId, body === null ? {} : issueObjectOf(body)] as const),
      );
    },
  };

  function issueFrom(row: {
    readonly sentryId: string;
    readonly status: string;
    readonly substatus: string | null;
    readonly statusSince: number;
    readonly shown: number;
    readonly fields: string | null;
  }): Issue {
    const state = { status: row.status, substatus: row.substatus };
    // Only deliveries about issues are shown, and those have fields.
    return issueOf(row.sentryId, state, row.statusSince, row.shown, row.fields!);
  }

  /** Bounds of the page among the issues that have the value. Those that have none all come after them. */
  function withinValued(
    { after, before }: PageRequest<IssueKey>,
    direction: "ASC" | "DESC",
    column: Asked["tables"]["issues"][OrderColumn],
  ): SQL[] {
    const [behind, ahead] = direction === "ASC" ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
    const bounds: SQL[] = [];
    if (after !== null)
      bounds.push(
        after.value === null
          ? sql`1 = 0`
          : sql`(${column}, ${issues.sentryId}) ${behind} (${after.value}, ${after.sentryId})`,
      );
    if (before !== null && before.value !== null)
      bounds.push(sql`(${column}, ${issues.sentryId}) ${ahead} (${before.value}, ${before.sentryId})`);
    return bounds;
  }

  function withinNulls({ after, before }: PageRequest<IssueKey>, direction: "ASC" | "DESC"): SQL[] {
    const [behind, ahead] = direction === "ASC" ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
    const bounds: SQL[] = [];
    if (after !== null && after.value === null)
      bounds.push(sql`${issues.sentryId} ${behind} ${after.sentryId}`);
    if (before !== null)
      bounds.push(before.value === null ? sql`${issues.sentryId} ${ahead} ${before.sentryId}` : sql`1 = 0`);
    return bounds;
  }
}
