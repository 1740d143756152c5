import { getTableColumns } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";

/** A column as rows name it, as the database does, and its type there. */
export type Column = { readonly key: string; readonly name: string; readonly type: string };

export function columnsOf(table: PgTable): readonly Column[] {
  return Object.entries(getTableColumns(table)).map(([key, column]) => ({
    key,
    name: column.name,
    // An array's elements have no collation of their own; the column gives them its.
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
