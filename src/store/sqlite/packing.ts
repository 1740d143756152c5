import { asc, between, lte, max, min, sql } from "drizzle-orm";
import { fullPacks, packBytes, packOf, packSize } from "../pack.ts";
import { contents, packs } from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";
import type { IdleTask } from "./idle-work.ts";

/** How many of the newest deliveries stay unpacked: followers read them, and late deliveries ask for them. */
export const leftUnpacked = 4_096;

/** While more than this waits, packing goes on beside writing: unpacked deliveries take ten times the space. */
const mostWaiting = 50_000;

/**
 * Some 4 ms of work and one sync. A large body is a pack of its own, which takes 15 ms for each megabyte, and ends the
 * slice.
 */
const packsInSlice = 2;

/** Packs the contents of deliveries. At any time a delivery's content is in one of the two tables. */
export function packing(connection: Connection): IdleTask {
  return {
    waiting: () => waiting(connection),
    mostWaiting,
    slice: () => packOldest(connection, packsInSlice, leftUnpacked, packBytes) > 0,
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
 * Packs the oldest contents into full packs, except those of the `left` newest deliveries, and returns how many packs
 * it made: at most `most`, and none more once they have `mostBytes` together.
 *
 * It is one transaction: what another process erases is either not read here, or erased from the packs.
 */
export function packOldest(
  { client, db }: Connection,
  most: number,
  left: number,
  mostBytes = Infinity,
): number {
  return client
    .transaction(() => {
      const oldest = db
        .select({ delivery: contents.delivery, bytes: bytesIn })
        .from(contents)
        .where(lte(contents.delivery, newestIn({ db }) - left))
        .orderBy(asc(contents.delivery))
        .limit(most * packSize)
        .all();
      let [made, end, bytes] = [0, 0, 0];
      for (const count of fullPacks(oldest.map((row) => row.bytes)).slice(0, most)) {
        if (bytes >= mostBytes) break;
        const packed = oldest.slice(end, end + count);
        const held = between(contents.delivery, packed[0]!.delivery, packed.at(-1)!.delivery);
        db.insert(packs)
          .values(packOf(db.select().from(contents).where(held).orderBy(asc(contents.delivery)).all()))
          .run();
        db.delete(contents).where(held).run();
        made += 1;
        end += count;
        bytes += packed.reduce((sum, row) => sum + row.bytes, 0);
      }
      return made;
    })
    .immediate();
}

/** SQLite knows it without reading either value. */
const bytesIn = sql<number>`coalesce(octet_length(${contents.body}), 0) + coalesce(octet_length(${contents.fields}), 0)`;

function newestIn({ db }: Pick<Connection, "db">): number {
  const newest = db
    .select({ newest: max(contents.delivery) })
    .from(contents)
    .get();
  return newest?.newest ?? 0;
}
