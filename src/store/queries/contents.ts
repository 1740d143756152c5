import { and, desc, eq, getTableColumns, gte, inArray, lte, sql } from "drizzle-orm";
import type { IssueFields } from "../../domain/issue.ts";
import { bodiesIn, contentsIn, fieldsIn, packOf, UnreadablePackError, type PackRow } from "../pack.ts";
import type { ContentRow } from "../delivery-rows.ts";
import { issueOf, standInFor } from "../issue-rows.ts";
import type { QueryContext } from "./query.ts";

/**
 * What deliveries held, wherever it is kept now. No entry for a delivery without it. Contents of a pack that cannot be
 * read count as gone.
 */
export type Contents = {
  readonly bodies: (deliveries: readonly number[]) => Promise<ReadonlyMap<number, Buffer>>;
  /** `IssueFields` as JSON, as they were written. */
  readonly fields: (deliveries: readonly number[]) => Promise<ReadonlyMap<number, string>>;
  /** What each delivery's own snapshot shows. */
  readonly snapshots: (deliveries: readonly number[]) => Promise<ReadonlyMap<number, IssueFields>>;
  /**
   * The same, with a substitute (`standInFor`) for a delivery about an issue whose own snapshot is gone; no entry for
   * it only if the issue is gone too.
   */
  readonly shown: (deliveries: readonly number[]) => Promise<ReadonlyMap<number, IssueFields>>;
  /**
   * Body and fields of one delivery, the fields as `shown` gives them; null for what is missing, such as a pruned body.
   */
  readonly kept: (delivery: number) => Promise<Pick<ContentRow, "body" | "fields">>;
};

export function contentsOf({
  db,
  tables,
  onUnreadable = () => {},
}: Pick<QueryContext, "db" | "tables"> & {
  readonly onUnreadable?: QueryContext["onUnreadable"] | undefined;
}): Contents {
  const { contents, deliveries, issues, packs } = tables;
  const told = new Set<string>();

  /** Reports, once, something unreadable: it counts as gone. */
  function tellOf(error: Error): void {
    if (told.has(error.message)) return;
    told.add(error.message);
    onUnreadable(error);
  }

  /** What `read` finds in the pack; nothing in one that cannot be read. */
  function readable<Found>(
    pack: PackRow,
    read: (pack: PackRow) => ReadonlyMap<number, Found>,
  ): ReadonlyMap<number, Found> {
    try {
      return read(pack);
    } catch (error) {
      if (!(error instanceof UnreadablePackError)) throw error;
      tellOf(error);
      return new Map();
    }
  }

  async function read<Part extends "body" | "fields">(
    part: Part,
    ids: readonly number[],
    packed: (pack: PackRow, ids: ReadonlySet<number>) => ReadonlyMap<number, NonNullable<ContentRow[Part]>>,
  ): Promise<ReadonlyMap<number, NonNullable<ContentRow[Part]>>> {
    const found = new Map<number, NonNullable<ContentRow[Part]>>();
    if (ids.length === 0) return found;
    const missing = new Set(ids);
    const column: (typeof contents)["body" | "fields"] = contents[part];
    const rows = await db
      .select({ delivery: contents.delivery, content: column })
      .from(contents)
      .where(inArray(contents.delivery, [...missing]));
    for (const { delivery, content } of rows) {
      missing.delete(delivery);
      // Of the column with this name.
      if (content !== null) found.set(delivery, content as NonNullable<ContentRow[Part]>);
    }
    // What is not found above is in its pack by now, or gone: packing moves it in one transaction.
    if (missing.size === 0) return found;
    const firsts = db
      .select({ first: sql`(select max(first) from ${packs} where first <= ${deliveries.id})` })
      .from(deliveries)
      .where(inArray(deliveries.id, [...missing]));
    const holding = await db
      .select()
      .from(packs)
      .where(and(inArray(packs.first, firsts), gte(packs.last, Math.min(...missing))));
    for (const pack of holding)
      for (const [delivery, content] of readable(pack, (one) => packed(one, missing)))
        found.set(delivery, content);
    return found;
  }

  const fields = (ids: readonly number[]) => read("fields", ids, fieldsIn);
  const bodies = (ids: readonly number[]) => read("body", ids, bodiesIn);

  async function snapshots(ids: readonly number[]): Promise<ReadonlyMap<number, IssueFields>> {
    const found = new Map<number, IssueFields>();
    for (const [delivery, text] of await fields(ids))
      try {
        // Intake wrote this text.
        found.set(delivery, JSON.parse(text) as IssueFields);
      } catch (cause) {
        tellOf(new Error(`What delivery ${delivery} shows of its issue is damaged.`, { cause }));
      }
    return found;
  }

  async function shown(ids: readonly number[]): Promise<ReadonlyMap<number, IssueFields>> {
    const found = await snapshots(ids);
    const missing = ids.filter((id) => !found.has(id));
    if (missing.length === 0) return found;
    const rows = await db
      .select({ delivery: getTableColumns(deliveries), issue: getTableColumns(issues) })
      .from(deliveries)
      .innerJoin(issues, eq(issues.sentryId, deliveries.issueId))
      .where(inArray(deliveries.id, missing));
    const standIns = rows.map(
      ({ delivery, issue }) => [delivery.id, standInFor(delivery, issueOf(issue))] as const,
    );
    return new Map([...found, ...standIns]);
  }

  return {
    bodies,
    fields,
    snapshots,
    shown,
    async kept(delivery) {
      const body = (await bodies([delivery])).get(delivery) ?? null;
      const shows = (await shown([delivery])).get(delivery);
      return { body, fields: shows === undefined ? null : JSON.stringify(shows) };
    },
  };
}

/**
 * The pack that holds what the delivery held; null for none. Found by the primary key: nothing else is quick if there
 * are many.
 */
export async function packHolding(
  { db, tables: { packs } }: Pick<QueryContext, "db" | "tables">,
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

/**
 * Replaces the fields of deliveries, wherever these are kept. Few differ: only if this version reads more of a body
 * than the one that kept it.
 * @throws UnreadablePackError if a pack that cannot be read holds one of them.
 */
export async function rewriteFields(
  { db, tables }: Pick<QueryContext, "db" | "tables">,
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
