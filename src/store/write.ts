import type { Facts } from "../domain/delivery.ts";
import type { ContentRow, DeliveryRow, KnownDelivery } from "./delivery-rows.ts";
import type { EventRow, MeasuresColumns } from "./event-rows.ts";
import type { IssueRow, Shown, ShownProject } from "./issue-rows.ts";
import type { Project } from "../domain/issue.ts";

/** The new values of an issue's row: all that its shown delivery shows, or only what the log says. */
export type IssueWrite = Pick<IssueRow, "sentryId" | "status" | "substatus" | "statusSince" | "lastSeq"> & {
  /** Null leaves the columns that follow from the shown delivery as they are. */
  readonly shown: Shown | null;
};

/** The measures of the event at this place in an issue's history, for statistics. */
export type MeasuredWrite = Pick<EventRow, "issueId" | "place"> & MeasuresColumns;

/** What a batch needs to know of an issue's row. */
export type IssueKnown = Pick<IssueRow, "lastSeq"> & ShownProject;

/** An issue shows this project instead of another one, and all earlier events of its history are counted in it. */
export type ProjectMove = Pick<EventRow, "issueId"> & ShownProject;

export type ProjectWrite = Project & { readonly shownAt: number };

/** The position of an event in the log, and its place in its issue's history. */
type Placed = Pick<EventRow, "seq" | "place">;

/** What the versions of an event are counted by. */
type DeliveryRole = Pick<EventRow, "delivery" | "role">;

/** Most deliveries with one body that are compared, besides the first: a body may be sent any number of times. */
export const mostAlike = 100;

/** Exclusive: only deliveries with a smaller id, received before, are meant. */
type DeliveryId = number;

/**
 * A write transaction, begun and not yet committed: what a batch reads, then what it writes. A call is few statements,
 * or one per row. Writes may be collected until the commit.
 */
export interface WriteTransaction {
  /**
   * The newest delivery id and the newest position ever handed out, 0 for none. On PostgreSQL, which hands them out
   * otherwise, the id is 0 and the position may be provisional.
   */
  newest(): Promise<{ readonly delivery: number; readonly seq: number }>;
  /**
   * The facts of each issue's deliveries, oldest first; no entry for an issue that has none. Leaves out deliveries that
   * could not be applied, whose facts are kept for `rebuild`.
   */
  facts(issueIds: readonly string[], before: DeliveryId): Promise<ReadonlyMap<string, readonly Facts[]>>;
  /** What is known of each of these issues; no entry for one that does not exist. */
  knownIssues(issueIds: readonly string[]): Promise<ReadonlyMap<string, IssueKnown>>;
  /**
   * Deliveries with one of these bodies (sha256 in lower-case hex) that are not about issues: of each body the oldest
   * and the `mostAlike` newest, oldest first.
   */
  knownBySha256(sha256s: readonly string[], before: DeliveryId): Promise<readonly KnownDelivery[]>;
  /** The events at these places in the issue's history, in any order; none for an empty place. */
  placed(issueId: string, places: readonly Uint8Array[]): Promise<readonly Placed[]>;
  /** Each event of these deliveries that the log holds, superseded or not, in any order. */
  eventsOf(deliveries: readonly number[]): Promise<readonly DeliveryRole[]>;
  /**
   * What a delivery held; null for a body that was pruned. Fields that cannot be read are substituted (`standInFor`).
   */
  kept(delivery: number): Promise<Pick<ContentRow, "body" | "fields">>;

  /** Inserts each delivery with what it held. */
  insertDeliveries(rows: readonly DeliveryRow[], contents: readonly ContentRow[]): Promise<void>;
  insertEvents(rows: readonly EventRow[]): Promise<void>;
  supersede(pairs: readonly { readonly seq: number; readonly by: number }[]): Promise<void>;
  /** After `supersede`. */
  measure(writes: readonly MeasuredWrite[]): Promise<void>;
  /** After `supersede`. */
  moveEvents(moves: readonly ProjectMove[]): Promise<void>;
  writeIssues(writes: readonly IssueWrite[]): Promise<void>;
  /** Keeps, for each project, what the delivery that was sent last shows. */
  writeProjects(writes: readonly ProjectWrite[]): Promise<void>;
}
