import fc from "fast-check";
import { asc } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../src/domain/event.ts";
import type { IssueFilter, TransitionFilter } from "../../src/domain/filter.ts";
import type { Issue } from "../../src/domain/issue.ts";
import { matches, matchesTransition } from "../../src/domain/matches.ts";
import { issueWhere, transitionWhere, type Dialect } from "../../src/store/filter-sql.ts";
import { shownColumns } from "../../src/store/rows.ts";
import type * as tables from "../../src/store/tables/sqlite.ts";
import { anEntry, anIssue } from "../domain/an-issue.ts";
import { entries, issueFilters, issues, moments, transitionFilters } from "../domain/filter-arbitraries.ts";
import { issueCases, noon, transitionCases } from "../domain/filter-cases.ts";

/** An empty database with the store's tables. PostgreSQL's come in through the same cast as in the store. */
export interface FilterDatabase extends AsyncDisposable {
  readonly db: BetterSQLite3Database;
  readonly tables: Pick<typeof tables, "issues" | "events">;
  readonly dialect: Dialect;
}

/** What filters must do in every database: in each the same as `matches` says. */
export function filterContract(database: string, open: () => Promise<FilterDatabase>): void {
  describe(`issueWhere on ${database}`, () => {
    it.each(issueCases)("%s", async (_, filter, passes, fails) => {
      await using opened = await open();
      for (const issue of passes) expect(await issuesThat(opened, filter, issue)).toEqual([issue.sentryId]);
      for (const issue of fails) expect(await issuesThat(opened, filter, issue)).toEqual([]);
    });

    it("agrees with matches", { timeout: 60_000 }, async () => {
      await using opened = await open();
      await fc.assert(
        fc.asyncProperty(issueFilters, issues, moments, async (filter, issue, now) => {
          const expected = matches(filter, issue, now) ? [issue.sentryId] : [];
          expect(await issuesThat(opened, filter, issue, now)).toEqual(expected);
        }),
        { numRuns: 3_000 },
      );
    });

    it("takes many long lists", async () => {
      await using opened = await open();
      const values = (list: number) => Array.from({ length: 1_000 }, (_, index) => `${list}:${index}`);
      const inLists = Array.from({ length: 20 }, (_, list) => ({ title: { in: values(list) } }));
      const ninLists = Array.from({ length: 20 }, (_, list) => ({ culprit: { nin: values(list) } }));
      const filter: IssueFilter = { or: inLists, and: ninLists };
      expect(await issuesThat(opened, filter, anIssue({ title: "19:999", culprit: "19:1000" }))).toEqual([
        "1",
      ]);
      expect(await issuesThat(opened, filter, anIssue({ title: "19:1000", culprit: "19:1000" }))).toEqual([]);
      expect(await issuesThat(opened, filter, anIssue({ title: "19:999", culprit: "19:999" }))).toEqual([]);
    });

    it("takes a thousand filters in each list, eight deep", async () => {
      await using opened = await open();
      const titles = Array.from({ length: 1_000 }, (_, index) => ({ title: { eq: String(index) } }));
      let filter: IssueFilter = { or: titles };
      for (let depth = 2; depth <= 8; depth++) filter = { not: { or: [filter, ...titles.slice(0, 100)] } };
      for (const title of ["0", "99", "100", "999", "1000"]) {
        const issue = anIssue({ title });
        const expected = matches(filter, issue, noon) ? ["1"] : [];
        expect(await issuesThat(opened, filter, issue)).toEqual(expected);
      }
    });
  });

  describe(`transitionWhere on ${database}`, () => {
    it.each(transitionCases)("%s", async (_, filter, passes, fails) => {
      await using opened = await open();
      for (const { event, after } of passes)
        expect(await transitionsThat(opened, filter, event, after)).toEqual([event.seq]);
      for (const { event, after } of fails)
        expect(await transitionsThat(opened, filter, event, after)).toEqual([]);
    });

    it("tries the event's own issue", async () => {
      await using opened = await open();
      const { event } = anEntry({}, anIssue({ sentryId: "1" }));
      await insertIssue(opened, anIssue({ sentryId: "2", title: "another" }));
      await insertIssue(opened, anIssue({ sentryId: "1", title: "its own" }));
      await insertEvent(opened, event);
      expect(await transitions(opened, { issue: { title: { eq: "its own" } } })).toEqual([event.seq]);
      expect(await transitions(opened, { issue: { title: { eq: "another" } } })).toEqual([]);
    });

    it("agrees with matchesTransition", { timeout: 60_000 }, async () => {
      await using opened = await open();
      await fc.assert(
        fc.asyncProperty(transitionFilters, entries, moments, async (filter, entry, now) => {
          const { event, after } = entry;
          const expected = matchesTransition(filter, entry, now) ? [event.seq] : [];
          expect(await transitionsThat(opened, filter, event, after, now)).toEqual(expected);
        }),
        { numRuns: 2_000 },
      );
    });
  });
}

/** The one issue's id where the filter passes it, in a database that has no other. */
async function issuesThat(opened: FilterDatabase, filter: IssueFilter, issue: Issue, now = noon) {
  const { db, tables, dialect } = opened;
  await db.delete(tables.issues);
  await insertIssue(opened, issue);
  const rows = await db
    .select({ sentryId: tables.issues.sentryId })
    .from(tables.issues)
    .where(issueWhere(filter, tables, dialect, now));
  return rows.map(({ sentryId }) => sentryId);
}

async function transitionsThat(
  opened: FilterDatabase,
  filter: TransitionFilter,
  event: LoggedEvent,
  issue: Issue,
  now = noon,
) {
  await opened.db.delete(opened.tables.issues);
  await opened.db.delete(opened.tables.events);
  await insertIssue(opened, issue);
  await insertEvent(opened, event);
  return transitions(opened, filter, now);
}

async function transitions({ db, tables, dialect }: FilterDatabase, filter: TransitionFilter, now = noon) {
  const { events } = tables;
  const rows = await db
    .select({ seq: events.seq })
    .from(events)
    .where(transitionWhere(filter, tables, dialect, now))
    .orderBy(asc(events.seq));
  return rows.map(({ seq }) => seq);
}

async function insertIssue({ db, tables }: FilterDatabase, issue: Issue) {
  await db.insert(tables.issues).values({
    ...shownColumns(issue.shown, { fields: issue.fields, details }),
    sentryId: issue.sentryId,
    status: issue.state.status,
    substatus: issue.state.substatus,
    statusSince: issue.statusSince,
    lastSeq: 1,
  });
}

async function insertEvent({ db, tables }: FilterDatabase, event: LoggedEvent) {
  const { transition, actor } = event;
  await db.insert(tables.events).values({
    seq: event.seq,
    issueId: event.issueId,
    delivery: event.delivery,
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
    afterStatus: "unresolved",
    afterSince: 0,
    afterShown: 1,
  });
}

/** Nothing that a filter can name. */
const details = {
  type: null,
  logger: null,
  organization: null,
  metadata: {},
  annotations: [],
  numComments: 0,
  isPublic: false,
  shareId: null,
  priorityLockedAt: null,
  seerFixabilityScore: null,
  seerAutofixLastTriggered: null,
  webUrl: null,
  apiUrl: null,
  projectUrl: null,
  permalink: null,
};
