import fc from "fast-check";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { describe, expect, it } from "vitest";
import type { LogEntry, LoggedEvent } from "../../src/domain/event.ts";
import type { IssueFilter, TransitionFilter } from "../../src/domain/filter.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { issueTest, transitionTest } from "../../src/domain/matches.ts";
import type { Dialect } from "../../src/store/dialect.ts";
import { issueWhere, transitionWhere } from "../../src/store/filter-sql.ts";
import type * as tables from "../../src/store/tables/sqlite.ts";
import { anIssue } from "../domain/an-issue.ts";
import { entries, issueFilters, issues, moments, transitionFilters } from "../domain/filter-arbitraries.ts";
import { issueCases, noon, transitionCases } from "../domain/filter-cases.ts";
import { issueRow } from "./issue-row.ts";

/** An empty database with the store's tables. Those of PostgreSQL get the same cast as in the store. */
export interface FilterDatabase extends AsyncDisposable {
  readonly db: BetterSQLite3Database;
  readonly tables: Pick<typeof tables, "issues" | "events">;
  readonly dialect: Dialect;
}

/** Filters in a database must agree with `matches`. */
export function filterContract(
  database: string,
  open: () => Promise<FilterDatabase>,
  { runs = 1_500 }: { readonly runs?: number } = {},
): void {
  describe(`issueWhere on ${database}`, () => {
    it.each(issueCases)("%s", async (_, filter, passes, fails) => {
      await using opened = await open();
      for (const issue of passes) expect(await passing(opened, filter, [issue])).toEqual([issue.sentryId]);
      for (const issue of fails) expect(await passing(opened, filter, [issue])).toEqual([]);
    });

    it("agrees with issueTest", { timeout: 60_000 }, async () => {
      await using opened = await open();
      const several = fc.uniqueArray(issues, { selector: ({ sentryId }) => sentryId, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(issueFilters, several, moments, async (filter, kept, now) => {
          const expected = kept
            .filter((issue) => issueTest(filter)(issue, now))
            .map(({ sentryId }) => sentryId);
          expect(await passing(opened, filter, kept, now)).toEqual(expected.toSorted());
        }),
        { numRuns: runs },
      );
    });

    it("takes many long lists", async () => {
      await using opened = await open();
      const values = (list: number) => Array.from({ length: 1_000 }, (_, index) => `${list}:${index}`);
      const inLists = Array.from({ length: 20 }, (_, list) => ({ title: { in: values(list) } }));
      const ninLists = Array.from({ length: 20 }, (_, list) => ({ culprit: { nin: values(list) } }));
      const kept = [
        anIssue({ sentryId: "in one", title: "19:999", culprit: "19:1000" }),
        anIssue({ sentryId: "in none", title: "19:1000", culprit: "19:1000" }),
        anIssue({ sentryId: "not in, but in one", title: "19:999", culprit: "19:999" }),
      ];
      expect(await passing(opened, { or: inLists, and: ninLists }, kept)).toEqual(["in one"]);
    });

    it("takes lists of a thousand filters, eight deep", async () => {
      await using opened = await open();
      const titles = Array.from({ length: 1_000 }, (_, index) => ({ title: { eq: String(index) } }));
      let filter: IssueFilter = { or: titles };
      for (let depth = 2; depth <= 8; depth++) filter = { not: { or: [filter, ...titles.slice(0, 100)] } };
      const kept = ["0", "99", "100", "999", "1000"].map((title) => anIssue({ sentryId: title, title }));
      const expected = kept.filter((issue) => issueTest(filter)(issue, noon)).map(({ sentryId }) => sentryId);
      expect(expected).toEqual(["1000"]);
      expect(await passing(opened, filter, kept)).toEqual(expected);
    });
  });

  describe(`transitionWhere on ${database}`, () => {
    it.each(transitionCases)("%s", async (_, filter, passes, fails) => {
      await using opened = await open();
      for (const entry of passes) expect(await told(opened, filter, [entry])).toEqual([entry.after.sentryId]);
      for (const entry of fails) expect(await told(opened, filter, [entry])).toEqual([]);
    });

    it("agrees with transitionTest", { timeout: 60_000 }, async () => {
      await using opened = await open();
      const several = fc.uniqueArray(entries, { selector: ({ after }) => after.sentryId, maxLength: 5 });
      await fc.assert(
        fc.asyncProperty(transitionFilters, several, moments, async (filter, kept, now) => {
          const expected = kept
            .filter((entry) => transitionTest(filter)(entry, now))
            .map(({ after }) => after.sentryId);
          expect(await told(opened, filter, kept, now)).toEqual(expected.toSorted());
        }),
        { numRuns: Math.ceil(runs / 1.5) },
      );
    });
  });
}

/** The ids of the issues that pass the filter, in a database that has only these issues. */
async function passing(
  opened: FilterDatabase,
  filter: IssueFilter,
  kept: readonly Issue[],
  now = noon,
): Promise<string[]> {
  const { db, tables, dialect } = opened;
  await keepIssues(opened, kept);
  const rows = await db
    .select({ sentryId: tables.issues.sentryId })
    .from(tables.issues)
    .where(issueWhere(filter, tables, dialect, now));
  return rows.map(({ sentryId }) => sentryId).toSorted();
}

/** The issue ids of the entries that pass the filter, in a database that has only these entries. */
async function told(
  opened: FilterDatabase,
  filter: TransitionFilter,
  kept: readonly LogEntry[],
  now = noon,
): Promise<string[]> {
  const { db, tables, dialect } = opened;
  await keepIssues(
    opened,
    kept.map(({ after }) => after),
  );
  await keepEvents(
    opened,
    kept.map(({ event }) => event),
  );
  const rows = await db
    .select({ issueId: tables.events.issueId })
    .from(tables.events)
    .where(transitionWhere(filter, tables, dialect, now));
  return rows.map(({ issueId }) => issueId).toSorted();
}

async function keepIssues({ db, tables: { issues } }: FilterDatabase, kept: readonly Issue[]): Promise<void> {
  await db.delete(issues);
  const rows = kept.map(issueRow);
  if (rows.length > 0) await db.insert(issues).values(rows);
}

async function keepEvents(
  { db, tables: { events } }: FilterDatabase,
  kept: readonly LoggedEvent[],
): Promise<void> {
  await db.delete(events);
  const rows = kept.map(({ transition, actor, ...event }, index) => ({
    seq: index + 1,
    issueId: event.issueId,
    delivery: index,
    role: event.role,
    version: 0,
    place: Buffer.from(event.place),
    source: event.source,
    action: event.action,
    actorType: actor?.type ?? null,
    kind: transition?.kind ?? null,
    fromStatus: transition?.from?.status ?? null,
    fromSubstatus: transition?.from?.substatus ?? null,
    toStatus: transition?.to.status ?? null,
    toSubstatus: transition?.to.substatus ?? null,
    occurredAt: event.occurredAt,
    isLate: event.isLate,
    committedAt: event.committedAt,
    afterStatus: "",
    afterSince: 0,
    afterShown: 1,
    isUndone: false,
  }));
  if (rows.length > 0) await db.insert(events).values(rows);
}
