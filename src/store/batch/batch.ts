import type { DeliveryOutcome, IncomingDelivery } from "../../domain/delivery.ts";
import { addDelivery } from "../../domain/history.ts";
import { sameRequest } from "../../domain/change-reason.ts";
import { PastNeededError } from "../../domain/walk-past.ts";
import { contentRow, deliveryRow, factsFrom } from "../delivery-rows.ts";
import type { RequestIds } from "../request-ids.ts";
import type { Receipt } from "../store.ts";
import type { HistoryCache } from "../history-cache.ts";
import type { WriteTransaction } from "../write.ts";
import { loadHistories, type Histories } from "./histories.ts";
import type { Numbered } from "./numbered.ts";
import { Pending, type PendingOptions, type AppliedChange } from "./pending.ts";
import { findSameBodies } from "./same-bodies.ts";

type BatchOptions = PendingOptions & {
  /** Histories in memory. If a batch is not committed, those of its issues must be forgotten. */
  readonly historyCache: HistoryCache;
  readonly requestIds: RequestIds;
  /** Called if a fault of this program kept a delivery from being applied; it is kept as QUARANTINED. */
  readonly onFault: (error: unknown) => void;
};

export type BatchResult = { readonly receipts: readonly Receipt[]; readonly entries: number };

/**
 * Writes one batch of deliveries, in order: the raw deliveries, then new log entries for what they change in their
 * issues' histories, then the issues and projects as they are now. The caller commits.
 */
export async function writeBatch(
  transaction: WriteTransaction,
  batch: readonly IncomingDelivery[],
  options: BatchOptions,
): Promise<BatchResult> {
  const newest = await transaction.newest();
  const numbered = batch.map((one, index) => ({ id: newest.delivery + 1 + index, delivery: one }));
  return writeAfter(transaction, newest.seq, numbered, options);
}

/**
 * As `writeBatch`, for deliveries that have their ids: ascending, and greater than the id of any delivery of the same
 * issues or bodies written before.
 */
export async function writeNumbered(
  transaction: WriteTransaction,
  batch: readonly Numbered[],
  options: BatchOptions,
): Promise<BatchResult> {
  const { seq } = await transaction.newest();
  return writeAfter(transaction, seq, batch, options);
}

/** @param newest the newest position of the log. */
async function writeAfter(
  transaction: WriteTransaction,
  newest: number,
  batch: readonly Numbered[],
  options: BatchOptions,
): Promise<BatchResult> {
  const bodies = await findSameBodies(transaction, batch);
  const histories = await loadHistories(transaction, batch, options.historyCache);
  const pending = new Pending(transaction, options, newest);
  const receipts: Receipt[] = [];

  for (const { id, delivery } of batch) {
    const known = bodies.add(id, delivery);
    const applied = await apply(id, delivery, histories, options);
    const reading = applied.is === "applied" ? applied.reading : null;
    pending.contents.push(contentRow(id, delivery, reading));
    if (applied.is === "applied") await pending.addChange(delivery, applied, id);
    const decided = decide(applied, known.sameDelivery, known.sameBody);
    pending.deliveries.push(
      deliveryRow(delivery, {
        ...decided,
        id,
        position: pending.seq,
        isRequestIdReused: options.requestIds.isReused(delivery.requestId, delivery.sha256),
        reading,
      }),
    );
    receipts.push({ delivery: id, outcome: decided.outcome, position: pending.seq });
  }

  await pending.write();
  return { receipts, entries: pending.seq - newest };
}

/** The reading that a delivery is kept with if this program fails to apply it. */
export const unapplied = {
  is: "quarantined",
  reason: "The gateway failed to apply it; rebuild tries again.",
} as const;

type Applied =
  | ({ readonly is: "applied" } & AppliedChange)
  | { readonly is: "ignored" | "quarantined"; readonly reason: string };

async function apply(
  id: number,
  delivery: IncomingDelivery,
  histories: Histories,
  { onFault }: BatchOptions,
): Promise<Applied> {
  const { reading } = delivery;
  if (reading.is !== "issue") return reading;
  const { issue } = reading;
  const { sentryId } = issue.snapshot;
  const facts = factsFrom(id, delivery, issue);
  for (;;) {
    const held = histories.held(sentryId);
    try {
      const change = addDelivery(held.walk, facts);
      histories.added(sentryId, facts);
      return { is: "applied", reading: issue, change, held };
    } catch (error) {
      // After any error the walk must not be used again.
      await histories.renew(sentryId);
      if (error instanceof PastNeededError) continue;
      onFault(error);
      return unapplied;
    }
  }
}

function decide(
  applied: Applied,
  sameDelivery: number | null,
  sameBody: number | null,
): { readonly outcome: DeliveryOutcome; readonly reason: string | null; readonly repeatOf: number | null } {
  if (applied.is === "applied") {
    const { change } = applied;
    const outcome =
      change.repeatOf !== null ? "DUPLICATE" : change.entries.length > 0 ? "APPLIED" : "UNCHANGED";
    return { outcome, reason: change.reason, repeatOf: change.repeatOf };
  }
  if (sameDelivery !== null) return { outcome: "DUPLICATE", reason: sameRequest, repeatOf: sameDelivery };
  const outcome = applied.is === "ignored" ? "IGNORED" : "QUARANTINED";
  return { outcome, reason: applied.reason, repeatOf: sameBody };
}
