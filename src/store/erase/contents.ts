import { and, eq, gte, inArray, lte } from "drizzle-orm";
import type { ContentRow } from "../delivery-rows.ts";
import { contentsIn, DamagedPackError, packOf, type PackRow } from "../pack.ts";
import type { QueryContext } from "../queries/query.ts";
import type { Portion } from "./portion.ts";

type Context = Pick<QueryContext, "db" | "tables">;

/** Erases the deliveries and their contents. */
export async function eraseDeliveries(context: Context, { ids, touching }: Portion): Promise<void> {
  const { db, tables } = context;
  const { contents, deliveries } = tables;
  if (ids.length === 0) return;
  const gone = new Set(ids);
  await db.delete(contents).where(inArray(contents.delivery, [...ids]));
  const damaged = await repack(context, [...touching.values()], (row) =>
    gone.has(row.delivery) ? null : row,
  );
  for (const pack of damaged) await emptyPack(context, pack, gone);
  await db.delete(deliveries).where(inArray(deliveries.id, [...ids]));
}

/**
 * Rewrites the packs with what `change` returns for each content; null removes it. Returns the damaged ones, which
 * stay as they are.
 */
export async function repack(
  context: Context,
  touching: readonly PackRow[],
  change: (row: ContentRow) => ContentRow | null,
): Promise<readonly PackRow[]> {
  const { db, tables } = context;
  const { packs } = tables;
  const damaged: PackRow[] = [];
  for (const pack of touching) {
    const held = heldIn(pack);
    if (held === null) {
      damaged.push(pack);
      continue;
    }
    const left = held.flatMap((row) => change(row) ?? []);
    await db.delete(packs).where(eq(packs.first, pack.first));
    if (left.length > 0) await db.insert(packs).values(packOf(left));
  }
  return damaged;
}

/** Empties a pack that cannot be read; deletes it if all deliveries in it are `gone`. */
async function emptyPack(
  context: Context,
  { first, last }: PackRow,
  gone: ReadonlySet<number>,
): Promise<void> {
  const { db, tables } = context;
  const { deliveries, packs } = tables;
  const received = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(gte(deliveries.id, first), lte(deliveries.id, last)));
  if (received.every(({ id }) => gone.has(id))) await db.delete(packs).where(eq(packs.first, first));
  else
    await db
      .update(packs)
      .set({ data: Buffer.alloc(0) })
      .where(eq(packs.first, first));
}

/**
 * The contents of a pack; null if it is damaged.
 * @throws UnreadablePackError if only a newer version can read it.
 */
function heldIn(pack: PackRow): readonly ContentRow[] | null {
  try {
    return contentsIn(pack);
  } catch (error) {
    if (error instanceof DamagedPackError) return null;
    throw error;
  }
}
