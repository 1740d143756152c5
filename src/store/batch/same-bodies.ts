import type { IncomingDelivery } from "../../domain/delivery.ts";
import { mostAlike, type WriteTransaction } from "../write.ts";
import type { Numbered } from "./numbered.ts";

const nothingAlike = { sameDelivery: null, sameBody: null } as const;

/**
 * Finds earlier deliveries with the same bytes, in the store or in this batch, among those that are not about issues.
 * Of each body it compares the first and the `mostAlike` newest, wherever the batch begins.
 */
export async function findSameBodies(transaction: WriteTransaction, batch: readonly Numbered[]) {
  const others = batch.filter(({ delivery }) => delivery.reading.is !== "issue");
  const bySha256 = new Map<string, { readonly id: number; readonly requestId: string | null }[]>();
  const add = (id: number, { sha256, requestId }: Pick<IncomingDelivery, "sha256" | "requestId">) => {
    const same = bySha256.get(sha256);
    if (same === undefined) bySha256.set(sha256, [{ id, requestId }]);
    else same.push({ id, requestId });
  };
  if (others.length > 0) {
    const sha256s = new Set(others.map(({ delivery }) => delivery.sha256));
    for (const one of await transaction.knownBySha256([...sha256s], batch[0]!.id)) add(one.id, one);
  }
  return {
    /** Returns what the delivery repeats (null for nothing), then counts it as known. */
    add(id: number, delivery: IncomingDelivery) {
      if (delivery.reading.is === "issue") return nothingAlike;
      const [first, ...others] = bySha256.get(delivery.sha256) ?? [];
      add(id, delivery);
      if (first === undefined) return nothingAlike;
      const same = [first, ...others.slice(-mostAlike)].find(
        ({ requestId }) => requestId === delivery.requestId,
      );
      return { sameDelivery: same?.id ?? null, sameBody: first.id };
    },
  };
}
