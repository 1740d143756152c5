import type { IncomingDelivery } from "../domain/delivery.ts";
import { unapplied } from "./batch/batch.ts";
import type { Receipt } from "./store.ts";

type AroundFaultsOptions = {
  /** Writes a batch in one transaction: all of it or nothing. */
  readonly write: (batch: readonly IncomingDelivery[]) => Promise<readonly Receipt[]>;
  /** True for a fault of this program, which would happen again. */
  readonly isFault: (error: unknown) => boolean;
  readonly onFault: (error: unknown) => void;
};

/**
 * Writes a batch in one transaction. If a delivery runs into a fault of this program, each delivery is written in a
 * transaction of its own: that one is kept without being applied, the others as usual.
 * @throws any other error of `write`, and a fault of an empty batch or of a delivery that is not applied anyway. What was
 * written before stays.
 */
export async function writeAroundFaults(
  batch: readonly IncomingDelivery[],
  options: AroundFaultsOptions,
): Promise<readonly Receipt[]> {
  const { write, isFault, onFault } = options;
  try {
    return await write(batch);
  } catch (error) {
    const [only, ...others] = batch;
    if (!isFault(error) || only === undefined) throw error;
    if (others.length === 0) {
      if (only.reading.is !== "issue") throw error;
      onFault(error);
      return write([{ ...only, reading: unapplied }]);
    }
  }
  const receipts: Receipt[] = [];
  for (const one of batch) receipts.push(...(await writeAroundFaults([one], options)));
  return receipts;
}
