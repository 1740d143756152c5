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

/** The deliveries, the log and the issues on disk, whatever database keeps them. */
export interface Store extends AsyncDisposable {
  /** Reads outside of any transaction: each answer is of its own moment. */
  readonly reader: Reader;

  /** Begins a read transaction: every answer is of the moment of its first read. Dispose it soon. */
  readTransaction(): Promise<ReadTransaction>;

  /**
   * Keeps one delivery, derives what it changes, and resolves once all of it is on disk. Deliveries that wait together
   * share one transaction.
   * @throws OverloadedError at once when the queue is full.
   * @throws StorageUnavailableError when nothing was kept, or when that cannot be known: sending it again is safe.
   */
  append(delivery: IncomingDelivery): Promise<Receipt>;

  /**
   * A number that stays the same only while nothing is written that `reader` could show, by any process. Null where that
   * cannot be told at once.
   */
  version(): number | null;

  /** How many deliveries wait to be written, and how many bytes the database's write-ahead log has; null for none. */
  figures(): Promise<{ readonly waiting: number; readonly walBytes: number | null }>;

  /** Who may read. */
  readonly tokens: Pick<Tokens, "list">;

  /**
   * False when the newest write failed and another one, tried now, fails too. On PostgreSQL also where they take longer than
   * a webhook is waited for, as soon as the one under way has.
   */
  canWrite(): Promise<boolean>;
}
