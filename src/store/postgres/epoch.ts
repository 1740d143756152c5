import { eq } from "drizzle-orm";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { metaNames } from "../meta.ts";
import type { Reader } from "../reader.ts";
import { meta } from "../tables/postgres.ts";
import { drizzleOver, type Connection } from "./ask.ts";

/** What positions mean, as far as this replica knows. */
export type EpochWatch = AsyncDisposable & {
  /** As last known, and the newest position that the log is known to have had under it, whoever wrote that. */
  readonly known: () => KnownEpoch;
  /** This replica has committed up to this position. */
  readonly reached: (position: number) => void;
  /** What `bounds` finds, which counts as known. */
  readonly noting: (bounds: Reader["bounds"]) => Reader["bounds"];
  /** Those that `entriesAfter` finds, while they are of the epoch that this replica was opened in. */
  readonly ofFirst: (entriesAfter: Reader["entriesAfter"]) => Reader["entriesAfter"];
};

type KnownEpoch = { readonly epoch: string; readonly position: number };

/** How often the epoch is looked at. */
const everyMs = 1_000;

/**
 * Looks at the epoch now and then, and after entries are read.
 * @param onEpoch called once positions mean something else than in `first`.
 */
export function watchEpoch(connection: Connection, first: string, onEpoch: () => void): EpochWatch {
  const db = drizzleOver(connection);
  let known: KnownEpoch = { epoch: first, position: 0 };
  const reached = (position: number) => {
    known = { ...known, position: Math.max(known.position, position) };
  };

  async function isFirst(): Promise<boolean> {
    const [row] = await db.select({ value: meta.value }).from(meta).where(eq(meta.name, metaNames.epoch));
    const now = row!.value;
    if (now !== known.epoch) {
      if (known.epoch === first) onEpoch();
      known = { epoch: now, position: 0 };
    }
    return now === first;
  }

  let looking: Promise<boolean> | null = null;
  const timer = setInterval(() => {
    // What cannot be read now is looked at again; the tail tells of it.
    looking ??= isFirst()
      .catch(() => true)
      .finally(() => (looking = null));
  }, everyMs);
  timer.unref();

  return {
    known: () => known,
    reached,
    noting: (bounds) => async () => {
      const found = await bounds();
      if (found.epoch === known.epoch) reached(found.newest);
      return found;
    },
    ofFirst: (entriesAfter) => async (after, limit) => {
      const entries = await entriesAfter(after, limit);
      // Looked at after they are read: they are of this epoch then, or of one before it. To those who follow, entries of a
      // new one would be more of the old.
      if (entries.length > 0 && !(await isFirst()))
        throw new StorageUnavailableError(
          "Positions mean something else than before: a new epoch has begun.",
        );
      reached(entries.at(-1)?.event.seq ?? 0);
      return entries;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}
