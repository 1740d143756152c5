import { eq } from "drizzle-orm";
import type { QueryContext } from "./query.ts";

/** The number that the store remembers under this name, one of `metaNames`; 0 for none. */
export async function rememberedNumber(
  { db, tables: { meta } }: Pick<QueryContext, "db" | "tables">,
  name: string,
): Promise<number> {
  const [row] = await db.select({ value: meta.value }).from(meta).where(eq(meta.name, name));
  return Number(row?.value ?? 0);
}

/** Remembers a number under this name. */
export async function remember(
  { db, tables: { meta } }: Pick<QueryContext, "db" | "tables">,
  name: string,
  number: number,
): Promise<void> {
  const value = String(number);
  await db.insert(meta).values({ name, value }).onConflictDoUpdate({ target: meta.name, set: { value } });
}
