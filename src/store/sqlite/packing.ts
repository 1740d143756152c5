import { and, asc, gte, lte, max, min } from "drizzle-orm";
import { packOf, packSize } from "../pack.ts";
import { contents, packs } from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";
import { codeOf } from "./error.ts";

/** The newest deliveries stay as they are: followers read them, and late deliveries ask for them. */
export const leftUnpacked = 4_096;

/** How long nothing must have been written. */
const idleMs = 100;

/** While more than this waits, a slice is packed from time to time though writing goes on. */
const mostWaiting = 50_000;

/** Some 4 ms of work and one sync. */
const packsInSlice = 2;

export type Packing = Disposable & {
  /** To be called after each commit. */
  readonly wrote: () => void;
};

/**
 * Packs what deliveries held, slice by slice, on the thread that writes and while it has nothing to write: a batch that
 * comes meanwhile waits for one slice. Each slice is a transaction, so whatever ends the process, a delivery's content
 * is in one of the two places.
 */
export function startPacking(connection: Connection): Packing {
  let wroteAt = -Infinity;
  let timer: NodeJS.Timeout | null = null;

  function plan(afterMs: number): void {
    timer ??= setTimeout(() => {
      timer = null;
      const idleFor = performance.now() - wroteAt;
      if (idleFor < idleMs && waiting(connection) < mostWaiting) plan(idleMs);
      else if (packAnother()) plan(1);
    }, afterMs);
  }

  function packAnother(): boolean {
    try {
      return packOldest(connection, packsInSlice, leftUnpacked) === packsInSlice;
    } catch (error) {
      // The disk is full, or another process writes: what is not packed now is packed after another commit.
      if (codeOf(error) === null) throw error;
      return false;
    }
  }

  plan(idleMs);
  return {
    wrote() {
      wroteAt = performance.now();
      plan(idleMs);
    },
    [Symbol.dispose]: () => clearTimeout(timer ?? undefined),
  };
}

/** About how many deliveries are to be packed. */
function waiting({ db }: Connection): number {
  const held = db
    .select({ oldest: min(contents.delivery) })
    .from(contents)
    .get();
  const newest = newestIn({ db });
  return held?.oldest == null ? 0 : newest - leftUnpacked - held.oldest;
}

/**
 * Packs the oldest contents, but for those of the `left` newest deliveries, into as many full packs as there are, at
 * most `most`, and says how many these were.
 */
export function packOldest({ client, db }: Connection, most: number, left: number): number {
  const rows = db
    .select()
    .from(contents)
    .where(lte(contents.delivery, newestIn({ db }) - left))
    .orderBy(asc(contents.delivery))
    .limit(most * packSize)
    .all();
  const made = Array.from({ length: Math.floor(rows.length / packSize) }, (_, index) =>
    packOf(rows.slice(index * packSize, (index + 1) * packSize)),
  );
  const [first] = made;
  if (first === undefined) return 0;
  client
    .transaction(() => {
      db.insert(packs).values(made).run();
      db.delete(contents)
        .where(and(gte(contents.delivery, first.first), lte(contents.delivery, made.at(-1)!.last)))
        .run();
    })
    .immediate();
  return made.length;
}

function newestIn({ db }: Pick<Connection, "db">): number {
  const newest = db
    .select({ newest: max(contents.delivery) })
    .from(contents)
    .get();
  return newest?.newest ?? 0;
}
