import type { Actor, Assignee, Snapshot, State } from "./issue.ts";

export const deliveryOutcomes = ["APPLIED", "UNCHANGED", "DUPLICATE", "IGNORED", "QUARANTINED"] as const;
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** The status that a delivery's action asserts, in Sentry's spelling. */
export type Claim = "unresolved" | "resolved" | "ignored";

/**
 * The facts that intake fixes for one delivery about an issue. The issue's history is a function of these alone.
 *
 * Kept in the delivery's row for as long as the issue's events, so that late deliveries and `rebuild` work after the
 * raw body is pruned.
 */
export type Facts = {
  /** The delivery's own id, in order of arrival. It decides the order only of deliveries that are equal in all else. */
  readonly delivery: number;
  /** Epoch milliseconds. */
  readonly sentAt: number;
  /** `issue` for the five issue actions and unknown ones, `activity` for an `activity_alert`. */
  readonly resource: "issue" | "activity";
  /** As sent: the action, or the activity's type for an `activity_alert`. */
  readonly action: string;
  /** Null if the action asserts no status. */
  readonly claim: Claim | null;
  /** What the snapshot shows. */
  readonly state: State;
  /** Epoch microseconds, as Sentry sends it; null if the snapshot has none. */
  readonly lastSeen: number | null;
  readonly count: number | null;
  /** `data.assignee` for an assignment, else the snapshot's. */
  readonly assignee: Assignee | null;
  /** True if the snapshot names the issue's project. */
  readonly namesProject: boolean;
  readonly actor: Actor | null;
  readonly idempotencyKey: string | null;
  /** The Request-ID if it was usable, else `h:` and the body's sha256. */
  readonly requestId: string;
  /** Lower-case hex of the body's sha256. */
  readonly sha256: string;
  /** Equal for two deliveries if and only if their snapshots are equal in every field. */
  readonly snapshotHash: string;
};

/** The result of reading a signed body. Whatever Sentry sends is data, never an error. */
export type Reading =
  | { readonly is: "issue"; readonly issue: IssueReading }
  /** About something else than an issue. */
  | { readonly is: "ignored"; readonly reason: string }
  /** Not understood; kept for a version that does. */
  | { readonly is: "quarantined"; readonly reason: string };

/** What a body about an issue says, without what comes from the headers and the clock. */
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
  /** The resource that the body shows, else the header's; null if neither says. */
  readonly resource: string | null;
  /** The body's `action`; null if it has none. */
  readonly action: string | null;
  /** Null if the header was missing or not usable. */
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
  readonly installationId: string | null;
  readonly reading: Reading;
};
