import { eq } from "drizzle-orm";
import type { QueryContext } from "../queries/query.ts";
import { dropBodies } from "./bodies.ts";
import { dropClosedIssues, eraseSetAside, forgetIssue } from "./issues.ts";

/**
 * The steps that erase from the store; each must be called in a transaction of its own. The facts of what is left stay
 * as they are, so that late deliveries, `rebuild` and `doctor` still work.
 */
export interface Erasing {
  /**
   * Drops the bodies of the oldest deliveries that still have them, as many as one step may, up to the first received
   * at `before` or later (epoch milliseconds). A delivery dated after `now`, by a wrong clock, goes with the next one
   * that is not. Returns how many deliveries that were; 0 if none is left. A damaged pack stays as it is: its bodies
   * cannot be read anyway.
   */
  dropBodies(before: number, now: number): Promise<number>;
  /**
   * Erases the issues that have been resolved or archived since before this time (epoch milliseconds), oldest first, as
   * many as one step may. Returns how many; 0 if none is left. Cursors from before the newest of their entries expire.
   * A damaged pack that holds something of them is emptied. If one issue's deliveries are more than a step may erase,
   * their contents are left to `eraseSetAside`.
   */
  dropClosedIssues(before: number): Promise<number>;
  /**
   * Erases an issue and every delivery about it, and appends an entry that tells followers so. Returns false if there
   * is no such issue. A damaged pack that holds something of it is emptied. If its deliveries are more than a step may
   * erase, their contents are left to `eraseSetAside`; nothing reads them any more.
   */
  forgetIssue(sentryId: string, now: number): Promise<boolean>;
  /**
   * Erases deliveries that were set aside, by whatever process, with their contents, as many as one step may. Returns
   * how many; 0 if none is left.
   */
  eraseSetAside(): Promise<number>;
  /** Sentry's ids of up to `limit` issues that are in this project now. */
  issuesIn(projectId: string, limit: number): Promise<readonly string[]>;
  /** Erases what is known of the project itself. */
  forgetProject(projectId: string): Promise<void>;
}

/** @param mostIssues the most that one step drops; each takes several statements. */
export function erasing(
  context: Pick<QueryContext, "db" | "tables">,
  { mostIssues = 100 }: { readonly mostIssues?: number } = {},
): Erasing {
  const { db, tables } = context;
  const { issues, projects } = tables;
  return {
    dropBodies: (before, now) => dropBodies(context, before, now),
    dropClosedIssues: (before) => dropClosedIssues(context, before, mostIssues),
    forgetIssue: (sentryId, now) => forgetIssue(context, sentryId, now),
    eraseSetAside: () => eraseSetAside(context),
    async issuesIn(projectId, limit) {
      const rows = await db
        .select({ sentryId: issues.sentryId })
        .from(issues)
        .where(eq(issues.projectId, projectId))
        .limit(limit);
      return rows.map(({ sentryId }) => sentryId);
    },

    async forgetProject(projectId) {
      await db.delete(projects).where(eq(projects.sentryId, projectId));
    },
  };
}
