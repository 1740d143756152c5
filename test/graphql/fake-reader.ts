import type { LoggedEvent, TransitionKind } from "../../src/domain/event.ts";
import { flowOf } from "../../src/domain/flow.ts";
import {
  priorityRankOf,
  unknownDetails,
  type Issue,
  type IssueDetails,
  type IssueFields,
  type Json,
  type Project,
} from "../../src/domain/issue.ts";
import { issueTest, transitionTest } from "../../src/domain/matches.ts";
import {
  assigneeCountsOf,
  facetsOf,
  rankedCounts,
  type DurationFigures,
} from "../../src/domain/statistics.ts";
import type {
  Counted,
  Delivery,
  Direction,
  IssueKey,
  IssueOrderField,
  LogBounds,
  Page,
  PageRequest,
  Reader,
} from "../../src/store/reader.ts";
import { epoch } from "./builders.ts";

/** What a fake reader knows. If something is left out, there is none. */
export type Known = {
  readonly bounds?: Partial<LogBounds>;
  readonly issues?: readonly Issue[];
  readonly details?: ReadonlyMap<string, IssueDetails>;
  readonly raw?: ReadonlyMap<string, Json>;
  /** In history order. Superseded events are only in the log. */
  readonly events?: readonly LoggedEvent[];
  readonly projects?: readonly Project[];
  readonly deliveries?: readonly Delivery[];
  readonly snapshots?: ReadonlyMap<number, IssueFields>;
  readonly bodies?: ReadonlyMap<number, Uint8Array>;
  readonly lastDeliveryAt?: number;
  readonly outcomeCounts?: Awaited<ReturnType<Reader["outcomeCounts"]>>;
  /** How long everything took. */
  readonly durations?: DurationFigures;
  readonly reopenRate?: number;
};

/** One call of a fake reader: the method's name and its arguments. */
export type Asked = { readonly name: keyof Reader; readonly args: readonly unknown[] };

/** A `Reader` over arrays that records its calls in order. */
export function fakeReader(known: Known): Reader & { readonly asked: Asked[] } {
  const issues = known.issues ?? [];
  const log = known.events ?? [];
  const history = log.filter((event) => event.supersededBy === null);
  const projects = known.projects ?? [];
  const deliveries = known.deliveries ?? [];
  const issueOf = (id: string) => issues.find(({ sentryId }) => sentryId === id)!;

  const byKey = <Key, Row>(keys: readonly Key[], find: (key: Key) => Row | undefined) =>
    new Map(
      keys.flatMap((key) => {
        const row = find(key);
        return row === undefined ? [] : [[key, row] as const];
      }),
    );

  const pageOfIssues = (
    rows: readonly Issue[],
    { filter, order, now, ...page }: Parameters<Reader["issuePage"]>[0],
  ): Page<Issue> =>
    pageOf(
      rows.filter((row) => issueTest(filter)(row, now)),
      page,
      (row): IssueKey => ({ value: valueOf(row, order.field), sentryId: row.sentryId }),
      (a, b) =>
        compareNullsLast(a.value, b.value, order.direction) ||
        compare(a.sentryId, b.sentryId, order.direction),
    );
  const ofProject = (id: string) => issues.filter(({ fields }) => fields.project?.sentryId === id);
  const passes =
    (filter: Parameters<Reader["transitionCount"]>[0]["filter"], now: number) => (event: LoggedEvent) =>
      transitionTest(filter)({ event, before: null, after: issueOf(event.issueId) }, now);
  const eventsOf = (id: string) => history.filter(({ issueId }) => issueId === id);
  const withActions = (id: string, actions: readonly string[] | null) =>
    eventsOf(id).filter(({ action }) => actions === null || actions.includes(action));
  const inHistory = (rows: readonly LoggedEvent[], page: PageRequest<Uint8Array>) =>
    pageOf(
      rows,
      page,
      ({ place }) => place,
      (a, b) => Buffer.compare(a, b),
    );
  /** The events before this one in its issue's history. */
  const before = (seq: number) => {
    const event = log.find((logged) => logged.seq === seq)!;
    return eventsOf(event.issueId).filter(({ place }) => Buffer.compare(place, event.place) < 0);
  };
  const deliveriesUnder = ({ filter }: Parameters<Reader["deliveryCount"]>[0]) =>
    deliveries.filter(
      ({ outcome, resource }) =>
        (filter.outcome?.includes(outcome) ?? true) &&
        (filter.resource === undefined || (resource !== null && filter.resource.includes(resource))),
    );

  const countedIssues = ({ filter, now }: Counted) => issues.filter((row) => issueTest(filter)(row, now));
  const durations = known.durations ?? { n: 0, seconds: null };

  const reader: Reader = {
    bounds: async () => ({ epoch, newest: log.length, oldest: 0, ...known.bounds }),

    issues: async (ids) => byKey(ids, (id) => issues.find(({ sentryId }) => sentryId === id)),
    issueByShortId: async (shortId) => issues.find(({ fields }) => fields.shortId === shortId) ?? null,
    assignees: async (type, ids) =>
      byKey(ids, (id) => {
        const [newest] = issues
          .filter(({ fields: { assignee } }) => assignee?.type === type && assignee.sentryId === id)
          .toSorted((a, b) => (b.fields.lastSeen ?? 0) - (a.fields.lastSeen ?? 0));
        return newest?.fields.assignee ?? undefined;
      }),
    issuePage: async (request) => pageOfIssues(issues, request),
    issueCount: async ({ filter, now }) => issues.filter((row) => issueTest(filter)(row, now)).length,
    issuePagesOf: async (ids, request) => byKey(ids, (id) => pageOfIssues(ofProject(id), request)),
    issueCountsOf: async (ids, { filter, now }) =>
      byKey(ids, (id) => ofProject(id).filter((row) => issueTest(filter)(row, now)).length),
    issueDetails: async (ids) => byKey(ids, (id) => known.details?.get(id) ?? unknownDetails),
    rawIssues: async (ids) => byKey(ids, (id) => known.raw?.get(id) ?? {}),

    events: async (seqs) => byKey(seqs, (seq) => log.find((event) => event.seq === seq)),
    eventsById: async (ids) => byKey(ids, (id) => log.find((event) => event.id === id)),
    eventsOfDeliveries: async (ids) => byKey(ids, (id) => log.filter((event) => event.delivery === id)),
    replacedBy: async (seqs) => byKey(seqs, (seq) => log.filter((event) => event.supersededBy === seq)),
    before: async (seqs) => byKey(seqs, (seq) => before(seq).at(-1)),
    transitionedBefore: async (seqs) =>
      byKey(seqs, (seq) => before(seq).findLast(({ transition }) => transition !== null)?.occurredAt),
    eventPages: async (ids, { actions, ...page }) =>
      byKey(ids, (id) => inHistory(withActions(id, actions), page)),
    eventCounts: async (ids, { actions }) => byKey(ids, (id) => withActions(id, actions).length),
    transitionPagesOf: async (ids, { filter, now, ...page }) =>
      byKey(ids, (id) => inHistory(eventsOf(id).filter(passes(filter, now)), page)),
    transitionCountsOf: async (ids, { filter, now }) =>
      byKey(ids, (id) => eventsOf(id).filter(passes(filter, now)).length),
    transitionsOf: async (ids) =>
      byKey(ids, (id) => eventsOf(id).filter(({ transition }) => transition !== null)),
    transitionPage: async ({ filter, order, now, ...page }) =>
      pageOf(
        history.filter(passes(filter, now)),
        page,
        ({ occurredAt, place, seq }) => ({ occurredAt, place, seq }),
        (...both) => {
          const [a, b] = order.direction === "ASC" ? both : both.toReversed();
          const byTime = a!.occurredAt - b!.occurredAt || Buffer.compare(a!.place, b!.place);
          return (order.field === "CURSOR" ? 0 : byTime) || a!.seq - b!.seq;
        },
      ),
    transitionCount: async ({ filter, now }) => history.filter(passes(filter, now)).length,

    projects: async (ids) => byKey(ids, (id) => projects.find(({ sentryId }) => sentryId === id)),
    projectBySlug: async (slug) => projects.find((project) => project.slug === slug) ?? null,
    projectPage: async (page) =>
      pageOf(
        projects,
        page,
        ({ slug, sentryId }) => [slug, sentryId] as const,
        (a, b) => compare(a[0], b[0], "ASC") || compare(a[1], b[1], "ASC"),
      ),
    projectCount: async () => projects.length,

    issueFacets: async ({ facets, ...counted }) =>
      facetsOf(
        countedIssues(counted).map(({ state, fields }) => ({
          ...state,
          level: fields.levelRaw,
          priority: fields.priorityRaw,
          category: fields.category,
          count: 1,
        })),
        facets,
      ),
    issueProjects: async (counted) =>
      rankedCounts(
        countedIssues(counted).flatMap(({ fields: { project } }) =>
          project === null ? [] : [{ key: project.sentryId, count: 1 }],
        ),
      ),
    issueAssignees: async (counted) =>
      assigneeCountsOf(
        countedIssues(counted).map(({ fields: { assignee, lastSeen } }) => ({
          assignee,
          lastSeen,
          count: 1,
        })),
      ),
    issueFlow: async ({ buckets, now }) =>
      flowOf(
        buckets,
        buckets.map(({ start, end }) => {
          const within = history.filter(({ occurredAt }) => occurredAt >= start && occurredAt < end);
          const counts = new Map<TransitionKind, number>();
          for (const { transition } of within)
            if (transition !== null) counts.set(transition.kind, (counts.get(transition.kind) ?? 0) + 1);
          return { counts, opening: 0 };
        }),
        { openNow: issues.length, now },
      ),
    timeToResolve: async () => durations,
    timeToTriage: async () => durations,
    timeInStatus: async () => ({
      UNRESOLVED: durations,
      RESOLVED: durations,
      IGNORED: durations,
      OTHER: { n: 0, seconds: null },
    }),
    reopenRate: async () => known.reopenRate ?? null,
    inferredShare: async () => 0,

    deliveries: async (ids) => byKey(ids, (id) => deliveries.find((delivery) => delivery.id === id)),
    snapshots: async (ids) => byKey(ids, (id) => known.snapshots?.get(id)),
    bodies: async (ids) => byKey(ids, (id) => known.bodies?.get(id)),
    deliveryPage: async ({ filter, now, ...page }) =>
      pageOf(
        deliveriesUnder({ filter, now }),
        page,
        ({ id }) => id,
        (a, b) => compare(a, b, "DESC"),
      ),
    deliveryCount: async (request) => deliveriesUnder(request).length,
    lastDeliveryAt: async () => known.lastDeliveryAt ?? null,
    outcomeCounts: async () =>
      known.outcomeCounts ?? { APPLIED: 0, UNCHANGED: 0, DUPLICATE: 0, IGNORED: 0, QUARANTINED: 0 },

    entriesAfter: async () => [],
  };

  const asked: Asked[] = [];
  const remembering = Object.entries(reader).map(([name, answer]) => [
    name,
    (...args: never[]) => {
      asked.push({ name: name as keyof Reader, args });
      return (answer as (...args: never[]) => unknown)(...args);
    },
  ]);
  return { ...(Object.fromEntries(remembering) as Reader), asked };
}

function pageOf<Row, Key>(
  rows: readonly Row[],
  { limit, from, after, before }: PageRequest<Key>,
  keyOf: (row: Row) => Key,
  compareKeys: (a: Key, b: Key) => number,
): Page<Row> {
  const within = rows
    .toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)))
    .filter((row) => after === null || compareKeys(keyOf(row), after) > 0)
    .filter((row) => before === null || compareKeys(keyOf(row), before) < 0);
  return {
    rows: from === "first" ? within.slice(0, limit) : within.slice(Math.max(0, within.length - limit)),
    more: within.length > limit,
  };
}

function compare<Value extends string | number>(a: Value, b: Value, direction: Direction): number {
  if (a === b) return 0;
  return a < b === (direction === "ASC") ? -1 : 1;
}

function compareNullsLast(a: number | null, b: number | null, direction: Direction): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(a, b, direction);
}

function valueOf({ fields, statusSince }: Issue, field: IssueOrderField): number | null {
  return {
    LAST_SEEN: fields.lastSeen,
    FIRST_SEEN: fields.firstSeen,
    STATUS_SINCE: statusSince,
    COUNT: fields.count,
    USER_COUNT: fields.userCount,
    PRIORITY: priorityRankOf(fields.priorityRaw),
  }[field];
}
