import type { Bucket } from "./calendar.ts";
import type { TransitionKind } from "./event.ts";

/** The transitions in one bucket by kind, and the issues open at its end. */
export type FlowBucket = Bucket & {
  /** OPENED and DISCOVERED. */
  readonly opened: number;
  readonly resolved: number;
  readonly archived: number;
  readonly regressed: number;
  readonly escalated: number;
  readonly reopened: number;
  readonly unarchived: number;
  /** Issues that were unresolved when it ended. */
  readonly openAtEnd: number;
};

type Counted = Exclude<keyof FlowBucket, keyof Bucket | "openAtEnd">;

const countedAs: Readonly<Record<TransitionKind, Counted | null>> = {
  OPENED: "opened",
  DISCOVERED: "opened",
  RESOLVED: "resolved",
  ARCHIVED: "archived",
  ARCHIVE_CHANGED: null,
  REGRESSED: "regressed",
  REOPENED: "reopened",
  UNARCHIVED: "unarchived",
  ESCALATED: "escalated",
  SETTLED: null,
  OTHER: null,
};

/** The transitions in one stretch of time, counted. */
export type FlowChange = {
  /** The number of transitions of each kind; a missing kind counts as 0. */
  readonly counts: ReadonlyMap<TransitionKind, number>;
  /** How many more of them entered UNRESOLVED than left it. */
  readonly opening: number;
};

/**
 * The buckets, filled. `changes` has one element for each bucket, then one for the time after the last bucket. `openNow`
 * is how many issues are unresolved at `now`: the counts of earlier buckets are reckoned back from it, and a bucket that
 * ends at `now` or later has it as it is.
 */
export function flowOf(
  buckets: readonly Bucket[],
  changes: readonly FlowChange[],
  { openNow, now }: { readonly openNow: number; readonly now: number },
): readonly FlowBucket[] {
  const flow: FlowBucket[] = [];
  let openAtEnd = openNow - (changes[buckets.length]?.opening ?? 0);
  for (const [index, bucket] of [...buckets.entries()].toReversed()) {
    const { counts, opening } = changes[index]!;
    flow.push({ ...bucket, ...countsOf(counts), openAtEnd: bucket.end >= now ? openNow : openAtEnd });
    openAtEnd -= opening;
  }
  return flow.reverse();
}

function countsOf(counts: FlowChange["counts"]): Readonly<Record<Counted, number>> {
  const found = { ...nothing };
  for (const [kind, count] of counts) {
    const counted = countedAs[kind];
    if (counted !== null) found[counted] += count;
  }
  return found;
}

const nothing: Readonly<Record<Counted, number>> = {
  opened: 0,
  resolved: 0,
  archived: 0,
  regressed: 0,
  escalated: 0,
  reopened: 0,
  unarchived: 0,
};
