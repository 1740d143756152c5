import type { Reader } from "./reader.ts";

/** Queries whose cost grows with what is stored and not with what is asked for. */
const heavy: ReadonlySet<keyof Reader> = new Set<keyof Reader>([
  "assignees",
  "issueCount",
  "issueCountsOf",
  "issuePagesOf",
  "transitionCount",
  "deliveryPage",
  "deliveryCount",
  "outcomeCounts",
  "issueFacets",
  "issueProjects",
  "issueAssignees",
  "issueFlow",
  "timeToResolve",
  "timeToTriage",
  "timeInStatus",
  "reopenRate",
  "inferredShare",
]);

/** Pages that an index serves quickly, unless they have a filter. */
const filtered: ReadonlySet<keyof Reader> = new Set<keyof Reader>(["issuePage", "transitionPage"]);

/** True for a query that may take long, by its name in `Reader` and its arguments. */
export function isHeavy(name: keyof Reader, args: readonly unknown[]): boolean {
  if (heavy.has(name)) return true;
  if (!filtered.has(name)) return false;
  const [{ filter }] = args as readonly [{ readonly filter: object }];
  return Object.keys(filter).length > 0;
}

/** Queries that are mostly quick, but one issue can have any number of events, and any number may be forgotten. */
const mostlyQuick: ReadonlySet<keyof Reader> = new Set<keyof Reader>([
  "lastDeliveryAt",
  "eventPages",
  "eventCounts",
  "transitionPagesOf",
  "transitionCountsOf",
  "transitionsOf",
  "transitionedBefore",
]);

/** True for a query that must not run on the event loop: a heavy one, or one that can become so. */
export function mayTakeLong(name: keyof Reader, args: readonly unknown[]): boolean {
  return mostlyQuick.has(name) || isHeavy(name, args);
}
