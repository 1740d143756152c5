import type { Bucket } from "./calendar.ts";
import type { TransitionKind } from "./event.ts";

/** What happened in one bucket, and what it left. */
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

/** Transitions of one kind that occurred in the same bucket, or after all of them. */
export type FlowGroup = {
  /** A moment of that bucket, or one not before the end of the last; epoch milliseconds. */
  readonly at: number;
  readonly kind: TransitionKind;
  readonly count: number;
  /** How many more of them entered UNRESOLVED than left it. */
  readonly opening: number;
};

/**
 * The buckets, filled. `groups` are all transitions since the first one began, and `openNow` is how many issues are
 * unresolved at `now`, from which the past is reckoned backwards; a bucket that ends at `now` or later has that.
 */
export function flowOf(
  buckets: readonly Bucket[],
  groups: readonly FlowGroup[],
  { openNow, now }: { readonly openNow: number; readonly now: number },
): readonly FlowBucket[] {
  const counts = buckets.map(() => ({ ...nothing }));
  const opening = buckets.map(() => 0);
  let openingAfter = 0;
  for (const group of groups) {
    const index = bucketAt(buckets, group.at);
    const counted = countedAs[group.kind];
    if (index === null) openingAfter += group.opening;
    else {
      opening[index]! += group.opening;
      if (counted !== null) counts[index]![counted] += group.count;
    }
  }

  const flow: FlowBucket[] = [];
  let openAtEnd = openNow - openingAfter;
  for (const [index, bucket] of [...buckets.entries()].toReversed()) {
    flow.push({ ...bucket, ...counts[index]!, openAtEnd: bucket.end >= now ? openNow : openAtEnd });
    openAtEnd -= opening[index]!;
  }
  return flow.reverse();
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

/** The place of the bucket that has this moment; null for one after all of them. */
function bucketAt(buckets: readonly Bucket[], at: number): number | null {
  let [low, high] = [0, buckets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (buckets[middle]!.end <= at) low = middle + 1;
    else high = middle;
  }
  return low === buckets.length ? null : low;
}
