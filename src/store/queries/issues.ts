import { and, count, desc, eq, inArray, type SQL } from "drizzle-orm";
import { detailsIn, type IssueDetails } from "../../domain/issue.ts";
import { issueOf } from "../issue-rows.ts";
import type { Reader } from "../reader.ts";
import { contentsOf } from "./contents.ts";
import { countedIssues } from "./counted.ts";
import { askedByKeys, type QueryContext } from "./query.ts";

type IssueQueries = Pick<
  Reader,
  "issues" | "issueByShortId" | "issueCount" | "issueCountsOf" | "issueDetails" | "rawIssues"
>;

/** The reader's queries for issues, except those for pages of them. */
export function issueQueries({
  db,
  tables,
  dialect,
  issueObjectOf,
  onUnreadable,
}: QueryContext): IssueQueries {
  const { issues, deliveries } = tables;
  const contents = contentsOf({ db, tables, onUnreadable });
  const select = () => db.select(issueColumns(issues)).from(issues);
  const byIds = askedByKeys("issues_by_id", (ids) => select().where(inArray(issues.sentryId, ids)));
  const { matching: counted } = countedIssues({ db, tables, dialect });

  return {
    async issues(sentryIds) {
      const rows = await byIds(sentryIds);
      return new Map(rows.map((row) => [row.sentryId, issueOf(row)]));
    },

    async issueByShortId(shortId, projects) {
      const [row] = await select()
        .innerJoin(deliveries, eq(deliveries.id, issues.shown))
        .where(and(eq(issues.shortId, shortId), ofProjects(projects)))
        .orderBy(desc(deliveries.sentAt), desc(issues.sentryId))
        .limit(1);
      return row === undefined ? null : issueOf(row);
    },

    async issueCount({ filter, now }) {
      const [row] = await db.select({ count: count() }).from(issues).where(counted({ filter, now }));
      return row!.count;
    },

    async issueCountsOf(projectIds, { filter, now }) {
      const rows = await db
        .select({ projectId: issues.projectId, count: count() })
        .from(issues)
        .where(and(inArray(issues.projectId, [...projectIds]), counted({ filter, now })))
        .groupBy(issues.projectId);
      return new Map(rows.map((row): [string, number] => [row.projectId!, row.count]));
    },

    async issueDetails(sentryIds, projects) {
      const rows = await db
        .select({ sentryId: issues.sentryId, details: issues.details })
        .from(issues)
        .where(and(inArray(issues.sentryId, [...sentryIds]), ofProjects(projects)));
      return new Map(rows.map((row): [string, IssueDetails] => [row.sentryId, detailsIn(row.details)]));
    },

    async rawIssues(sentryIds, projects) {
      const rows = await db
        .select({ sentryId: issues.sentryId, shown: issues.shown })
        .from(issues)
        .where(and(inArray(issues.sentryId, [...sentryIds]), ofProjects(projects)));
      const bodies = await contents.bodies(rows.map(({ shown }) => shown));
      return new Map(
        rows.map(({ sentryId, shown }) => {
          const body = bodies.get(shown);
          return [sentryId, body === undefined ? {} : issueObjectOf(body)] as const;
        }),
      );
    },
  };

  /** Checked on the rows found by their keys, which are fewer than a project has. */
  function ofProjects(projects: readonly string[] | undefined): SQL | undefined {
    return projects && dialect.tried(dialect.among(issues.projectId, projects));
  }
}

/** The columns that `issueOf` reads. */
export function issueColumns(issues: QueryContext["tables"]["issues"]) {
  return {
    sentryId: issues.sentryId,
    shown: issues.shown,
    status: issues.status,
    substatus: issues.substatus,
    statusSince: issues.statusSince,
    shortId: issues.shortId,
    title: issues.title,
    culprit: issues.culprit,
    level: issues.level,
    priority: issues.priority,
    category: issues.category,
    issueType: issues.issueType,
    platform: issues.platform,
    projectId: issues.projectId,
    projectSlug: issues.projectSlug,
    assigneeType: issues.assigneeType,
    assigneeId: issues.assigneeId,
    assigneeName: issues.assigneeName,
    assigneeEmail: issues.assigneeEmail,
    isUnhandled: issues.isUnhandled,
    count: issues.count,
    userCount: issues.userCount,
    firstSeen: issues.firstSeen,
    lastSeen: issues.lastSeen,
    rest: issues.rest,
  };
}
