import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { IssueFilter } from "../../src/domain/filter.ts";
import { erasing } from "../../src/store/erase/erasing.ts";
import { drizzleOver } from "../../src/store/postgres/drizzle-over.ts";
import { setForSession } from "../../src/store/postgres/pooler.ts";
import { questionSettings } from "../../src/store/postgres/pools.ts";
import { readerOf, sharedBy } from "../../src/store/postgres/reader.ts";
import {
  issueOrderFields,
  type IssueKey,
  type IssueOrderField,
  type PageRequest,
  type Reader,
} from "../../src/store/reader.ts";
import { openReplica, temporarySchema } from "./open-postgres.ts";

/**
 * How PostgreSQL goes about the questions that are asked most, with enough stored that it would not rather read whole
 * tables: what a page of an order reads must not grow with the number of issues.
 */

const many = 20_000;
const first: PageRequest<IssueKey> = { limit: 50, from: "first", after: null, before: null };

type Plan = {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly Plans?: readonly Plan[];
};

const opened = new AsyncDisposableStack();
let client: pg.Client;
const statements: pg.QueryConfig[] = [];
let reader: Reader;
const asked = {
  query(config: pg.QueryConfig) {
    statements.push(config);
    return client.query(config);
  },
};

beforeAll(async () => {
  const schema = opened.use(await temporarySchema());
  await (await openReplica(schema.url))[Symbol.asyncDispose]();
  client = new pg.Client(schema.url);
  await client.connect();
  opened.defer(() => client.end());
  await client.query(`
    insert into issues (sentry_id, shown, last_seq, title, title_folded, status, status_since, level, project_id,
      project_slug, assignee_id, priority_rank, short_id, count, user_count, first_seen, last_seen, rest, details)
    select i, i, i, 'A title', case when i % 5000 = 0 then 'a rare title' else 'a title' end, 'unresolved', i, 'error',
      case when i % 2000 = 0 then 'rare' else '7' end, case when i % 2000 = 0 then 'rare' else 'web' end, '3', 1,
      'WEB-' || i, i, i, i, i, '{"project":null}', json_build_object('metadata', repeat('x', 700)) from generate_series(1, ${many}) i;
    insert into deliveries (id, position, received_at, sent_at, is_request_id_reused, outcome, sha256, bytes, issue_id)
    select i, i, i, i, false, 'APPLIED', '\\x00', 1, i from generate_series(1, ${many}) i;
    insert into contents (delivery, fields) select i, '{}' from generate_series(1, ${many}) i;
    insert into events (seq, issue_id, delivery, role, version, place, source, action, kind, to_status, occurred_at,
      is_late, is_undone, committed_at, after_status, after_since, after_shown, triaged_after_ms)
    select i, i, i, 'told', 0, '\\x00', 'REPORTED', 'CREATED', 'OPENED', 'unresolved', i, false, false, i,
      'unresolved', i, i, case when i % 100 = 0 then 1 end from generate_series(1, ${many}) i;
  `);
  // What other tests have open keeps rows from being known to be visible to all, without which no plan reads an index alone.
  for (let isVisible = false; !isVisible;) {
    await client.query("vacuum (analyze) issues, deliveries, contents, events");
    const { rows } = await client.query<{ readonly visible: boolean }>(
      `select bool_and(relallvisible = relpages) as visible from pg_class
       where relname in ('issues', 'deliveries', 'contents', 'events') and relnamespace = current_schema()::regnamespace`,
    );
    isVisible = rows[0]!.visible;
  }
  // Only now: they limit how long a statement may take.
  await setForSession(client, questionSettings);
  reader = readerOf(asked, { issueObjectOf: () => null, hasSearch: true });
}, 60_000);
afterAll(() => opened.disposeAsync());

/** The steps of each statement that the question leads to, the outermost first. */
async function plansOf(ask: (reader: Reader) => Promise<unknown>): Promise<readonly (readonly string[])[]> {
  statements.length = 0;
  await ask(reader);
  return plansOfAsked();
}

/** Of each statement that was asked since those before were forgotten. */
async function plansOfAsked(): Promise<readonly (readonly string[])[]> {
  const plans: (readonly string[])[] = [];
  for (const { text, values = [] } of statements) {
    const { rows } = await client.query<{ "QUERY PLAN": readonly [{ readonly Plan: Plan }] }>({
      text: `explain (format json) ${text}`,
      values,
    });
    plans.push(stepsOf(rows[0]!["QUERY PLAN"][0].Plan));
  }
  return plans;
}

function stepsOf(plan: Plan): readonly string[] {
  const on = plan["Index Name"] ?? plan["Relation Name"];
  const step = on === undefined ? plan["Node Type"] : `${plan["Node Type"]} ${on}`;
  return [step, ...(plan.Plans ?? []).flatMap(stepsOf)];
}

/** What the index of an order is named by, where not by its field: those of one status are in the order of their times. */
const indexed: { readonly [Field in IssueOrderField]?: string } = { STATUS_SINCE: "status(_since)?" };

const common: readonly (readonly [string, IssueFilter])[] = [
  ["nothing", {}],
  ["a status", { status: { eq: "UNRESOLVED" } }],
  ["a project", { project: { sentryId: { eq: "7" } } }],
  ["a project's slug", { project: { slug: { eq: "web" } } }],
  ["an assignee", { assignee: { sentryId: { eq: "3" } } }],
  ["a level", { level: { eq: "ERROR" } }],
  ["a status and a project", { status: { eq: "UNRESOLVED" }, project: { sentryId: { eq: "7" } } }],
  ["what many contain", { search: "title" }],
];

describe("a page of issues on PostgreSQL", () => {
  it.each(common)("under %s follows the index of its order, from either end", async (_, filter) => {
    for (const field of issueOrderFields)
      for (const direction of ["ASC", "DESC"] as const)
        for (const from of ["first", "last"] as const)
          for (const after of [null, { value: field === "PRIORITY" ? 1 : many / 2, sentryId: "5" }]) {
            const order = { field, direction };
            const plans = await plansOf((reader) =>
              reader.issuePage({ ...first, from, after, filter, order, now: 0 }),
            );
            const page = plans.at(-1)!;
            const index = `issues_by_${indexed[field] ?? field.toLowerCase()}`;
            expect([field, direction, from, after, page]).toEqual([
              field,
              direction,
              from,
              after,
              expect.arrayContaining([expect.stringMatching(new RegExp(`^Index (Only )?Scan ${index}$`))]),
            ]);
            expect(page.join()).not.toMatch(/Seq Scan|(?<!Incremental )Sort/);
          }
  });

  it.each<[string, IssueFilter, string]>([
    ["project", { project: { sentryId: { eq: "rare" } } }, "issues_by_project"],
    [
      "project with a status",
      { status: { eq: "UNRESOLVED" }, project: { slug: { eq: "rare" } } },
      "issues_by_project_slug",
    ],
    ["assignee", { assignee: { sentryId: { eq: "nobody" } } }, "issues_by_assignee"],
    ["assignee of none", { assignee: { null: true } }, "issues_by_assignee"],
    ["level", { level: { eq: "FATAL" } }, "issues_by_level"],
    ["status", { status: { in: ["IGNORED"] } }, "issues_by_status"],
    ["short id", { shortId: { eq: "WEB-9" } }, "issues_by_short_id"],
    ["text", { search: "rare" }, "issues_by_text"],
    ["id", { sentryId: { in: ["1", "2"] } }, "issues_sentry_id_unique"],
  ])("under a %s that few have looks for those", async (_, filter, index) => {
    const order = { field: "COUNT", direction: "DESC" } as const;
    const plans = await plansOf((reader) => reader.issuePage({ ...first, filter, order, now: 0 }));
    expect(plans.at(-1)!.join()).toContain(index);
    expect(plans.flat().join()).not.toContain("Seq Scan");
  });

  it("goes on behind a key among many of one value without reading all of those", async () => {
    const order = { field: "PRIORITY", direction: "ASC" } as const;
    const after = { value: 1, sentryId: "5" };
    const filter: IssueFilter = { search: "rare" };
    const plans = await plansOf((reader) => reader.issuePage({ ...first, after, filter, order, now: 0 }));
    const [, ofValue] = plans;
    expect(ofValue!.join()).toContain("issues_by_text");
    expect(ofValue!.join()).not.toContain("issues_by_priority");
  });
});

describe("on PostgreSQL", () => {
  const inPeriod = { filter: {}, now: 0, period: { from: 1, to: 200 } };

  it.each<[string, (reader: Reader) => Promise<unknown>, RegExp]>([
    ["timeToResolve", (reader) => reader.timeToResolve(inPeriod), /transitions_by_time/],
    ["timeInStatus", (reader) => reader.timeInStatus(inPeriod), /transitions_by_time/],
    ["reopenRate", (reader) => reader.reopenRate(inPeriod), /transitions_by_time/],
    ["inferredShare", (reader) => reader.inferredShare(inPeriod), /transitions_by_time/],
    ["timeToTriage", (reader) => reader.timeToTriage(inPeriod), /triages_by_time/],
    [
      "facets of a project",
      (reader) =>
        reader.issueFacets({
          ...inPeriod,
          filter: { project: { sentryId: { eq: "rare" } } },
          facets: ["level"],
        }),
      /issues_by_project/,
    ],
    [
      "facets",
      (reader) => reader.issueFacets({ ...inPeriod, facets: ["level"] }),
      /Index Only Scan issues_by/,
    ],
  ])("%s finds what it counts by an index", async (_, ask, expected) => {
    const plans = await plansOf(ask);
    expect(plans.flat().join()).toMatch(expected);
    expect(plans.flat().join()).not.toContain("Seq Scan");
  });

  it("closed issues that are due are found by their status, without a look at those that are open", async () => {
    statements.length = 0;
    expect(await erasing(sharedBy(drizzleOver(asked))).dropClosedIssues(many)).toBe(0);
    const plans = await plansOfAsked();
    expect(plans).toHaveLength(2);
    for (const plan of plans) expect(plan.join()).toMatch(/^Limit,Index Only Scan issues_by_status$/);
  });

  it("the flow of issues is counted from an index", async () => {
    const plans = await plansOf((reader) =>
      reader.issueFlow({ filter: {}, now: 0, buckets: [{ start: many - 100, end: many }] }),
    );
    expect(plans.flat().join()).toContain("transitions_by_time");
  });

  it.each<[string, (reader: Reader) => Promise<unknown>]>([
    ["the end of the log", (reader) => reader.entriesAfter(many - 20, 10)],
    ["an entry in the middle of the log", (reader) => reader.entriesAfter(many / 2, 10)],
    ["issues by their ids", (reader) => reader.issues(["5", "6"])],
    ["what issues show besides", (reader) => reader.issueDetails(["5", "6"])],
    [
      "the histories of issues",
      (reader) =>
        reader.eventPages(["5", "6"], { from: "first", after: null, before: null, limit: 20, actions: null }),
    ],
    [
      "a page of all deliveries",
      (reader) =>
        reader.deliveryPage({ from: "last", after: null, before: null, limit: 20, filter: {}, now: 0 }),
    ],
    [
      "a page of transitions by time",
      (reader) =>
        reader.transitionPage({
          from: "first",
          after: { occurredAt: many / 2, place: Buffer.from([1]), seq: 5 },
          before: null,
          limit: 20,
          filter: {},
          order: { field: "OCCURRED_AT", direction: "DESC" },
          now: 0,
        }),
    ],
    ["the contents of deliveries", (reader) => reader.bodies([5, 6])],
    ["the number of deliveries", (reader) => reader.deliveryCount({ filter: {}, now: 0 })],
    ["the event before another", (reader) => reader.before([5, 6])],
    ["the transition before an event", (reader) => reader.transitionedBefore([5, 6])],
  ])("%s is read without reading a whole table", async (_, ask) => {
    const plans = await plansOf(ask);
    const steps = plans.flat().filter((step) => !/Seq Scan (meta|projects|packs)$/.test(step));
    expect(steps.join()).toMatch(/Index/);
    expect(steps.join()).not.toContain("Seq Scan");
  });
});
