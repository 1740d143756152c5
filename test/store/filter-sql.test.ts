import { and, desc, isNull, type SQL } from "drizzle-orm";
import type Database from "better-sqlite3";
import { drizzle, type BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { QueryBuilder } from "drizzle-orm/sqlite-core";
import { describe, expect, it } from "vitest";
import type { IssueFilter, TransitionFilter } from "../../src/domain/filter.ts";
import { issueWhere, transitionWhere } from "../../src/store/filter-sql.ts";
import { sqliteDialect as dialect } from "../../src/store/sqlite/dialect.ts";
import * as tables from "../../src/store/tables/sqlite.ts";
import { filterContract } from "./filter-contract.ts";
import { openInMemory } from "./in-memory.ts";

const { issues, events } = tables;

filterContract("SQLite", async () => {
  const { client, db } = openInMemory();
  return {
    db,
    tables,
    dialect,
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
});

describe("a filter in SQLite", () => {
  it("is left out where every issue passes", () => {
    expect(where({})).toBeUndefined();
    expect(
      where({ and: [{}, { culprit: { nin: [] } }], search: "", title: { null: false } }),
    ).toBeUndefined();
  });

  it("leaves nothing to compare where no issue passes", () => {
    expect(textOf(where({ status: { eq: "RESOLVED" }, or: [] }))).toBe("1 = 0");
    expect(textOf(where({ title: { null: true } }))).toBe("1 = 0");
  });

  it("negates comparisons, not conditions that may be null", () => {
    expect(textOf(where({ not: { culprit: { eq: "a" } } }))).toBe(`"issues"."culprit" is distinct from ?`);
    expect(textOf(where({ not: { title: { eq: "a" } } }))).toBe(`"issues"."title" <> ?`);
    expect(textOf(where({ not: { or: [{ count: { gt: 1 } }, { lastSeen: { gt: { at: 1 } } }] } }))).toBe(
      `("issues"."count" <= ? and ("issues"."last_seen" is null or "issues"."last_seen" <= ?))`,
    );
  });

  it("asks each of a thousand filters, once", () => {
    const titles = Array.from({ length: 1_000 }, (_, index) => String(index));
    const { params } = queryWhere(where({ or: titles.map((title) => ({ title: { eq: title } })) }));
    expect(params).toEqual(titles);
  });

  it.each<[string, IssueFilter, string]>([
    ["status", { status: { eq: "RESOLVED" } }, "status=?"],
    ["several statuses", { status: { in: ["RESOLVED", "IGNORED"] } }, "status=?"],
    ["status under not", { not: { status: { neq: "RESOLVED" } } }, "status=?"],
    [
      "status and more",
      { status: { eq: "RESOLVED" }, and: [{ search: "x" }, { not: { title: { eq: "a" } } }] },
      "status=?",
    ],
    ["project", { project: { sentryId: { eq: "7" } } }, "project_id=?"],
    ["a list of projects", { project: { sentryId: { in: ["7", "8"] } } }, "project_id=?"],
    ["assignee", { assignee: { sentryId: { eq: "3" } } }, "assignee_id=?"],
    ["no assignee", { assignee: { null: true } }, "assignee_id=?"],
    ["level", { level: { eq: "ERROR" } }, "level=?"],
    ["a bound of a time", { statusSince: { gte: { at: 0 } } }, "status_since>?"],
    ["a bound of a time under not", { not: { statusSince: { lt: { at: 0 } } } }, "status_since>?"],
    ["a short id", { shortId: { eq: "WEB-1" } }, "short_id=?"],
  ])("is served by an index: %s", (_, filter, search) => {
    using database = openInMemory();
    const plan = planOf(database, (db) => db.select().from(issues).where(where(filter)));
    expect(plan).toMatch(new RegExp(`^SEARCH issues USING .*INDEX \\w+ \\(${search.replace("?", "\\?")}`));
  });

  it.each<[string, TransitionFilter, RegExp]>([
    [
      "in the order of time, for many issues",
      { issue: { search: "x" } },
      /^SCAN events USING INDEX transitions_by_time\nSEARCH issues [^\n]*\(sentry_id=\?\)$/,
    ],
    [
      "from the issue, for one",
      { issue: { sentryId: { eq: "1" } } },
      /^SEARCH issues [^\n]*\(sentry_id=\?\)\nSEARCH events USING INDEX \w+ \(issue_id=\?\)/,
    ],
    [
      "without the issue, where any will do",
      { issue: {}, kind: ["RESOLVED"] },
      /^SCAN events USING INDEX transitions_by_time$/,
    ],
  ])("reads transitions %s", (_, filter, expected) => {
    using database = openInMemory();
    const plan = planOf(database, (db) =>
      db
        .select()
        .from(events)
        .where(and(isNull(events.supersededBy), transitionWhere(filter, tables, dialect, 0)))
        .orderBy(desc(events.occurredAt), desc(events.seq))
        .limit(50),
    );
    expect(plan).toMatch(expected);
  });
});

function where(filter: IssueFilter): SQL | undefined {
  return issueWhere(filter, tables, { ...dialect, stoppable: (condition) => condition }, 0);
}

function textOf(condition: SQL | undefined): string {
  const { sql } = queryWhere(condition);
  return sql.slice(sql.indexOf(" where ") + " where ".length);
}

function queryWhere(condition: SQL | undefined) {
  return new QueryBuilder().select().from(issues).where(condition).toSQL();
}

function planOf(
  { client }: { readonly client: Database.Database },
  query: (db: BetterSQLite3Database) => { toSQL(): { sql: string; params: unknown[] } },
): string {
  const { sql, params } = query(drizzle({ client })).toSQL();
  const steps = client.prepare(`explain query plan ${sql}`).all(...params) as { readonly detail: string }[];
  return steps.map(({ detail }) => detail).join("\n");
}
