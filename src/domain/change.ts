import { forgottenRole, type LogEntry } from "./event.ts";
import type { IssueFilter } from "./filter.ts";
import { issueTest } from "./matches.ts";

export type IssueChangeKind = "ENTERED" | "UPDATED" | "LEFT";

/**
 * Returns a function that says what an entry of the log changes in a list under `filter`; null for nothing.
 *
 * Relative times in the filter count from the entry's commit, so that replay and live give the same answer. An issue
 * that crosses such a bound without an event therefore neither enters nor leaves.
 */
export function changesUnder(filter: IssueFilter): (entry: LogEntry) => IssueChangeKind | null {
  const passes = issueTest(filter);
  return ({ event, before, after }) => {
    // What the issue was is forgotten too, so every list is told. One that does not have it has nothing to remove.
    if (event.role === forgottenRole) return "LEFT";
    const was = before !== null && passes(before, event.committedAt);
    const is = passes(after, event.committedAt);
    if (is) return was ? "UPDATED" : "ENTERED";
    return was ? "LEFT" : null;
  };
}
