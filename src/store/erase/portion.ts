import { asc, gt } from "drizzle-orm";
import type { PackRow } from "../pack.ts";
import { packHolding } from "../queries/contents.ts";
import type { QueryContext } from "../queries/query.ts";

/** Most deliveries that one step erases the contents of. */
export const mostInStep = 500;

/** Most packs that one step rewrites: webhooks wait for it, at 7 ms per pack. */
export const mostPacksInStep = 16;

/**
 * Most bytes of these packs as stored, for the same reason: with large bodies they hold some 4 MB, which take 50 ms.
 */
const mostPackedBytesInStep = 512 * 1024;

/** Deliveries whose contents one step may erase, and the packs that hold these, by first delivery. */
export type Portion = { readonly ids: readonly number[]; readonly touching: ReadonlyMap<number, PackRow> };

export const nothing: Portion = { ids: [], touching: new Map() };

type Context = Pick<QueryContext, "db" | "tables">;

/** Adds to a portion as many of these deliveries, by ascending id, as one step may erase together with it. */
export async function portionOf(
  context: Context,
  ids: readonly number[],
  beside = nothing,
): Promise<Portion> {
  const { db, tables } = context;
  const { packs } = tables;
  const touching = new Map(beside.touching);
  const some = ids.slice(0, mostInStep - beside.ids.length);
  const upTo = (count: number): Portion => ({ ids: [...beside.ids, ...some.slice(0, count)], touching });
  /** The pack of each delivery up to this id is known, or that it has none. */
  let known = 0;
  for (const [index, id] of some.entries()) {
    if (id <= known) continue;
    const pack = await packHolding(context, id);
    if (pack !== null) {
      if (!touching.has(pack.first) && !hasRoomFor(pack, touching)) return upTo(index);
      touching.set(pack.first, pack);
      known = pack.last;
      continue;
    }
    const [next] = await db
      .select({ first: packs.first })
      .from(packs)
      .where(gt(packs.first, id))
      .orderBy(asc(packs.first))
      .limit(1);
    if (next === undefined) break;
    known = next.first - 1;
  }
  return upTo(some.length);
}

/** Adds all of these deliveries to a portion; null if that is more than one step may erase. */
export async function portionOfAll(
  context: Context,
  ids: readonly number[],
  beside = nothing,
): Promise<Portion | null> {
  const portion = await portionOf(context, ids, beside);
  return portion.ids.length === beside.ids.length + ids.length ? portion : null;
}

/** True if a step that rewrites these packs may rewrite this one too; it may always rewrite one. */
function hasRoomFor(pack: PackRow, touching: ReadonlyMap<number, PackRow>): boolean {
  if (touching.size === 0) return true;
  const bytes = [...touching.values(), pack].reduce((sum, { data }) => sum + data.length, 0);
  return touching.size < mostPacksInStep && bytes <= mostPackedBytesInStep;
}
