import {
  issueLevelOf,
  issuePriorityOf,
  issueStatusOf,
  issueSubstatusOf,
  type Assignee,
  type IssueLevel,
  type IssuePriority,
  type IssueStatus,
  type IssueSubstatus,
} from "./issue.ts";
import { valuesAt } from "./rank.ts";

/** From `from`, inclusive, to `to`, exclusive, in epoch milliseconds; never empty. */
export type Period = { readonly from: number; readonly to: number };

/** The facets by which issues can be counted, with the type of each one's keys. */
type FacetKeys = {
  readonly status: IssueStatus;
  readonly substatus: IssueSubstatus | null;
  readonly level: IssueLevel;
  readonly priority: IssuePriority | null;
  readonly category: string | null;
};
export type Facet = keyof FacetKeys;

/** How many issues have this key: at least one. */
export type Count<Key> = { readonly key: Key; readonly count: number };

/** Issues counted by the facets that were asked for; the others are left out. */
export type Facets = { readonly total: number } & {
  readonly [Name in Facet]?: readonly Count<FacetKeys[Name]>[];
};

/** The number of issues that have these texts, as Sentry sent them. */
type FacetGroup = { readonly count: number } & { readonly [Name in Facet]?: string | null };

const keyOf: { readonly [Name in Facet]: (raw: string | null) => FacetKeys[Name] } = {
  status: (raw) => issueStatusOf(raw ?? ""),
  substatus: issueSubstatusOf,
  level: issueLevelOf,
  priority: issuePriorityOf,
  category: (raw) => raw,
};

/** Counts all issues by facet. Each group has a text, or null, for each of `names`. */
export function facetsOf(groups: readonly FacetGroup[], names: readonly Facet[]): Facets {
  const facet = <Name extends Facet>(name: Name) =>
    rankedCounts(groups.map((group) => ({ key: keyOf[name](group[name] ?? null), count: group.count })));
  return {
    total: groups.reduce((sum, { count }) => sum + count, 0),
    ...(names.includes("status") && { status: facet("status") }),
    ...(names.includes("substatus") && { substatus: facet("substatus") }),
    ...(names.includes("level") && { level: facet("level") }),
    ...(names.includes("priority") && { priority: facet("priority") }),
    ...(names.includes("category") && { category: facet("category") }),
  };
}

/** Adds up counts with the same key. Largest first, then by key; null comes after every other key. */
export function rankedCounts<Key extends string | null>(
  counts: readonly Count<Key>[],
): readonly Count<Key>[] {
  const sums = new Map<Key, number>();
  for (const { key, count } of counts) sums.set(key, (sums.get(key) ?? 0) + count);
  return [...sums]
    .map(([key, count]) => ({ key, count }))
    .toSorted((a, b) => b.count - a.count || compareKeys(a.key, b.key));
}

/** The number of issues that show their assignee like this; `lastSeen` (epoch milliseconds) is their latest. */
export type AssigneeGroup = {
  readonly assignee: Assignee | null;
  readonly count: number;
  readonly lastSeen: number | null;
};

/**
 * Counts issues by assignee, whatever name and e-mail address they show for it: the result has those of the issue seen
 * last. Largest first, then by Sentry's id, users before teams; among equal counts the unassigned come last.
 */
export function assigneeCountsOf(groups: readonly AssigneeGroup[]): readonly Count<Assignee | null>[] {
  const shown = new Map<string, AssigneeGroup>();
  for (const group of groups) {
    const key = assigneeKey(group.assignee);
    const other = shown.get(key);
    const newest = other === undefined || isShownLater(group, other) ? group : other;
    shown.set(key, { ...newest, count: group.count + (other?.count ?? 0) });
  }
  return [...shown.values()]
    .map(({ assignee, count }) => ({ key: assignee, count }))
    .toSorted(
      (a, b) =>
        b.count - a.count ||
        compareKeys(a.key?.sentryId ?? null, b.key?.sentryId ?? null) ||
        compareKeys(b.key?.type ?? null, a.key?.type ?? null),
    );
}

function assigneeKey(assignee: Assignee | null): string {
  return assignee === null ? "" : `${assignee.type} ${assignee.sentryId}`;
}

/** Breaks ties by JSON text: either will do, as long as it is always the same one. */
function isShownLater(a: AssigneeGroup, b: AssigneeGroup): boolean {
  const [seenA, seenB] = [a.lastSeen ?? -Infinity, b.lastSeen ?? -Infinity];
  return seenA === seenB ? JSON.stringify(a.assignee) < JSON.stringify(b.assignee) : seenA > seenB;
}

/** By UTF-16 code units; null last. */
function compareKeys(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

/** Figures of durations. `seconds` is null if there are none. */
export type DurationFigures = {
  readonly n: number;
  readonly seconds: {
    /** Arithmetic. */
    readonly mean: number;
    /**
     * By nearest rank: the shortest duration that at least so many per cent of all do not exceed. It is always one that
     * occurred.
     */
    readonly p50: number;
    readonly p90: number;
    readonly p99: number;
  } | null;
};

/** The percentiles in `DurationFigures`. */
export const durationPercents = [50, 90, 99] as const;

/** The figures of `n` durations. `total` and `percentiles`, those at `durationPercents`, are in milliseconds. */
export function durationFigures({
  n,
  total,
  percentiles,
}: {
  readonly n: number;
  readonly total: number;
  readonly percentiles: readonly number[];
}): DurationFigures {
  if (n === 0) return { n, seconds: null };
  const [p50, p90, p99] = percentiles.map((one) => one / 1000);
  return { n, seconds: { mean: total / n / 1000, p50: p50!, p90: p90!, p99: p99! } };
}

/** The figures of these durations, in milliseconds and any order. */
export function durationFiguresOf(durations: Float64Array): DurationFigures {
  const n = durations.length;
  if (n === 0) return { n, seconds: null };
  let total = 0;
  for (const one of durations) total += one;
  // In whole numbers: 0.9 × 10 could come out above 9.
  const places = durationPercents.map((percent) => Math.ceil((percent * n) / 100) - 1);
  return durationFigures({ n, total, percentiles: valuesAt(durations, places) });
}

/** `part` of `whole`, from 0 to 1; null if `whole` is 0. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
