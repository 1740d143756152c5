import type { LoggedEvent } from "../../domain/event.ts";
import type { IssueFilter, TransitionFilter } from "../../domain/filter.ts";
import type { IssueFields, Project } from "../../domain/issue.ts";
import { isUnlimitedAdmin, maySeePrivate, maySeeProject, type Viewer } from "../../domain/viewer.ts";
import type { Page, Reader } from "../../store/reader.ts";
import { permittedIssues, permittedTransitions } from "./permitted.ts";

/**
 * A reader that shows what the viewer may see of `reader`: everything else is as if it did not exist.
 *
 * An issue belongs, with its whole history, to the project that it is in now; only viewers of all projects see an issue
 * without a project. Every method of `Reader` is limited here by name, so a new one does not compile until it is
 * limited.
 *
 * An issue may move to another project at any moment. Questions about issues therefore have the limit in their filter.
 * Histories are read by issue id, and the project is asked for afterwards: of an issue that has moved away meanwhile
 * nothing is shown, and of one that has arrived everything is.
 * @throws GraphQLError FORBIDDEN for a filter that asks about what the viewer may not see.
 */
export function limitedReader(reader: Reader, viewer: Viewer): Reader {
  if (isUnlimitedAdmin(viewer)) return reader;

  /** Sentry's ids of the viewer's projects; undefined for all projects. */
  const theirIds = viewer.projects === "all" ? undefined : [...viewer.projects];

  const isTheirs = ({ project }: Pick<IssueFields, "project">) =>
    maySeeProject(viewer, project?.sentryId ?? null);

  const issues: Reader["issues"] = async (sentryIds) => {
    const found = await reader.issues(sentryIds);
    return new Map([...found].filter(([, { fields }]) => isTheirs(fields)));
  };
  /** Those of the issues that the viewer may see. */
  const ofIssues = async (sentryIds: readonly string[]): Promise<ReadonlySet<string>> =>
    new Set(viewer.projects === "all" ? sentryIds : (await issues([...new Set(sentryIds)])).keys());
  const ownHistories = async <Found>(
    found: ReadonlyMap<string, Found>,
  ): Promise<ReadonlyMap<string, Found>> => {
    const theirs = await ofIssues([...found.keys()]);
    return new Map([...found].filter(([sentryId]) => theirs.has(sentryId)));
  };
  const ownProjects = (sentryIds: readonly string[]) =>
    sentryIds.filter((sentryId) => maySeeProject(viewer, sentryId));

  const ownEvents = async <Key>(
    found: ReadonlyMap<Key, LoggedEvent>,
  ): Promise<ReadonlyMap<Key, LoggedEvent>> => {
    const theirs = await ofIssues([...found.values()].map(({ issueId }) => issueId));
    return new Map([...found].filter(([, { issueId }]) => theirs.has(issueId)));
  };
  const ownEventLists = async <Key>(
    found: ReadonlyMap<Key, readonly LoggedEvent[]>,
  ): Promise<ReadonlyMap<Key, readonly LoggedEvent[]>> => {
    const theirs = await ofIssues([...found.values()].flat().map(({ issueId }) => issueId));
    const lists = [...found].map(
      ([key, events]) => [key, events.filter(({ issueId }) => theirs.has(issueId))] as const,
    );
    return new Map(lists.filter(([, events]) => events.length > 0));
  };

  /** The request, with its filter limited to the viewer's issues. */
  const limited = <Request extends { readonly filter: IssueFilter }>(request: Request): Request => ({
    ...request,
    filter: permittedIssues(request.filter, viewer),
  });
  const limitedTransitions = <Request extends { readonly filter: TransitionFilter }>(
    request: Request,
  ): Request => ({ ...request, filter: permittedTransitions(request.filter, viewer) });

  /** A viewer who is limited to projects has few enough of them to read them all. */
  const theirProjects = async (projects: ReadonlySet<string>): Promise<readonly Project[]> =>
    [...(await reader.projects([...projects])).values()].toSorted(bySlug);

  return {
    bounds: () => reader.bounds(),

    issues,
    issueByShortId: (shortId) => reader.issueByShortId(shortId, theirIds),
    assignees: (type, sentryIds) => reader.assignees(type, sentryIds, theirIds),
    issuePage: (request) => reader.issuePage(limited(request)),
    issueCount: (request) => reader.issueCount(limited(request)),
    issuePagesOf: (projects, request) => reader.issuePagesOf(ownProjects(projects), limited(request)),
    issueCountsOf: (projects, request) => reader.issueCountsOf(ownProjects(projects), limited(request)),
    issueDetails: (sentryIds) => reader.issueDetails(sentryIds, theirIds),
    rawIssues: async (sentryIds) =>
      maySeePrivate(viewer) ? reader.rawIssues(sentryIds, theirIds) : new Map(),

    events: async (seqs) => ownEvents(await reader.events(seqs)),
    eventsById: async (ids) => ownEvents(await reader.eventsById(ids)),
    eventsOfDeliveries: async (deliveries) => ownEventLists(await reader.eventsOfDeliveries(deliveries)),
    replacedBy: async (seqs) => ownEventLists(await reader.replacedBy(seqs)),
    before: async (seqs) => ownEvents(await reader.before(seqs)),
    transitionedBefore: async (seqs) => {
      const found = await reader.transitionedBefore(seqs);
      const theirs = await ownEvents(await reader.events([...found.keys()]));
      return new Map([...found].filter(([seq]) => theirs.has(seq)));
    },
    eventPages: async (sentryIds, request) => ownHistories(await reader.eventPages(sentryIds, request)),
    eventCounts: async (sentryIds, request) => ownHistories(await reader.eventCounts(sentryIds, request)),
    transitionPagesOf: (sentryIds, request) =>
      reader.transitionPagesOf(sentryIds, limitedTransitions(request)),
    transitionCountsOf: (sentryIds, request) =>
      reader.transitionCountsOf(sentryIds, limitedTransitions(request)),
    transitionsOf: async (sentryIds) => ownHistories(await reader.transitionsOf(sentryIds)),
    transitionPage: (request) => reader.transitionPage(limitedTransitions(request)),
    transitionCount: (request) => reader.transitionCount(limitedTransitions(request)),

    projects: (sentryIds) => reader.projects(ownProjects(sentryIds)),
    projectBySlug: (slug) => reader.projectBySlug(slug, theirIds),
    projectPage: async (request) => {
      if (viewer.projects === "all") return reader.projectPage(request);
      const { after, before, limit, from } = request;
      const rows = (await theirProjects(viewer.projects)).filter(
        (row) =>
          (after === null || compareSlugs([row.slug, row.sentryId], after) > 0) &&
          (before === null || compareSlugs([row.slug, row.sentryId], before) < 0),
      );
      const taken = from === "first" ? rows.slice(0, limit) : rows.slice(Math.max(0, rows.length - limit));
      return { rows: taken, more: rows.length > limit } satisfies Page<Project>;
    },
    projectCount: async () =>
      viewer.projects === "all" ? reader.projectCount() : (await theirProjects(viewer.projects)).length,

    issueFacets: (request) => reader.issueFacets(limited(request)),
    issueProjects: (request) => reader.issueProjects(limited(request)),
    issueAssignees: (request) => reader.issueAssignees(limited(request)),
    issueFlow: (request) => reader.issueFlow(limited(request)),
    timeToResolve: (request) => reader.timeToResolve(limited(request)),
    timeToTriage: (request) => reader.timeToTriage(limited(request)),
    timeInStatus: (request) => reader.timeInStatus(limited(request)),
    reopenRate: (request) => reader.reopenRate(limited(request)),
    inferredShare: (request) => reader.inferredShare(limited(request)),

    // Only unlimited admins see deliveries, which hold what Sentry sent of all projects. They got `reader` itself.
    deliveries: async () => new Map(),
    bodies: async () => new Map(),
    deliveryPage: async () => ({ rows: [], more: false }),
    deliveryCount: async () => 0,
    snapshots: async (deliveries) => {
      const found = await reader.snapshots(deliveries);
      // These show the issue as it was then, which may have been in another project.
      return new Map([...found].filter(([, fields]) => isTheirs(fields)));
    },
    // These cover all projects.
    lastDeliveryAt: async () => (viewer.projects === "all" ? reader.lastDeliveryAt() : null),
    outcomeCounts: async (request) =>
      viewer.projects === "all"
        ? reader.outcomeCounts(request)
        : { APPLIED: 0, UNCHANGED: 0, DUPLICATE: 0, IGNORED: 0, QUARANTINED: 0 },

    entriesAfter: async (after, limit) =>
      (await reader.entriesAfter(after, limit)).filter(({ after: issue }) => isTheirs(issue.fields)),
  };
}

/** By slug, then by Sentry's id. Compares UTF-8 bytes, as the store does. */
function compareSlugs(a: readonly [string, string], b: readonly [string, string]): number {
  return (
    Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])) ||
    Buffer.compare(Buffer.from(a[1]), Buffer.from(b[1]))
  );
}

function bySlug(a: Project, b: Project): number {
  return compareSlugs([a.slug, a.sentryId], [b.slug, b.sentryId]);
}
