import { erasing, type Erasing } from "../erase/erasing.ts";
import * as tables from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";

/**
 * Erases, each step in a transaction of its own. SQLite is synchronous, so nothing else happens on this thread
 * meanwhile.
 * @param committed called after each step, which is over once it resolves.
 */
export function erasingSteps({ client, db }: Connection, committed: () => void | Promise<void>): Erasing {
  const steps = erasing({ db, tables });

  async function step<Result>(take: (steps: Erasing) => Promise<Result>): Promise<Result> {
    client.exec("begin immediate");
    let result: Result;
    try {
      result = await take(steps);
      client.exec("commit");
    } finally {
      if (client.inTransaction) client.exec("rollback");
    }
    await committed();
    return result;
  }

  return {
    dropBodies: (before, now) => step((one) => one.dropBodies(before, now)),
    dropClosedIssues: (before) => step((one) => one.dropClosedIssues(before)),
    forgetIssue: (sentryId, now) => step((one) => one.forgetIssue(sentryId, now)),
    eraseSetAside: () => step((one) => one.eraseSetAside()),
    issuesIn: steps.issuesIn,
    forgetProject: (projectId) => step((one) => one.forgetProject(projectId)),
  };
}
