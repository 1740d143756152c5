import { sql } from "drizzle-orm";
import { StorageUnavailableError } from "../../domain/failure.ts";
import type { Reader } from "../reader.ts";
import { drizzleOver, type Connection } from "./ask.ts";
import { answered } from "./error.ts";

/** What positions mean, as far as this replica knows. */
export type EpochWatch = AsyncDisposable & {
  /** As last known, and the newest position that the log is known to have had under it, whoever wrote that. */
  readonly known: () => KnownEpoch;
  /** This replica has committed up to this position. */
  readonly reached: (position: number) => void;
  /**
   * The same `bounds`, whose answers are noted as known. It fails once the epoch is another than this replica was opened
   * in: the entries that its followers have in memory would be told as entries of the new epoch.
   */
  readonly noting: (bounds: Reader["bounds"]) => Reader["bounds"];
  /** Those that `entriesAfter` finds, while they are of the epoch that this replica was opened in. */
  readonly ofFirst: (entriesAfter: Reader["entriesAfter"]) => Reader["entriesAfter"];
};

type KnownEpoch = { readonly epoch: string; readonly position: number };

/** How often the epoch is looked at. */
const everyMs = 1_000;

/**
 * Looks at the epoch now and then, and whenever bounds or entries are read. Once it is another than `first`, these are
 * not to be had any more: StorageUnavailableError.
 * @param onEpoch called once, when positions mean something else than in `first`.
 */
export function watchEpoch(connection: Connection, first: string, onEpoch: () => void): EpochWatch {
  const db = drizzleOver(connection);
  let known: KnownEpoch = { epoch: first, position: 0 };
  const reached = (position: number) => {
    known = { ...known, position: Math.max(known.position, position) };
  };

  /** @throws StorageUnavailableError once this, or one that was found before, is not the first epoch. */
  function assertFirst(epoch: string): void {
    // Never back to the first: what was asked before another was found may be answered after it.
    if (epoch !== first && epoch !== known.epoch) {
      if (known.epoch === first) onEpoch();
      known = { epoch, position: 0 };
    }
    if (known.epoch !== first)
      throw new StorageUnavailableError("Positions mean something else than before: a new epoch has begun.");
  }

  async function look(): Promise<void> {
    const { rows } = await answered(db.execute<{ epoch: string | null }>(sql`select kept_epoch() as epoch`));
    // Without one, another server has taken the place of the one before, and whoever writes first begins a new epoch
    // there.
    assertFirst(rows[0]!.epoch ?? "");
  }

  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    // What cannot be read now is looked at again; the tail tells of it.
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
      // Looked at after they are read: they are of this epoch then, or of one before it. To those who follow, entries of
      // a new one would be more of the old.
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
