import { and, asc, gte, lte, max, min } from "drizzle-orm";
import { packOf, packSize } from "../pack.ts";
import { contents, packs } from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";
import type { IdleTask } from "./idle.ts";

/** The newest deliveries stay as they are: followers read them, and late deliveries ask for them. */
export const leftUnpacked = 4_096;

/** So much space takes ten times what it could, for as long as there is no rest. */
const mostWaiting = 50_000;

/** Some 4 ms of work and one sync. */
const packsInSlice = 2;

/** Packs what deliveries held. A delivery's content is in one of the two places at any time. */
export function packing(connection: Connection): IdleTask {
  return {
    waiting: () => waiting(connection),
    mostWaiting,
    slice: () => packOldest(connection, packsInSlice, leftUnpacked) === packsInSlice,
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
 *
 * All of it is one transaction: what another process erases was never read, or is erased from the packs.
 */
export function packOldest({ client, db }: Connection, most: number, left: number): number {
  return client
    .transaction(() => {
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
      db.insert(packs).values(made).run();
      db.delete(contents)
        .where(and(gte(contents.delivery, first.first), lte(contents.delivery, made.at(-1)!.last)))
        .run();
      return made.length;
    })
    .immediate();
}

function newestIn({ db }: Pick<Connection, "db">): number {
  const newest = db
    .select({ newest: max(contents.delivery) })
    .from(contents)
    .get();
  return newest?.newest ?? 0;
}
