import { and, desc, eq, gte, inArray, lte, sql } from "drizzle-orm";
import { contentsIn, packOf, type PackRow } from "../pack.ts";
import type { ContentRow } from "../rows.ts";
import type { Asked } from "./query.ts";

type Content<Part extends "body" | "fields"> = ReadonlyMap<number, NonNullable<ContentRow[Part]>>;

/** What deliveries held, wherever it is kept now. No entry for a delivery that has none of what is asked for. */
export type Contents = {
  readonly bodies: (deliveries: readonly number[]) => Promise<Content<"body">>;
  readonly fields: (deliveries: readonly number[]) => Promise<Content<"fields">>;
  /** Both of one delivery; null for what it has none of, as of a body that was pruned. */
  readonly kept: (delivery: number) => Promise<Pick<ContentRow, "body" | "fields">>;
};

export function contentsOf({ db, tables }: Pick<Asked, "db" | "tables">): Contents {
  const { contents, deliveries, packs } = tables;

  async function read<Part extends "body" | "fields">(
    part: Part,
    ids: readonly number[],
  ): Promise<Content<Part>> {
    const found = new Map<number, NonNullable<ContentRow[Part]>>();
    if (ids.length === 0) return found;
    const missing = new Set(ids);
    const take = (delivery: number, content: ContentRow[Part]) => {
      if (missing.delete(delivery) && content !== null) found.set(delivery, content);
    };
    const column: (typeof contents)["body" | "fields"] = contents[part];
    const rows = await db
      .select({ delivery: contents.delivery, content: column })
      .from(contents)
      .where(inArray(contents.delivery, [...ids]));
    // The column of this name.
    for (const { delivery, content } of rows) take(delivery, content as ContentRow[Part]);
    // What is packed meanwhile was found above: it is in its pack from the moment on that it is gone from there.
    if (missing.size === 0) return found;
    const firsts = db
      .select({ first: sql`(select max(first) from ${packs} where first <= ${deliveries.id})` })
      .from(deliveries)
      .where(inArray(deliveries.id, [...missing]));
    const holding = await db
      .select()
      .from(packs)
      .where(and(inArray(packs.first, firsts), gte(packs.last, Math.min(...missing))));
    for (const pack of holding) for (const row of contentsIn(pack)) take(row.delivery, row[part]);
    return found;
  }

  return {
    bodies: (ids) => read("body", ids),
    fields: (ids) => read("fields", ids),
    async kept(delivery) {
      const [bodies, fields] = [await read("body", [delivery]), await read("fields", [delivery])];
      return { body: bodies.get(delivery) ?? null, fields: fields.get(delivery) ?? null };
    },
  };
}

/** The pack that holds what the delivery held; null for none. Along the key: nothing else finds it quickly among many. */
export async function packHolding(
  { db, tables: { packs } }: Pick<Asked, "db" | "tables">,
  delivery: number,
): Promise<PackRow | null> {
  const [pack] = await db
    .select()
    .from(packs)
    .where(lte(packs.first, delivery))
    .orderBy(desc(packs.first))
    .limit(1);
  return pack !== undefined && pack.last >= delivery ? pack : null;
}

/** Gives deliveries other fields, wherever theirs are kept. Seldom: a newer version reads more of a body than the one that kept it. */
export async function rewriteFields(
  { db, tables }: Pick<Asked, "db" | "tables">,
  rewritten: readonly Pick<ContentRow, "delivery" | "fields">[],
): Promise<void> {
  const { contents, packs } = tables;
  const kept = await contentsOf({ db, tables }).fields(rewritten.map(({ delivery }) => delivery));
  const changed = new Map(
    rewritten
      .filter(({ delivery, fields }) => (kept.get(delivery) ?? null) !== fields)
      .map(({ delivery, fields }) => [delivery, fields]),
  );
  const holding = new Map<number, PackRow>();
  for (const [delivery, fields] of changed) {
    if ([...holding.values()].some(({ first, last }) => first <= delivery && delivery <= last)) continue;
    const pack = await packHolding({ db, tables }, delivery);
    if (pack !== null) holding.set(pack.first, pack);
    else await db.update(contents).set({ fields }).where(eq(contents.delivery, delivery));
  }
  for (const pack of holding.values()) {
    const { data, dictionary } = packOf(
      contentsIn(pack).map((row) => {
        const fields = changed.get(row.delivery);
        return fields === undefined ? row : { ...row, fields };
      }),
    );
    await db.update(packs).set({ data, dictionary }).where(eq(packs.first, pack.first));
  }
}
