import type { DeliveryOutcome } from "../domain/delivery.ts";
import type { Seq } from "../domain/cursor.ts";
import type { IssueAction, LoggedEvent, LogEntry } from "../domain/event.ts";
import type { IssueFilter, TransitionFilter } from "../domain/filter.ts";
import type { Bucket } from "../domain/calendar.ts";
import type { FlowBucket } from "../domain/flow.ts";
import type {
  Assignee,
  Issue,
  IssueDetails,
  IssueFields,
  IssueStatus,
  Json,
  Project,
} from "../domain/issue.ts";
import type { Count, DurationFigures, Facet, Facets, Period } from "../domain/statistics.ts";

/**
 * A part of a list that has a strict order. `after` and `before` are exclusive keys of its rows, which need not exist
 * any more. `last` takes from the end; rows come in the list's order all the same.
 */
export type PageRequest<Key> = {
  readonly limit: number;
  readonly from: "first" | "last";
  readonly after: Key | null;
  readonly before: Key | null;
};

/** `more` tells whether the limit left out rows, at the end that the page was not taken from. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly more: boolean };

export type Direction = "ASC" | "DESC";

export const issueOrderFields = [
  "LAST_SEEN",
  "FIRST_SEEN",
  "STATUS_SINCE",
  "COUNT",
  "USER_COUNT",
  "PRIORITY",
] as const;
export type IssueOrderField = (typeof issueOrderFields)[number];
export type IssueOrder = { readonly field: IssueOrderField; readonly direction: Direction };
/**
 * The value ordered by (null sorts last in both directions) and Sentry's id, which breaks ties in the same direction.
 * Times are epoch milliseconds; a priority is its `priorityRankOf`.
 */
export type IssueKey = { readonly value: number | null; readonly sentryId: string };

export type TransitionOrder = { readonly field: "OCCURRED_AT" | "CURSOR"; readonly direction: Direction };
/**
 * For OCCURRED_AT: the time, then the place in history, which keeps the order of one issue's transitions at one time,
 * then the position. For CURSOR: the position alone.
 */
export type TransitionKey = Pick<LoggedEvent, "occurredAt" | "place" | "seq">;

/** A delivery as kept, without its body. */
export type Delivery = {
  readonly id: number;
  /** The newest position of the log when the delivery was committed. */
  readonly position: Seq;
  readonly receivedAt: number;
  readonly sentAt: number;
  readonly resource: string | null;
  readonly action: string | null;
  readonly requestId: string;
  /** The first delivery under the same Request-ID had other bytes. */
  readonly isRequestIdReused: boolean;
  readonly idempotencyKey: string | null;
  readonly installationId: string | null;
  readonly outcome: DeliveryOutcome;
  readonly reason: string | null;
  readonly repeatOf: number | null;
  readonly bytes: number;
};

export type DeliveryFilter = {
  readonly outcome?: readonly DeliveryOutcome[];
  readonly resource?: readonly string[];
  readonly receivedAt?: NonNullable<IssueFilter["lastSeen"]>;
  readonly issueSentryId?: string;
};

/** The log's epoch and the range of its positions. */
export type LogBounds = {
  readonly epoch: string;
  /** The newest position ever handed out; 0 for none. */
  readonly newest: Seq;
  /** The oldest position that can be resumed after: everything that followed it is still in the log. */
  readonly oldest: Seq;
};

/** The issues that match `filter` at `now`: to be listed, counted, or the subject of statistics. */
export type Counted = { readonly filter: IssueFilter; readonly now: number };

export type IssuePageRequest = PageRequest<IssueKey> & Counted & { readonly order: IssueOrder };

/** The issues that statistics are about, and the period of the events that they count. */
export type CountedPeriod = Counted & { readonly period: Period };

/**
 * Every query that GraphQL makes to the store, each as many statements for a hundred keys as for one.
 *
 * A key that has nothing has no entry in a map. Lists in history order leave out superseded events. Relative times in
 * filters count from `now` (epoch milliseconds). What cannot be read of a delivery's contents counts as pruned.
 * @throws StorageUnavailableError if the database cannot be read.
 * @throws OverloadedError or ReadTimeoutError if too much is asked of it.
 */
export interface Reader {
  bounds(): Promise<LogBounds>;

  issues(sentryIds: readonly string[]): Promise<ReadonlyMap<string, Issue>>;
  /**
   * Of several issues that had the short id, the one whose shown delivery was sent last. If projects are given, only
   * among their issues.
   */
  issueByShortId(shortId: string, projects?: readonly string[]): Promise<Issue | null>;
  /**
   * Users or teams by Sentry's ids, each as shown by the issue seen last of those assigned to it. If projects are
   * given, only among their issues.
   */
  assignees(
    type: Assignee["type"],
    sentryIds: readonly string[],
    projects?: readonly string[],
  ): Promise<ReadonlyMap<string, Assignee>>;
  issuePage(request: IssuePageRequest): Promise<Page<Issue>>;
  issueCount(request: Counted): Promise<number>;
  /** The same page of each project's issues, by the projects' Sentry ids. */
  issuePagesOf(
    projects: readonly string[],
    request: IssuePageRequest,
  ): Promise<ReadonlyMap<string, Page<Issue>>>;
  issueCountsOf(projects: readonly string[], request: Counted): Promise<ReadonlyMap<string, number>>;
  /** If projects are given, only of their issues. */
  issueDetails(
    sentryIds: readonly string[],
    projects?: readonly string[],
  ): Promise<ReadonlyMap<string, IssueDetails>>;
  /**
   * The issue objects as Sentry sent them, from the deliveries that the issues show; `{}` if the body is gone. If
   * projects are given, only of their issues.
   */
  rawIssues(sentryIds: readonly string[], projects?: readonly string[]): Promise<ReadonlyMap<string, Json>>;

  events(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, LoggedEvent>>;
  /** By the events' own ids (`LoggedEvent.id`). */
  eventsById(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedEvent>>;
  /** In log order, superseded ones included. */
  eventsOfDeliveries(deliveries: readonly number[]): Promise<ReadonlyMap<number, readonly LoggedEvent[]>>;
  /** The events that the one at each position replaced, in log order; no entry for one that replaced nothing. */
  replacedBy(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, readonly LoggedEvent[]>>;
  /** The event just before each one in its issue's history, by the later one's position; no entry for the first. */
  before(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, LoggedEvent>>;
  /** The time of the last transition before each event in its issue's history, by the event's position. */
  transitionedBefore(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, number>>;
  /** The same page of each issue's history. Keys are the events' places. */
  eventPages(
    sentryIds: readonly string[],
    request: PageRequest<Uint8Array> & { readonly actions: readonly IssueAction[] | null },
  ): Promise<ReadonlyMap<string, Page<LoggedEvent>>>;
  eventCounts(
    sentryIds: readonly string[],
    request: { readonly actions: readonly IssueAction[] | null },
  ): Promise<ReadonlyMap<string, number>>;
  /** The same page of each issue's transitions. Keys are the events' places. */
  transitionPagesOf(
    sentryIds: readonly string[],
    request: PageRequest<Uint8Array> & { readonly filter: TransitionFilter; readonly now: number },
  ): Promise<ReadonlyMap<string, Page<LoggedEvent>>>;
  transitionCountsOf(
    sentryIds: readonly string[],
    request: { readonly filter: TransitionFilter; readonly now: number },
  ): Promise<ReadonlyMap<string, number>>;
  /** All transitions of each issue, in history order. */
  transitionsOf(sentryIds: readonly string[]): Promise<ReadonlyMap<string, readonly LoggedEvent[]>>;
  transitionPage(
    request: PageRequest<TransitionKey> & {
      readonly filter: TransitionFilter;
      readonly order: TransitionOrder;
      readonly now: number;
    },
  ): Promise<Page<LoggedEvent>>;
  transitionCount(request: { readonly filter: TransitionFilter; readonly now: number }): Promise<number>;

  projects(sentryIds: readonly string[]): Promise<ReadonlyMap<string, Project>>;
  /** Of several projects that had the slug, the one heard of last. If projects are given, only among these. */
  projectBySlug(slug: string, projects?: readonly string[]): Promise<Project | null>;
  /** By slug, then by Sentry's id. Keys are those two. */
  projectPage(request: PageRequest<readonly [slug: string, sentryId: string]>): Promise<Page<Project>>;
  projectCount(): Promise<number>;

  issueFacets(request: Counted & { readonly facets: readonly Facet[] }): Promise<Facets>;
  /** By the projects' Sentry ids, largest first; issues without a project are left out. */
  issueProjects(request: Counted): Promise<readonly Count<string>[]>;
  /** Largest first. */
  issueAssignees(request: Counted): Promise<readonly Count<Assignee | null>[]>;
  /** `buckets` are contiguous; there is at least one. */
  issueFlow(request: Counted & { readonly buckets: readonly Bucket[] }): Promise<readonly FlowBucket[]>;
  /**
   * The times from each transition of kind OPENED, DISCOVERED, REGRESSED or REOPENED into UNRESOLVED to the issue's
   * next one of kind RESOLVED, if that is in the period.
   */
  timeToResolve(request: CountedPeriod): Promise<DurationFigures>;
  /**
   * The times from an issue's first event, if that is OPENED or DISCOVERED into UNRESOLVED, to the next assignment or
   * transition to RESOLVED or IGNORED, if that is in the period.
   */
  timeToTriage(request: CountedPeriod): Promise<DurationFigures>;
  /** For each status, the lengths of the stays that ended in the period; a change of substatus ends none. */
  timeInStatus(request: CountedPeriod): Promise<Readonly<Record<IssueStatus, DurationFigures>>>;
  /**
   * The share of transitions of kind RESOLVED in the period that did not last: the next to another status is REGRESSED
   * or REOPENED. Null if there are none.
   */
  reopenRate(request: CountedPeriod): Promise<number | null>;
  /** The share of transitions in the period that are INFERRED; null if there are none. */
  inferredShare(request: CountedPeriod): Promise<number | null>;

  deliveries(ids: readonly number[]): Promise<ReadonlyMap<number, Delivery>>;
  /** What each delivery's own snapshot shows; only deliveries about issues have an entry. */
  snapshots(deliveries: readonly number[]): Promise<ReadonlyMap<number, IssueFields>>;
  /** The bytes as received; no entry once pruned. */
  bodies(deliveries: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>>;
  /** Newest first. Keys are the deliveries' ids. */
  deliveryPage(
    request: PageRequest<number> & { readonly filter: DeliveryFilter; readonly now: number },
  ): Promise<Page<Delivery>>;
  deliveryCount(request: { readonly filter: DeliveryFilter; readonly now: number }): Promise<number>;
  /** When the newest delivery was received; null if there is none. */
  lastDeliveryAt(): Promise<number | null>;
  /** Deliveries received after `since`. */
  outcomeCounts(request: { readonly since: number }): Promise<Readonly<Record<DeliveryOutcome, number>>>;

  /**
   * Up to `limit` entries after `after`, oldest first.
   *
   * Never shows an entry while one with a smaller position can still commit, so a reader that remembers only its last
   * position misses nothing. If what a delivery showed of its issue cannot be read, the issue's present fields are
   * taken instead, with those that the delivery's own row has.
   */
  entriesAfter(after: Seq, limit: number): Promise<readonly LogEntry[]>;
}

/** A reader whose answers are all of one moment of the store. */
export type ReadTransaction = Reader & AsyncDisposable;
