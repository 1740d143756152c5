import type { Facts } from "../../domain/delivery.ts";
import { derived, type CachedHistory } from "../cached-history.ts";
import type { HistoryCache } from "../history-cache.ts";
import type { WriteTransaction } from "../write.ts";
import type { Numbered } from "./numbered.ts";

/** The histories of a batch's issues, with the batch's deliveries applied so far. */
export type Histories = {
  readonly held: (issueId: string) => CachedHistory;
  /** Records that the delivery is part of the history now. */
  readonly added: (issueId: string, facts: Facts) => void;
  /** Derives the whole history anew, from the deliveries written and those added. */
  readonly renew: (issueId: string) => Promise<void>;
};

/** Loads the histories of a batch's issues, from memory if they are there. */
export async function loadHistories(
  transaction: WriteTransaction,
  batch: readonly Numbered[],
  cache: HistoryCache,
): Promise<Histories> {
  const found = new Map<string, CachedHistory>();
  const missing = new Set<string>();
  for (const { delivery } of batch) {
    if (delivery.reading.is !== "issue") continue;
    const { sentryId } = delivery.reading.issue.snapshot;
    const held = cache.get(sentryId);
    if (held === undefined) missing.add(sentryId);
    else found.set(sentryId, held);
  }
  const written = (issueIds: readonly string[]) => transaction.facts(issueIds, batch[0]!.id);
  if (missing.size > 0) {
    // An issue with deliveries has a row. Most issues that are not cached are new, and need no second query.
    const known = await transaction.knownIssues([...missing]);
    const facts = await written([...known.keys()]);
    for (const sentryId of missing) {
      const { lastSeq, ...project } = known.get(sentryId) ?? unknownIssue;
      const held = { ...derived(facts.get(sentryId) ?? []), lastSeq, project };
      found.set(sentryId, held);
      cache.set(sentryId, held);
    }
  }

  const added = new Map<string, Facts[]>();
  // Every issue of the batch was loaded above.
  const heldOf = (issueId: string): CachedHistory => found.get(issueId)!;
  return {
    held: heldOf,
    added(issueId, facts) {
      const before = added.get(issueId);
      if (before === undefined) added.set(issueId, [facts]);
      else before.push(facts);
    },
    async renew(issueId) {
      const facts = (await written([issueId])).get(issueId) ?? [];
      Object.assign(heldOf(issueId), derived([...facts, ...(added.get(issueId) ?? [])]));
    },
  };
}

const unknownIssue = { lastSeq: null, projectId: null, projectSlug: null } as const;
