import { and, eq } from "drizzle-orm";
import { QueryBuilder } from "drizzle-orm/sqlite-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Issue } from "../../src/domain/issue.ts";
import { issueTest } from "../../src/domain/matches.ts";
import { issueNarrowings, issueWhere, textNarrowings } from "../../src/store/filter-sql.ts";
import { sqliteDialect as dialect } from "../../src/store/sqlite/dialect.ts";
import { dropSearch, indexing, indexOldest, openSearch } from "../../src/store/sqlite/search.ts";
import * as tables from "../../src/store/tables/sqlite.ts";
import { anIssue } from "../domain/an-issue.ts";
import { openInMemory } from "./in-memory.ts";
import { issueRow } from "./issue-row.ts";

const { issues } = tables;

/** Text of few characters, so that much of it is found: with case, marks, quotes, CJK, and what cannot be stored. */
const pieces = fc.constantFrom(
  ...Array.from("aAbB\"' *-%_\\ΣσςİiıßéÉ日本語エラー"),
  "e\u0301",
  "\u{1F600}",
  "\u{1E900}",
  "\0",
  "\uD800",
  "\uFFFD",
  "\uFFFE",
  "\uFFFF",
  "\t",
  "\n",
  "AND",
);
const texts = fc.array(pieces, { maxLength: 9 }).map((parts) => parts.join(""));
/** As intake stores it. */
const stored = texts.map((text) => text.replaceAll("\0", "\uFFFD").toWellFormed());

describe("the index of texts", () => {
  it("finds what matches, and nothing else is left by the columns", async () => {
    using database = openInMemory();
    const { db } = database;
    const seen = { found: 0, indexed: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(stored, fc.option(stored), fc.option(stored)), { minLength: 1, maxLength: 6 }),
        fc.array(texts, { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 6 }),
        async (shown, searched, indexed) => {
          const kept = shown.map(([title, culprit, shortId], index) =>
            anIssue({ sentryId: String(index), title, culprit, shortId }),
          );
          await db.delete(issues);
          await db.insert(issues).values(kept.map(issueRow));
          indexOldest(database.client, indexed);
          // Any part of what is stored is found, too.
          for (const search of [...searched, ...shown.map(([title]) => title.slice(1, 5))]) {
            const expected = kept.filter((issue) => issueTest({ search })(issue, 0));
            expect(found(database, search)).toEqual(expected.map(({ sentryId }) => sentryId));
            seen.found += expected.length;
            seen.indexed += textNarrowings({ search }, tables, dialect).length;
          }
        },
      ),
      { numRuns: 300 },
    );
    for (const [what, times] of Object.entries(seen)) expect([what, times > 100]).toEqual([what, true]);
  });

  it.each([0, 1, 2])("follows issues whose title changes, when it knows %i of two", (known) => {
    using database = openInMemory();
    const { client, db } = database;
    const add = (sentryId: string, title: string) =>
      db
        .insert(issues)
        .values(issueRow(anIssue({ sentryId, title })))
        .run();
    add("1", "before");
    add("2", "before");
    expect(indexOldest(client, known)).toBe(known);
    // One that it does not know may be any.
    expect(candidates(database, "after")).toEqual(["1", "2"].slice(known));
    db.update(issues).set({ titleFolded: "after" }).run();
    expect(candidates(database, "before")).toEqual(["1", "2"].slice(known));
    expect(candidates(database, "after")).toEqual(["1", "2"]);
    expect(indexOldest(client, -1)).toBe(2 - known);
    expect(candidates(database, "before")).toEqual([]);
    expect(candidates(database, "after")).toEqual(["1", "2"]);
  });

  it.each([0, 1, 2])("forgets issues that are gone, when it knows %i of two", (known) => {
    using database = openInMemory();
    const { client, db } = database;
    const add = (sentryId: string, title: string) =>
      db
        .insert(issues)
        .values(issueRow(anIssue({ sentryId, title })))
        .run();
    add("1", "first");
    add("2", "second");
    indexOldest(client, known);
    db.delete(issues).where(eq(issues.sentryId, "2")).run();
    // Its row's id is given to another.
    add("3", "third");
    indexOldest(client, -1);
    expect(candidates(database, "second")).toEqual([]);
    expect(candidates(database, "third")).toEqual(["3"]);
    db.delete(issues).run();
    expect(candidates(database, "first")).toEqual([]);
    expect(indexOldest(client, -1)).toBe(0);
  });

  it("comes to know what is new while there is time, two hundred issues at once", () => {
    using database = openInMemory();
    const { client, db } = database;
    const task = indexing(client);
    expect([task.waiting(), task.slice()]).toEqual([0, false]);
    const rows = Array.from({ length: 205 }, (_, index) => issueRow(anIssue({ sentryId: String(index) })));
    db.insert(issues).values(rows).run();
    expect([task.waiting(), task.slice(), task.waiting()]).toEqual([205, true, 5]);
    expect([task.slice(), task.waiting(), task.slice()]).toEqual([false, 0, false]);
  });

  it("is asked for parts of all of a long text", () => {
    using database = openInMemory();
    const text = Array.from({ length: 600 }, (_, index) => index.toString(36)).join("");
    database.db
      .insert(issues)
      .values([
        issueRow(anIssue({ sentryId: "1", title: `x${text}y` })),
        issueRow(anIssue({ sentryId: "2", title: text.slice(0, 300) })),
      ])
      .run();
    indexOldest(database.client, -1);
    expect(candidates(database, text)).toEqual(["1"]);
  });

  it("is asked for the beginning of a text, its end, and not for all that lies between in a long one", () => {
    const letters = Array.from({ length: 400 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join("");
    for (let length = 3; length <= letters.length; length += 1) {
      const search = letters.slice(0, length);
      const where = and(...textNarrowings({ search }, tables, dialect));
      const [query] = new QueryBuilder().select().from(issues).where(where).toSQL().params as [string];
      const parts = query.split(" AND ");
      expect([parts[0], parts.at(-1)]).toEqual([`"${search.slice(0, 3)}"`, `"${search.slice(-3)}"`]);
      expect([length, parts.length <= Math.min(13, length - 2)]).toEqual([length, true]);
    }
  });

  it("is left alone where less than three characters are searched, or anything but what all must contain", () => {
    for (const filter of [
      { search: "ab" },
      { search: "語\u{1F600}" },
      { not: { search: "abc" } },
      { or: [{ search: "abc" }, { search: "def" }] },
    ])
      expect(issueNarrowings(filter, tables, dialect, 0)).toEqual([]);
    const both = { search: "abc", and: [{ and: [{ search: "日本語" }] }] };
    expect(textNarrowings(both, tables, dialect)).toHaveLength(2);
  });

  it("is filled where a database has none yet", () => {
    using database = openInMemory();
    dropSearch(database.client);
    database.db
      .insert(issues)
      .values(issueRow(anIssue({ sentryId: "1", title: "before" })))
      .run();
    openSearch(database.client);
    openSearch(database.client);
    expect(indexing(database.client).waiting()).toBe(0);
    expect(candidates(database, "before")).toEqual(["1"]);
  });
});

type Opened = ReturnType<typeof openInMemory>;

/** The ids of those that the store would answer with. */
function found({ db }: Opened, search: string): readonly Issue["sentryId"][] {
  const where = and(
    ...textNarrowings({ search }, tables, dialect),
    issueWhere({ search }, tables, dialect, 0),
  );
  return idsOf(db.select({ sentryId: issues.sentryId }).from(issues).where(where).all());
}

/** The ids of those that the index finds. */
function candidates({ db }: Opened, search: string): readonly Issue["sentryId"][] {
  const where = and(...textNarrowings({ search }, tables, dialect));
  return idsOf(db.select({ sentryId: issues.sentryId }).from(issues).where(where).all());
}

function idsOf(rows: readonly { readonly sentryId: string }[]): readonly string[] {
  return rows.map(({ sentryId }) => sentryId).toSorted();
}
