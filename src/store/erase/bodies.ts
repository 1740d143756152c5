import { and, asc, gt, gte, lte } from "drizzle-orm";
import { metaNames } from "../meta.ts";
import { packHolding } from "../queries/contents.ts";
import { remember, rememberedNumber } from "../queries/meta.ts";
import type { QueryContext } from "../queries/query.ts";
import { repack } from "./contents.ts";
import { mostInStep } from "./portion.ts";

/** Most bytes of bodies that one step drops, besides the rest of the last body's pack. */
const mostBytesInStep = 8 * 1024 * 1024;

type Context = Pick<QueryContext, "db" | "tables">;

/** `Erasing.dropBodies`. */
export async function dropBodies(context: Context, before: number, now: number): Promise<number> {
  const { db, tables } = context;
  const { contents, deliveries, packs } = tables;
  const from = await rememberedNumber(context, metaNames.prunedTo);
  const next = await db
    .select({ id: deliveries.id, receivedAt: deliveries.receivedAt, bytes: deliveries.bytes })
    .from(deliveries)
    .where(gt(deliveries.id, from))
    .orderBy(asc(deliveries.id))
    .limit(mostInStep);
  const notDue = next.findIndex(({ receivedAt }) => receivedAt >= before && receivedAt <= now);
  const perhaps = notDue === -1 ? next : next.slice(0, notDue);
  const datedBefore = perhaps.findLastIndex(({ receivedAt }) => receivedAt < before);
  const areAllAhead = datedBefore === -1 && perhaps.length === mostInStep;
  const allDue =
    areAllAhead && (await isDueAfter(context, perhaps.at(-1)!.id, before, now))
      ? perhaps
      : perhaps.slice(0, datedBefore + 1);
  const due = await inOneStep(context, allDue);
  const [first, last] = [due[0]?.id, due.at(-1)?.id];
  if (first === undefined || last === undefined) return 0;
  await db
    .update(contents)
    .set({ body: null })
    .where(and(gte(contents.delivery, first), lte(contents.delivery, last)));
  const holding = await packHolding(context, first);
  const touching = await db
    .select()
    .from(packs)
    .where(and(gte(packs.first, holding?.first ?? first), lte(packs.first, last)));
  await repack(context, touching, (row) => (row.delivery <= last ? { ...row, body: null } : row));
  await remember(context, metaNames.prunedTo, last);
  return due.length;
}

/** True if the first delivery after this one that is not dated after `now` was received before this time. */
async function isDueAfter(context: Context, id: number, before: number, now: number): Promise<boolean> {
  const { db, tables } = context;
  const { deliveries } = tables;
  const [next] = await db
    .select({ receivedAt: deliveries.receivedAt })
    .from(deliveries)
    .where(and(gt(deliveries.id, id), lte(deliveries.receivedAt, now)))
    .orderBy(asc(deliveries.id))
    .limit(1);
  return next !== undefined && next.receivedAt < before;
}

/**
 * The first of these deliveries, up to `mostBytesInStep` but at least one, with the others in the last one's pack, so
 * that it is read once.
 */
async function inOneStep<Row extends { readonly id: number; readonly bytes: number }>(
  context: Context,
  due: readonly Row[],
): Promise<readonly Row[]> {
  let bytes = 0;
  const tooMany = due.findIndex((row) => (bytes += row.bytes) > mostBytesInStep);
  if (tooMany === -1) return due;
  const { id } = due[Math.max(0, tooMany - 1)]!;
  const last = (await packHolding(context, id))?.last ?? id;
  return due.filter((row) => row.id <= last);
}
