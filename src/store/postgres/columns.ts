import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";

/** A column: its key in rows, its name in the database and its type there. */
export type Column = { readonly key: string; readonly name: string; readonly type: string };

/** Every column of the table. */
export function columnsOf(table: PgTable): readonly Column[] {
  return Object.entries(getTableColumns(table)).map(([key, column]) => ({
    key,
    name: column.name,
    // Elements of an array have no collation of their own; the column that they go into has one.
    type: column.getSQLType().replace(/ collate .*/, ""),
  }));
}

/** The rows as one array for each column: what `unnest` takes. */
export function arraysOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns: readonly Column[],
): unknown[][] {
  return columns.map(({ key }) => rows.map((row) => row[key] ?? null));
}

/** The columns' names, as a statement lists them. */
export function listOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => `"${name}"`).join(", ");
}

/** An INSERT statement. Its values are the rows, as `arraysOf` gives them. */
export function inserting(table: string, columns: readonly Column[]): string {
  const arrays = columns.map(({ type }, index) => `$${index + 1}::${type}[]`);
  return `insert into ${table} (${listOf(columns)}) select * from unnest(${arrays.join(", ")})`;
}

/** The same, but rows that have the key already are updated, except for their columns in `kept`. */
export function upserting(
  table: string,
  key: string,
  columns: readonly Column[],
  kept: readonly string[] = [],
): string {
  const others = columns.filter(({ name }) => name !== key && !kept.includes(name));
  const set = others.map(({ name }) => `"${name}" = excluded."${name}"`);
  return `${inserting(table, columns)} on conflict ("${key}") do update set ${set.join(", ")}`;
}
