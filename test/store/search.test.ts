import { and, eq } from "drizzle-orm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Issue } from "../../src/domain/issue.ts";
import { matches } from "../../src/domain/matches.ts";
import { issueNarrowings, issueWhere, textNarrowings } from "../../src/store/filter-sql.ts";
import { sqliteDialect as dialect } from "../../src/store/sqlite/dialect.ts";
import { dropSearch, openSearch } from "../../src/store/sqlite/search.ts";
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
        async (shown, searched) => {
          const kept = shown.map(([title, culprit, shortId], index) =>
            anIssue({ sentryId: String(index), title, culprit, shortId }),
          );
          await db.delete(issues);
          await db.insert(issues).values(kept.map(issueRow));
          // Any part of what is stored is found, too.
          for (const search of [...searched, ...shown.map(([title]) => title.slice(1, 5))]) {
            const expected = kept.filter((issue) => matches({ search }, issue, 0));
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

  it("follows an issue whose title changes, and forgets one that is gone", () => {
    using database = openInMemory();
    const { db } = database;
    db.insert(issues)
      .values(issueRow(anIssue({ sentryId: "1", title: "before" })))
      .run();
    db.update(issues).set({ titleFolded: "after" }).where(eq(issues.sentryId, "1")).run();
    expect(candidates(database, "before")).toEqual([]);
    expect(candidates(database, "after")).toEqual(["1"]);
    db.delete(issues).run();
    expect(candidates(database, "after")).toEqual([]);
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
    expect(candidates(database, text)).toEqual(["1"]);
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
