import { eq } from "drizzle-orm";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { metaNames } from "../meta.ts";
import type { Reader } from "../reader.ts";
import { meta } from "../tables/postgres.ts";
import { drizzleOver, type Connection } from "./ask.ts";

/** What positions mean, as far as this replica knows. */
export type EpochWatch = AsyncDisposable & {
  /** As last known. */
  readonly now: () => string;
  /** Those that `entriesAfter` finds, while they are of the epoch that this replica was opened in. */
  readonly ofFirst: (entriesAfter: Reader["entriesAfter"]) => Reader["entriesAfter"];
};

/** How often the epoch is looked at. */
const everyMs = 1_000;

/**
 * Looks at the epoch now and then, and after entries are read.
 * @param onEpoch called once positions mean something else than in `first`.
 */
export function watchEpoch(connection: Connection, first: string, onEpoch: () => void): EpochWatch {
  const db = drizzleOver(connection);
  let epoch = first;

  async function isFirst(): Promise<boolean> {
    const [row] = await db.select({ value: meta.value }).from(meta).where(eq(meta.name, metaNames.epoch));
    const now = row!.value;
    if (now !== epoch && epoch === first) onEpoch();
    epoch = now;
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
    now: () => epoch,
    ofFirst: (entriesAfter) => async (after, limit) => {
      const entries = await entriesAfter(after, limit);
      // Looked at after they are read: they are of this epoch then, or of one before it. To those who follow, entries of a
      // new one would be more of the old.
      if (entries.length > 0 && !(await isFirst()))
        throw new StorageUnavailableError(
          "Positions mean something else than before: a new epoch has begun.",
        );
      return entries;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
    },
  };
}
