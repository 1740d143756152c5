import { getTableColumns, is, Table } from "drizzle-orm";
import { getTableConfig as postgresConfig, type PgTable } from "drizzle-orm/pg-core";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as postgres from "../../src/store/tables/postgres.ts";
import * as sqlite from "../../src/store/tables/sqlite.ts";

type Rows<Tables> = {
  [Name in keyof Tables as Tables[Name] extends Table ? Name : never]: Tables[Name] extends Table
    ? Tables[Name]["$inferSelect"]
    : never;
};

const tablesOf = (module: object) =>
  Object.entries(module).filter((entry): entry is [string, Table] => is(entry[1], Table));

describe("the tables of both databases", () => {
  it("have rows of the same types", () => {
    // Checked with the types of the tests, not when they run.
    expectTypeOf<Rows<typeof postgres>>().toEqualTypeOf<Rows<typeof sqlite>>();
  });

  it("have the same columns in the same order, null in both or in neither", () => {
    const shapeOf = (module: object) =>
      tablesOf(module).map(([name, table]) => [
        name,
        Object.entries(getTableColumns(table)).map(([key, { name, notNull }]) => [key, name, notNull]),
      ]);
    expect(shapeOf(postgres)).toEqual(shapeOf(sqlite));
  });

  it("compare every text in PostgreSQL by its bytes", () => {
    const types = tablesOf(postgres).flatMap(([, table]) =>
      postgresConfig(table as PgTable).columns.map((column) => column.getSQLType()),
    );
    expect(new Set(types)).toEqual(new Set(["bigint", "boolean", "bytea", 'text collate "C"']));
  });
});
