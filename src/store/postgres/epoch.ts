import { sql } from "drizzle-orm";
import { StorageUnavailableError } from "../../domain/failure.ts";
import type { Reader } from "../reader.ts";
import { drizzleOver, type Connection } from "./drizzle-over.ts";
import { answered } from "./error.ts";

/** The epoch, which says what positions mean, as far as this replica knows. */
export type EpochWatch = AsyncDisposable & {
  /** The epoch as last known, and the newest position that its log is known to have had, whoever wrote it. */
  readonly known: () => KnownEpoch;
  /** Notes that the log has come to this position. */
  readonly reached: (position: number) => void;
  /**
   * The same `bounds`, whose answers are noted as known. It fails once the epoch is another than this replica was
   * opened in: its followers would take the entries in memory for entries of the new epoch.
   */
  readonly noting: (bounds: Reader["bounds"]) => Reader["bounds"];
  /** The same `entriesAfter`, which fails once the epoch is another than this replica was opened in. */
  readonly ofFirst: (entriesAfter: Reader["entriesAfter"]) => Reader["entriesAfter"];
};

type KnownEpoch = { readonly epoch: string; readonly position: number };

/** How often the epoch is looked at. */
const everyMs = 1_000;

/**
 * Looks at the epoch every second, and whenever bounds or entries are read. Once it is another than `first`, reading
 * these fails with StorageUnavailableError.
 * @param onEpoch called once, when the epoch is no longer `first`.
 */
export function watchEpoch(connection: Connection, first: string, onEpoch: () => void): EpochWatch {
  const db = drizzleOver(connection);
  let known: KnownEpoch = { epoch: first, position: 0 };
  const reached = (position: number) => {
    known = { ...known, position: Math.max(known.position, position) };
  };

  /** @throws StorageUnavailableError if this epoch, or one that was found before, is not the first. */
  function assertFirst(epoch: string): void {
    // Never back to the first: the answer to an earlier question may come after another epoch was found.
    if (epoch !== first && epoch !== known.epoch) {
      if (known.epoch === first) onEpoch();
      known = { epoch, position: 0 };
    }
    if (known.epoch !== first)
      throw new StorageUnavailableError("Positions mean something else than before: a new epoch has begun.");
  }

  async function look(): Promise<void> {
    const { rows } = await answered(db.execute<{ epoch: string | null }>(sql`select kept_epoch() as epoch`));
    // Null if another server has replaced the former one: whoever writes first begins a new epoch there.
    assertFirst(rows[0]!.epoch ?? "");
  }

  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    // A failure is ignored: it is tried again, and the tail reports it.
    looking ??= look()
      .catch(() => {})
      .finally(() => (looking = null));
  }, everyMs);
  timer.unref();

  return {
    known: () => known,
    reached,
    noting: (bounds) => async () => {
      const found = await bounds();
      assertFirst(found.epoch);
      reached(found.newest);
      return found;
    },
    ofFirst: (entriesAfter) => async (after, limit) => {
      const entries = await entriesAfter(after, limit);
      // Looked at after the entries are read: so they are of this epoch, or of an earlier one. Followers would take
      // entries of a new one for more of the old.
      if (entries.length > 0) await look();
      reached(entries.at(-1)?.event.seq ?? 0);
      return entries;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}
