import { and, count, eq, max, type SQL } from "drizzle-orm";
import type { Assignee } from "../../domain/issue.ts";
import { assigneeCountsOf, type AssigneeGroup } from "../../domain/statistics.ts";
import type { Reader } from "../reader.ts";
import { countedIssues } from "./counted.ts";
import { grouped, type QueryContext } from "./query.ts";

/**
 * Assignees, and issues counted by assignee.
 *
 * Almost always all issues show an assignee alike, and then `issues_by_assignee` has all that is needed. Only if they
 * differ does it matter which issue was seen last, and the rows of these issues are read.
 */
export function assigneeQueries(context: QueryContext): Pick<Reader, "assignees" | "issueAssignees"> {
  const { db, tables, dialect } = context;
  const { issues } = tables;
  const { matching } = countedIssues(context);
  const shown = {
    type: issues.assigneeType,
    sentryId: issues.assigneeId,
    name: issues.assigneeName,
    email: issues.assigneeEmail,
  };

  /** How all issues show their assignees. */
  const looks = () =>
    db
      .select({ ...shown, count: count() })
      .from(issues)
      // In the order of the index, so that nothing has to be sorted.
      .groupBy(
        issues.assigneeId,
        issues.status,
        issues.assigneeType,
        issues.assigneeName,
        issues.assigneeEmail,
      );

  const countsOf = (where: SQL) =>
    db
      .select({ sentryId: issues.assigneeId, count: count() })
      .from(issues)
      .where(where)
      .groupBy(issues.assigneeId);

  async function groupsOf(ids: readonly string[], where: SQL | undefined): Promise<readonly AssigneeGroup[]> {
    if (ids.length === 0) return [];
    const rows = await db
      .select({ ...shown, count: count(), lastSeen: max(issues.lastSeen) })
      .from(issues)
      .where(and(dialect.among(issues.assigneeId, ids), where && dialect.tried(where)))
      .groupBy(...Object.values(shown));
    return rows.map(({ count, lastSeen, ...row }) => ({ assignee: assigneeOf(row), count, lastSeen }));
  }

  return {
    async assignees(type, sentryIds, projects) {
      const ofProjects = projects && dialect.among(issues.projectId, projects);
      const groups = await groupsOf(sentryIds, and(eq(issues.assigneeType, type), ofProjects));
      const found = assigneeCountsOf(groups).flatMap(({ key }) => key ?? []);
      return new Map(found.map((assignee) => [assignee.sentryId, assignee]));
    },

    async issueAssignees(counted) {
      const where = matching(counted);
      const everywhere = await looks();
      const known = grouped(everywhere, ({ sentryId }) => sentryId);
      const groups: AssigneeGroup[] = [];
      const doubtful = new Set<string>();
      for (const { sentryId, count } of where === undefined ? everywhere : await countsOf(where)) {
        const assignee = oneOf((known.get(sentryId) ?? []).map(assigneeOf));
        if (sentryId === null) groups.push({ assignee: null, count, lastSeen: null });
        else if (assignee === null) doubtful.add(sentryId);
        else groups.push({ assignee, count, lastSeen: null });
      }
      return assigneeCountsOf([...groups, ...(await groupsOf([...doubtful], where))]);
    },
  };
}

/** The assignee, if all are the same; null if they differ, or if there is none. */
function oneOf(assignees: readonly (Assignee | null)[]): Assignee | null {
  const [first, ...others] = assignees;
  if (first == null) return null;
  const isSame = (other: Assignee | null) =>
    other?.type === first.type && other.name === first.name && other.email === first.email;
  return others.every(isSame) ? first : null;
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
