import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketsOf, intervals, timeZoneNamed } from "../../src/domain/calendar.ts";
import type { IssueFilter } from "../../src/domain/filter.ts";
import { issueTest } from "../../src/domain/matches.ts";
import { comparePlaces } from "../../src/domain/order.ts";
import type { Reader } from "../../src/store/reader.ts";
import type { Store } from "../../src/store/store.ts";
import { at } from "./deliveries.ts";
import { life, type Shown, type Step } from "./lives.ts";
import { openTestPostgres } from "./open-postgres.ts";
import { openTestStore } from "./open.ts";
import { readHere } from "./read-here.ts";
import { flowModel, statisticsOf, type Life } from "./statistics-model.ts";

const hour = 3_600;
/** Of ten days, mostly on full quarter hours, where boundaries are. */
const seconds = fc.oneof(
  fc.integer({ min: 0, max: 960 }).map((quarter) => quarter * 900),
  fc.integer({ min: 0, max: 240 * hour }),
);
const steps: fc.Arbitrary<Step> = fc.tuple(
  seconds,
  fc.constantFrom("created", "resolved", "unresolved", "archived", "assigned", "assigned", "commented"),
  fc.constantFrom(
    "unresolved/new",
    "unresolved/ongoing",
    "unresolved/escalating",
    "unresolved/regressed",
    "resolved",
    "resolved",
    "ignored/archived_forever",
    "ignored/archived_until_escalating",
    "muted",
    "snoozed",
  ),
  fc.constantFrom("ada", "sentry"),
);
/** What a webhook shows as the project of its issue; most stay where they are. */
const places = fc.constantFrom("home", "home", "home", "home", "renamed", "elsewhere", "nowhere");
const lives = fc.array(fc.array(fc.tuple(steps, places), { minLength: 1, maxLength: 9 }), {
  minLength: 1,
  maxLength: 5,
});

/** The issues of one run, by their ids, and the projects that they alone can be in. */
type Run = {
  readonly ids: readonly string[];
  readonly home: string;
  readonly elsewhere: string;
};

function projectOf({ home, elsewhere }: Run, place: string): NonNullable<Shown["project"]> | null {
  if (place === "nowhere") return null;
  const id = place === "elsewhere" ? elsewhere : home;
  return { id, slug: place === "home" ? `slug-${id}` : `other-${home}`, name: "A project" };
}

const filters = fc.constantFrom<(run: Run) => IssueFilter>(
  ({ ids }) => among(ids, {}),
  ({ ids }) => among(ids, { shortId: { in: [ids[0], ids[2], ids[3]].map((id) => `WEB-${id}`) } }),
  ({ ids }) => among(ids, { status: { eq: "UNRESOLVED" } }),
  ({ ids }) =>
    among(ids, {
      not: { status: { eq: "UNRESOLVED" } },
      lastSeen: { lt: { fromNow: { months: 0, milliseconds: 0 } } },
    }),
  ({ home }) => ({ project: { sentryId: { eq: home } } }),
  ({ home }) => ({ project: { slug: { eq: `other-${home}` } } }),
  ({ home, elsewhere }) => ({
    and: [
      { project: { sentryId: { in: [home, elsewhere] } } },
      { not: { project: { slug: { eq: `slug-${home}` } } } },
    ],
  }),
);

function among(ids: readonly string[], filter: IssueFilter): IssueFilter {
  return { and: [{ sentryId: { in: ids } }, filter] };
}

const periods = fc
  .uniqueArray(seconds, { minLength: 2, maxLength: 2 })
  .map((ends) => ends.toSorted((a, b) => a - b))
  .map(([from, to]) => ({ from: at(from!), to: at(to!) }));

/** A store, and a reader of it that starts no threads. */
type Opened = AsyncDisposable & Pick<Store, "append" | "reader">;

async function openSqlite(): Promise<Opened> {
  const store = await openTestStore();
  const reading = readHere(store.file);
  return {
    append: store.append,
    reader: reading.reader,
    [Symbol.asyncDispose]: async () => {
      reading[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

describe.each<[string, () => Promise<Opened>]>([
  ["SQLite", openSqlite],
  ["PostgreSQL", openTestPostgres],
])("the statistics of a store in %s", (_, open) => {
  it("are those of the histories that it holds", { timeout: 120_000 }, async () => {
    const seen = { openAtEnd: 0, toResolve: 0, toTriage: 0, other: 0, reopened: 0, partly: 0 };
    // One store for all runs: each has issues of its own, and asks of those alone.
    await using store = await open();
    const { reader } = store;
    let issues = 0;
    await fc.assert(
      fc.asyncProperty(
        lives,
        filters,
        periods,
        seconds.map(at),
        fc.constantFrom(...intervals),
        fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/New_York"),
        async (told, filterOf, period, now, interval, zone) => {
          const ids = told.map(() => String(++issues));
          const run: Run = { ids, home: `h${ids[0]}`, elsewhere: `e${ids[0]}` };
          const filter = filterOf(run);
          const { newest } = await reader.bounds();
          // Those of one issue come in the order in which they were drawn, so some are late.
          const webhooks = told.flatMap((steps, index) =>
            life(
              ids[index]!,
              steps.map(([step]) => step),
              steps.map(([, place]) => ({ project: projectOf(run, place) })),
            ),
          );
          await Promise.all(webhooks.map(store.append));
          const kept = await historiesIn(reader, ids, newest);
          const counted = kept.filter(({ issue }) => issueTest(filter)(issue, now));

          const expected = statisticsOf(counted, period);
          const inPeriod = { filter, now, period };
          expect({
            timeToResolve: await reader.timeToResolve(inPeriod),
            timeToTriage: await reader.timeToTriage(inPeriod),
            timeInStatus: await reader.timeInStatus(inPeriod),
            reopenRate: await reader.reopenRate(inPeriod),
            inferredShare: await reader.inferredShare(inPeriod),
          }).toEqual(withMeansNear(expected));

          const buckets = bucketsOf(period, interval, timeZoneNamed(zone)!, 1_000)!;
          const flow = await reader.issueFlow({ filter, now, buckets });
          expect(flow).toEqual(flowModel(counted, buckets, now));
          if (period.to >= now) {
            const open: IssueFilter = { and: [filter, { status: { eq: "UNRESOLVED" } }] };
            expect(flow.at(-1)!.openAtEnd).toBe(await reader.issueCount({ filter: open, now }));
          }

          seen.openAtEnd += flow.filter(({ openAtEnd }) => openAtEnd > 0).length;
          seen.toResolve += expected.timeToResolve.n;
          seen.toTriage += expected.timeToTriage.n;
          seen.other += expected.timeInStatus["OTHER"]!.n;
          seen.reopened += Number((expected.reopenRate ?? 0) > 0);
          seen.partly += Number(counted.length > 0 && counted.length < kept.length);
        },
      ),
      { numRuns: 100 },
    );
    for (const [what, times] of Object.entries(seen)) expect([what, times > 5]).toEqual([what, true]);
  });
});

async function historiesIn(reader: Reader, ids: readonly string[], after: number): Promise<readonly Life[]> {
  const issues = await reader.issues(ids);
  const log = await reader.entriesAfter(after, 1_000);
  const history = log.map(({ event }) => event).filter(({ supersededBy }) => supersededBy === null);
  return [...issues.values()].map((issue) => ({
    issue,
    events: history
      .filter(({ issueId }) => issueId === issue.sentryId)
      .toSorted((a, b) => comparePlaces(a.place, b.place)),
  }));
}

/** A mean is a sum of fractions here, and of whole numbers there. */
function withMeansNear(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => [
      name,
      name === "mean" && typeof inner === "number" ? expect.closeTo(inner, 6) : withMeansNear(inner),
    ]),
  );
}
