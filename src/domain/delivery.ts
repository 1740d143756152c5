import type { Actor, Assignee, Snapshot, State } from "./issue.ts";

export const deliveryOutcomes = ["APPLIED", "UNCHANGED", "DUPLICATE", "IGNORED", "QUARANTINED"] as const;
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** The status that a delivery's action asserts, in Sentry's spelling. */
export type Claim = "unresolved" | "resolved" | "ignored";

/**
 * What intake fixes of one delivery about an issue, and all that its history is a function of.
 *
 * Kept in the delivery's row for as long as the issue's events, so that a delivery that arrives late, and `rebuild`,
 * work after the raw body is pruned.
 */
export type Facts = {
  /** The delivery's own id, in order of arrival. Names the delivery and breaks no tie. */
  readonly delivery: number;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  /** `issue` for the five issue actions and unknown ones, `activity` for an `activity_alert`. */
  readonly resource: "issue" | "activity";
  /** As sent: the action, or the activity's type for an `activity_alert`. */
  readonly action: string;
  /** Null where the action asserts no status. */
  readonly claim: Claim | null;
  /** What the snapshot shows. */
  readonly state: State;
  /** Epoch microseconds, as Sentry sends it; null where the snapshot has none. */
  readonly lastSeen: number | null;
  readonly count: number | null;
  /** `data.assignee` for an assignment, else the snapshot's. */
  readonly assignee: Assignee | null;
  /** The snapshot names the issue's project. */
  readonly namesProject: boolean;
  readonly actor: Actor | null;
  readonly idempotencyKey: string | null;
  /** The Request-ID where it was usable, else `h:` and the body's sha256. */
  readonly requestId: string;
  /** Lower-case hex of the body's sha256. */
  readonly sha256: string;
  /** Equal for two deliveries exactly when their snapshots show the same issue in every field. */
  readonly snapshotHash: string;
};

/** A signed body, read. What Sentry may send is data, never an error. */
export type Reading =
  | { readonly is: "issue"; readonly issue: IssueReading }
  /** About something else than an issue. */
  | { readonly is: "ignored"; readonly reason: string }
  /** Not understood; kept for a version that does. */
  | { readonly is: "quarantined"; readonly reason: string };

/** What a body about an issue says, before the headers and the clock have their part in it. */
export type IssueReading = Pick<
  Facts,
  "resource" | "action" | "claim" | "state" | "lastSeen" | "count" | "assignee" | "actor" | "snapshotHash"
> & {
  /** `data.resolution_type`: an open set. */
  readonly resolutionType: string | null;
  readonly snapshot: Snapshot;
};

/** One signed request, ready to be kept. */
export type IncomingDelivery = {
  readonly body: Uint8Array;
  readonly sha256: string;
  /** Epoch milliseconds of the receiver's clock. */
  readonly receivedAt: number;
  /** Epoch milliseconds, fixed here for good. */
  readonly sentAt: number;
  /** The resource that the body shows, else the header's; null where neither says. */
  readonly resource: string | null;
  /** The body's `action`; null where it has none. */
  readonly action: string | null;
  /** Null where the header was missing or not usable. */
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
  readonly installationId: string | null;
  readonly reading: Reading;
};
