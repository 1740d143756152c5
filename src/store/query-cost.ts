import type { Reader } from "./reader.ts";

/**
 * What a question costs:
 *
 * - "quick": an index answers it, so it takes as long as what is asked for;
 * - "mostly quick": so does it, but one issue can have any number of events, and any number may be forgotten;
 * - "heavy if filtered": a page, which an index serves quickly unless it has a filter;
 * - "heavy": it takes longer the more is stored.
 */
const costs: Readonly<Record<keyof Reader, "quick" | "mostly quick" | "heavy if filtered" | "heavy">> = {
  bounds: "quick",
  issues: "quick",
  issueByShortId: "quick",
  assignees: "heavy",
  issuePage: "heavy if filtered",
  issueCount: "heavy",
  issuePagesOf: "heavy",
  issueCountsOf: "heavy",
  issueDetails: "quick",
  rawIssues: "quick",
  events: "quick",
  eventsById: "quick",
  eventsOfDeliveries: "quick",
  replacedBy: "quick",
  before: "quick",
  transitionedBefore: "mostly quick",
  eventPages: "mostly quick",
  eventCounts: "mostly quick",
  transitionPagesOf: "mostly quick",
  transitionCountsOf: "mostly quick",
  transitionsOf: "mostly quick",
  transitionPage: "heavy if filtered",
  transitionCount: "heavy",
  projects: "quick",
  projectBySlug: "quick",
  projectPage: "quick",
  projectCount: "quick",
  issueFacets: "heavy",
  issueProjects: "heavy",
  issueAssignees: "heavy",
  issueFlow: "heavy",
  timeToResolve: "heavy",
  timeToTriage: "heavy",
  timeInStatus: "heavy",
  reopenRate: "heavy",
  inferredShare: "heavy",
  deliveries: "quick",
  snapshots: "quick",
  bodies: "quick",
  deliveryPage: "heavy",
  deliveryCount: "heavy",
  lastDeliveryAt: "mostly quick",
  outcomeCounts: "heavy",
  entriesAfter: "quick",
};

/** True for a query that may take long, by its name in `Reader` and its arguments. */
export function isHeavy(name: keyof Reader, args: readonly unknown[]): boolean {
  const cost = costs[name];
  return cost === "heavy" || (cost === "heavy if filtered" && Object.keys(filterOf(args)).length > 0);
}

/** True for a query that must not run on the event loop: a heavy one, or one that can become so. */
export function mayTakeLong(name: keyof Reader, args: readonly unknown[]): boolean {
  return costs[name] === "mostly quick" || isHeavy(name, args);
}

/** True for a query that takes little time more often than not, but not always: it is worth a try first. */
export function isOftenQuick(name: keyof Reader): boolean {
  return costs[name] === "mostly quick" || costs[name] === "heavy if filtered";
}

/** The filter of what is asked for; `{}` if the query has none. */
export function filterOf(args: readonly unknown[]): object {
  for (const arg of args)
    if (typeof arg === "object" && arg !== null && Object.hasOwn(arg, "filter"))
      return (arg as { readonly filter: object }).filter;
  return {};
}
