import type { Facts } from "../domain/delivery.ts";
import type { ContentRow, DeliveryRow, KnownDelivery } from "./delivery-rows.ts";
import type { EventRow, MeasuresColumns } from "./event-rows.ts";
import type { IssueRow, Shown, ShownProject } from "./issue-rows.ts";
import type { Project } from "../domain/issue.ts";

/** What becomes of one issue's row: everything that its newest delivery shows, or only what the log says. */
export type IssueWrite = Pick<IssueRow, "sentryId" | "status" | "substatus" | "statusSince" | "lastSeq"> & {
  /** Null leaves the columns that follow from the shown delivery as they are. */
  readonly shown: Shown | null;
};

/** What statistics need of the event that holds this place in an issue's history. */
export type MeasuredWrite = Pick<EventRow, "issueId" | "place"> & MeasuresColumns;

/** What the row of an issue says of it. */
export type IssueKnown = Pick<IssueRow, "lastSeq"> & ShownProject;

/** The issue shows another project than it did, and so do all events of its history that were there before. */
export type ProjectMove = Pick<EventRow, "issueId"> & ShownProject;

export type ProjectWrite = Project & { readonly shownAt: number };

/** An event of an issue's history, and where the log has it. */
export type Placed = Pick<EventRow, "seq" | "place">;

/** What counts the versions of an event. */
export type DeliveryRole = Pick<EventRow, "delivery" | "role">;

/** How many deliveries with one body are looked at, beside the first: it may be sent again and again for ever. */
export const mostAlike = 100;

/** Only deliveries with a smaller id are meant: those that were received before. */
type DeliveryId = number;

/**
 * One write transaction, begun and not yet committed: what a batch has to read, then what it writes. Each call is one
 * statement, or one for each row, and everything waits for the commit.
 */
export interface WriteTransaction {
  /** The id of the newest delivery and the newest position, 0 for none. */
  newest(): Promise<{ readonly delivery: number; readonly seq: number }>;
  /**
   * The facts of each of these issues, oldest delivery first; no entry for an issue that has none. Without deliveries that
   * could not be applied, whose facts are kept for `rebuild`.
   */
  facts(issueIds: readonly string[], before: DeliveryId): Promise<ReadonlyMap<string, readonly Facts[]>>;
  /** What is known of each of these issues; nothing of one that is not there. */
  knownIssues(issueIds: readonly string[]): Promise<ReadonlyMap<string, IssueKnown>>;
  /**
   * Deliveries with one of these bodies (lower-case hex) that are not about issues: of each body the oldest and the
   * `mostAlike` newest, oldest first.
   */
  knownBySha256(sha256s: readonly string[], before: DeliveryId): Promise<readonly KnownDelivery[]>;
  /** The events that hold these places in the issue's history, in any order; nothing of a place that none holds. */
  placed(issueId: string, places: readonly Uint8Array[]): Promise<readonly Placed[]>;
  /** Each event of these deliveries that the log holds, superseded or not, in any order. */
  eventsOf(deliveries: readonly number[]): Promise<readonly DeliveryRole[]>;
  /** What a delivery held; null for a body that was pruned. Fields that cannot be read are what stands for them. */
  kept(delivery: number): Promise<Pick<ContentRow, "body" | "fields">>;

  /** Each delivery with what it held. */
  insertDeliveries(rows: readonly DeliveryRow[], contents: readonly ContentRow[]): Promise<void>;
  insertEvents(rows: readonly EventRow[]): Promise<void>;
  supersede(pairs: readonly { readonly seq: number; readonly by: number }[]): Promise<void>;
  /** After `supersede`. */
  measure(writes: readonly MeasuredWrite[]): Promise<void>;
  /** After `supersede`. */
  moveEvents(moves: readonly ProjectMove[]): Promise<void>;
  writeIssues(writes: readonly IssueWrite[]): Promise<void>;
  /** Keeps of each project what was shown by the delivery that was sent last. */
  writeProjects(writes: readonly ProjectWrite[]): Promise<void>;
}
