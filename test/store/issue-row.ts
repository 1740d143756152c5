import type { Issue } from "../../src/domain/issue.ts";
import { snapshotFrom } from "../../src/store/batch/kept-snapshot.ts";
import { shownColumns } from "../../src/store/issue-rows.ts";

/** The row in which the store would keep this issue. */
export function issueRow(issue: Issue) {
  return {
    ...shownColumns({ delivery: issue.shown, snapshot: snapshotFrom(JSON.stringify(issue.fields)) }),
    sentryId: issue.sentryId,
    status: issue.state.status,
    substatus: issue.state.substatus,
    statusSince: issue.statusSince,
    lastSeq: 1,
  };
}
