import type { DeliveryOutcome, IncomingDelivery } from "../domain/delivery.ts";
import type { Seq } from "../domain/cursor.ts";
import type { Reader, ReadTransaction } from "./reader.ts";
import type { Tokens } from "./tokens.ts";

/** What became of a delivery that is now on disk. */
export type Receipt = {
  /** The delivery's own id. */
  readonly delivery: number;
  readonly outcome: DeliveryOutcome;
  /** The newest position of the log once it was committed. */
  readonly position: Seq;
};

/** The deliveries, the log and the issues on disk, whatever database they are in. */
export interface Store extends AsyncDisposable {
  /** Reads outside of any transaction: each answer is of its own moment. */
  readonly reader: Reader;

  /** Begins a read transaction: every answer is of the moment of its first read. Dispose it soon. */
  readTransaction(): Promise<ReadTransaction>;

  /**
   * Keeps one delivery, derives what it changes, and resolves once all of it is on disk. Deliveries that wait together
   * share one transaction.
   * @throws OverloadedError at once if the queue is full.
   * @throws StorageUnavailableError if nothing was kept, or if that is unknown: sending it again is safe.
   */
  append(delivery: IncomingDelivery): Promise<Receipt>;

  /**
   * A number that changes when anything is written that `reader` could show; another process's write may take 100 ms to
   * be noticed. Null if such writes cannot be noticed that soon.
   */
  version(): number | null;

  /**
   * The number of deliveries that wait to be written, and the size in bytes of the write-ahead log's file; null if
   * there is none.
   */
  figures(): Promise<{ readonly waiting: number; readonly walBytes: number | null }>;

  /** Who may read. */
  readonly tokens: Pick<Tokens, "list">;

  /**
   * False if the newest write failed, and one that is tried now fails too. On PostgreSQL also if writes take longer
   * than a webhook is waited for, including the one under way.
   */
  canWrite(): Promise<boolean>;
}
