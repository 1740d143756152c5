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
 * A part of a list that has a strict order. `after` and `before` are keys of rows of that list, exclusive, and need
 * not exist any more. `last` takes from the end. Rows come in the list's order, whichever end they were taken from.
 */
export type PageRequest<Key> = {
  readonly limit: number;
  readonly from: "first" | "last";
  readonly after: Key | null;
  readonly before: Key | null;
};

/** `more` tells whether rows of the list remain beyond the limit, at the end that the page was not taken from. */
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
 * For OCCURRED_AT the time, then the place in history, so that those of one issue at one time are in its order, then the
 * position; for CURSOR the position alone.
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

/** Where the log stands. */
export type LogBounds = {
  readonly epoch: string;
  /** 0 for an empty log. */
  readonly newest: Seq;
  /** The oldest position that can be resumed after: everything that followed it is still in the log. */
  readonly oldest: Seq;
};

/** What arrived of late. */
export type FeedFigures = {
  readonly lastDeliveryAt: number | null;
  /** Deliveries received after `since`, by outcome; every outcome is present. */
  readonly counts: Readonly<Record<DeliveryOutcome, number>>;
};

/** The issues that match now: those that are listed or counted, or that statistics are about. */
export type Counted = { readonly filter: IssueFilter; readonly now: number };

export type IssuePageRequest = PageRequest<IssueKey> & Counted & { readonly order: IssueOrder };

/** The issues that statistics are about, and when that which is counted occurred. */
export type CountedPeriod = Counted & { readonly period: Period };

/**
 * Every question that GraphQL asks of the store, each as many statements for a hundred keys as for one.
 *
 * Maps hold what exists; a key without an entry has nothing. Lists in history order hold what nothing supersedes.
 * Relative times in filters count from `now` (epoch milliseconds). What a delivery held and cannot be read any more is as if
 * it had been pruned.
 * @throws StorageUnavailableError when the database cannot be read.
 */
export interface Reader {
  bounds(): Promise<LogBounds>;

  issues(sentryIds: readonly string[]): Promise<ReadonlyMap<string, Issue>>;
  /** Of several that had the short id, the one that last had it. Where projects are given, of their issues alone. */
  issueByShortId(shortId: string, projects?: readonly string[]): Promise<Issue | null>;
  /**
   * Users or teams by Sentry's ids, each as the newest of the issues that are assigned to it shows it. Where projects are
   * given, of their issues alone.
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
  /** Where projects are given, of their issues alone. */
  issueDetails(
    sentryIds: readonly string[],
    projects?: readonly string[],
  ): Promise<ReadonlyMap<string, IssueDetails>>;
  /**
   * The issue objects as Sentry sent them, of the deliveries that the issues show. Where projects are given, of their issues
   * alone.
   */
  rawIssues(sentryIds: readonly string[], projects?: readonly string[]): Promise<ReadonlyMap<string, Json>>;

  events(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, LoggedEvent>>;
  /** By the events' own ids (`LoggedEvent.id`). */
  eventsById(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedEvent>>;
  /** In log order, superseded ones included. */
  eventsOfDeliveries(deliveries: readonly number[]): Promise<ReadonlyMap<number, readonly LoggedEvent[]>>;
  /** What the event at each position replaced, in log order; no entry for one that replaced nothing. */
  replacedBy(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, readonly LoggedEvent[]>>;
  /** The event just before each in its issue's history, by the position of the later one; none before the first. */
  before(seqs: readonly Seq[]): Promise<ReadonlyMap<Seq, LoggedEvent>>;
  /** When the newest transition before each event in its issue's history occurred, by the event's position. */
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
  /** Of several that had the slug, the one heard of last. Where projects are given, of them alone. */
  projectBySlug(slug: string, projects?: readonly string[]): Promise<Project | null>;
  /** By slug, then by Sentry's id. Keys are those two. */
  projectPage(request: PageRequest<readonly [slug: string, sentryId: string]>): Promise<Page<Project>>;
  projectCount(): Promise<number>;

  issueFacets(request: Counted & { readonly facets: readonly Facet[] }): Promise<Facets>;
  /** By the projects' Sentry ids, largest first; issues without a project are left out. */
  issueProjects(request: Counted): Promise<readonly Count<string>[]>;
  /** Largest first. */
  issueAssignees(request: Counted): Promise<readonly Count<Assignee | null>[]>;
  /** `buckets` follow on each other; there is at least one. */
  issueFlow(request: Counted & { readonly buckets: readonly Bucket[] }): Promise<readonly FlowBucket[]>;
  /**
   * From each transition of kind OPENED, DISCOVERED, REGRESSED or REOPENED into UNRESOLVED to the issue's next one of
   * kind RESOLVED, which is in the period.
   */
  timeToResolve(request: CountedPeriod): Promise<DurationFigures>;
  /**
   * From the issue's first event, where that is OPENED or DISCOVERED into UNRESOLVED, to the next one that is an
   * assignment or a transition to RESOLVED or IGNORED, which is in the period.
   */
  timeToTriage(request: CountedPeriod): Promise<DurationFigures>;
  /** Of each status, the stays that ended in the period; a change of substatus ends none. */
  timeInStatus(request: CountedPeriod): Promise<Readonly<Record<IssueStatus, DurationFigures>>>;
  /** Of the transitions of kind RESOLVED in the period, those after which REGRESSED or REOPENED is the next to another status. */
  reopenRate(request: CountedPeriod): Promise<number | null>;
  /** Of the transitions in the period, those that are INFERRED. */
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
  feedFigures(request: { readonly since: number }): Promise<FeedFigures>;

  /**
   * Up to `limit` entries after `after`, oldest first.
   *
   * Never shows an entry while one with a smaller position can still commit, so a reader that remembers only its last
   * position misses nothing. Where what a delivery showed of its issue cannot be read, what the issue shows now stands for it,
   * but for what the delivery's own row tells.
   */
  entriesAfter(after: Seq, limit: number): Promise<readonly LogEntry[]>;
}

/** A reader whose answers all come from one moment of the log. */
export type ReadTransaction = Reader & AsyncDisposable;
