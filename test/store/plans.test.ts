import { describe, expect, it } from "vitest";
import type { IssueFilter } from "../../src/domain/filter.ts";
import {
  issueOrderFields,
  type DeliveryFilter,
  type IssueKey,
  type PageRequest,
  type Reader,
} from "../../src/store/reader.ts";
import { erasing, type Erasing } from "../../src/store/erase/erasing.ts";
import { withPrepared } from "../../src/store/sqlite/connection.ts";
import { readerOf } from "../../src/store/sqlite/reader.ts";
import { indexOldest } from "../../src/store/sqlite/search.ts";
import * as tables from "../../src/store/tables/sqlite.ts";
import { openInMemory } from "./in-memory.ts";

/**
 * How SQLite goes about the questions that are asked most, whatever is stored. Enough issues are, that none of the
 * values below leaves few of them, but for those named rare.
 */

const many = 6_000;
const first: PageRequest<IssueKey> = { limit: 50, from: "first", after: null, before: null };

/** A database with issues that are alike but for their ids, and a reader whose statements are written down. */
function opened() {
  const statements: { readonly sql: string; readonly params: unknown[] }[] = [];
  const database = openInMemory((sql, params) => statements.push({ sql, params }));
  const { client, db } = database;
  const prepared = withPrepared(client);
  client.exec(`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${many})
    insert into issues (sentry_id, shown, last_seq, title, title_folded, status, status_since, level, project_id,
      project_slug, assignee_type, assignee_id, assignee_name, priority_rank, short_id, count, user_count, first_seen, last_seen, rest, details)
    select i, 1, 1, 'A title', case when i % 2000 = 0 then 'a rare title' else 'a title' end, 'unresolved', i, 'error',
      case when i % 1000 = 0 then 'rare' else '7' end, case when i % 1000 = 0 then 'rare' else 'web' end, 'USER', '3', 'Ada', 1,
      'WEB-' || i, i, i, i, i, '{"project":null}', '{}' from n;
  `);
  indexOldest(client, -1);
  const reader = readerOf({ client, db }, { issueObjectOf: () => null });
  return {
    ...database,
    /** The steps of each statement that the question leads to; of a nested one, its own are indented. */
    async plansOf(ask: (reader: Reader, steps: Erasing) => Promise<unknown>): Promise<readonly string[]> {
      statements.length = 0;
      await ask(reader, erasing({ db, tables }));
      return statements.map(({ sql, params }) => {
        type Step = { readonly detail: string };
        const steps = prepared.prepare<unknown[], Step>(`explain query plan ${sql}`).all(...params);
        return steps.map(({ detail }) => detail).join("\n");
      });
    },
  };
}

const filters: readonly (readonly [string, IssueFilter])[] = [
  ["nothing", {}],
  ["a status", { status: { eq: "UNRESOLVED" } }],
  ["a project", { project: { sentryId: { eq: "7" } } }],
  ["a project's slug", { project: { slug: { eq: "web" } } }],
  ["an assignee", { assignee: { sentryId: { eq: "3" } } }],
  ["a level", { level: { eq: "ERROR" } }],
  ["a status and a project", { status: { eq: "UNRESOLVED" }, project: { sentryId: { eq: "7" } } }],
  ["a status and an assignee", { status: { eq: "UNRESOLVED" }, assignee: { sentryId: { eq: "3" } } }],
  ["a status and a level", { status: { eq: "UNRESOLVED" }, level: { eq: "ERROR" } }],
  ["what many contain", { search: "title" }],
  ["two characters", { search: "ti" }],
];

describe("dropping what is too old", () => {
  it("finds the next issues along the index of their status, without a look at those that are open", async () => {
    using database = opened();
    const plans = await database.plansOf((_, steps) => steps.dropClosedIssues(many));
    expect(plans).toHaveLength(2);
    for (const plan of plans)
      expect(plan).toBe("SEARCH issues USING COVERING INDEX issues_by_status (status=? AND status_since<?)");
  });

  it("finds what is about an issue by an index, without a look at the log of others", async () => {
    using database = opened();
    database.client.exec("update issues set status = 'resolved' where id <= 10");
    for (const drop of [
      (steps: Erasing) => steps.dropClosedIssues(1_000),
      (steps: Erasing) => steps.forgetIssue("5000", 0),
    ]) {
      const plans = await database.plansOf((_, steps) => drop(steps));
      expect(plans.length).toBeGreaterThan(5);
      // `SEARCH events` that names no index goes along the whole log, for its newest entry.
      expect(plans.join("\n")).not.toMatch(/^(?:SCAN|SEARCH) (?:events|deliveries|contents)(?! USING)/m);
    }
  });

  it("finds the packs of the next bodies by their key, without a look at those before", async () => {
    using database = opened();
    database.client.exec(`
      insert into deliveries (position, received_at, sent_at, is_request_id_reused, outcome, sha256, bytes)
        values (1, 1, 1, 0, 'IGNORED', x'00', 1)`);
    const plans = await database.plansOf((_, steps) => steps.dropBodies(2, Infinity));
    const ofPacks = plans.filter((plan) => plan.includes("packs"));
    expect(ofPacks).toHaveLength(2);
    for (const plan of ofPacks) expect(plan).toMatch(/^SEARCH packs USING INTEGER PRIMARY KEY [^\n]*$/);
  });
});

describe("a page of issues", () => {
  it.each(filters)("under %s follows the index of its order, from either end", async (_, filter) => {
    using database = opened();
    for (const field of issueOrderFields)
      for (const direction of ["ASC", "DESC"] as const)
        for (const from of ["first", "last"] as const)
          for (const after of [null, { value: 9, sentryId: "9" }]) {
            const order = { field, direction };
            const plans = await database.plansOf((reader) =>
              reader.issuePage({ ...first, from, after, filter, order, now: 0 }),
            );
            const index = `issues_by_${field === "PRIORITY" ? "priority" : field.toLowerCase()}`;
            for (const plan of plans.filter((one) => !one.includes("CONSTANT ROW")))
              expect(plan).toMatch(new RegExp(`^(SEARCH|SCAN) issues USING INDEX ${index}\\b[^\\n]*$`));
          }
  });

  it.each<[string, IssueFilter, string]>([
    ["project", { project: { sentryId: { eq: "rare" } } }, "issues_by_project (project_id=?)"],
    [
      "project with a status",
      { status: { eq: "UNRESOLVED" }, project: { slug: { eq: "rare" } } },
      "issues_by_project_slug (project_slug=? AND status=?)",
    ],
    ["assignee", { assignee: { sentryId: { eq: "nobody" } } }, "issues_by_assignee (assignee_id=?)"],
    ["assignee of none", { assignee: { null: true } }, "issues_by_assignee (assignee_id=?)"],
    ["level", { level: { eq: "FATAL" } }, "issues_by_level (level=?)"],
    ["status", { status: { in: ["IGNORED"] } }, "issues_by_status (status=?)"],
    ["short id", { shortId: { eq: "WEB-9" } }, "issues_by_short_id (short_id=?)"],
    ["text", { search: "rare" }, "INTEGER PRIMARY KEY (rowid=?)"],
    ["id", { sentryId: { in: ["1", "2"] } }, "issues_sentry_id_unique (sentry_id=?)"],
  ])("under a %s that few have looks for those, and sorts them", async (_, filter, index) => {
    using database = opened();
    const plans = await database.plansOf((reader) =>
      reader.issuePage({ ...first, filter, order: { field: "COUNT", direction: "DESC" }, now: 0 }),
    );
    const [, valued] = plans;
    expect([valued]).toEqual([expect.stringContaining(index)]);
    expect(valued).toContain("USE TEMP B-TREE FOR ORDER BY");
    expect(plans.join("\n")).not.toMatch(/SCAN issues(?!_search)/);
  });

  it("under a status that few have follows the index of its order where those are more than an eighth of all", async () => {
    using database = opened();
    const plansOf = () =>
      database.plansOf((reader) =>
        reader.issuePage({
          ...first,
          filter: { status: { eq: "RESOLVED" } },
          order: { field: "COUNT", direction: "DESC" },
          now: 0,
        }),
      );
    database.client.exec(`
      update issues set status = 'resolved' where id <= 700;
      delete from issues where id > 700 * 8;
    `);
    expect((await plansOf())[1]).toContain("issues_by_status (status=?)");
    database.client.exec("delete from issues where id = 700 * 8");
    expect((await plansOf())[1]).toMatch(/^SCAN issues USING INDEX issues_by_count\b[^\n]*$/);
  });

  it("asks of no more issues than are few, to know whether they are", async () => {
    using database = opened();
    const filter: IssueFilter = { search: "title", status: { eq: "UNRESOLVED" }, level: { eq: "ERROR" } };
    const [probe] = await database.plansOf((reader) =>
      reader.issuePage({ ...first, filter, order: { field: "COUNT", direction: "DESC" }, now: 0 }),
    );
    expect(probe).toMatch(/SCAN issues_search VIRTUAL TABLE/);
    expect(probe).toMatch(/SEARCH issues USING COVERING INDEX issues_by_level \(level=\? AND status=\?\)/);
    expect(probe).not.toMatch(/SCAN issues\b(?!_)|MATERIALIZE|LIST SUBQUERY|TEMP B-TREE/);
  });

  it("of each of many projects is one statement, beside the one that finds how to", async () => {
    using database = opened();
    const projects = Array.from({ length: 100 }, (_, index) => String(index));
    const plans = await database.plansOf((reader) =>
      reader.issuePagesOf(projects, {
        ...first,
        filter: { status: { eq: "UNRESOLVED" } },
        order: { field: "LAST_SEEN", direction: "DESC" },
        now: 0,
      }),
    );
    expect(plans).toHaveLength(2);
  });
});

describe("a page of transitions", () => {
  it("by time follows the index of that, and sorts no more than those of one time", async () => {
    using database = opened();
    for (const direction of ["ASC", "DESC"] as const)
      for (const after of [null, { occurredAt: 9, place: Buffer.from([1]), seq: 9 }]) {
        const order = { field: "OCCURRED_AT", direction } as const;
        const page = { ...first, after, before: null, filter: {}, order, now: 0 };
        const [plan] = await database.plansOf((reader) => reader.transitionPage(page));
        expect(plan).toMatch(/^(SEARCH|SCAN) events USING INDEX transitions_by_time\b/);
        expect(plan).toMatch(/\nUSE TEMP B-TREE FOR LAST 2 TERMS OF ORDER BY$/);
      }
  });
});

describe("what comes before an event", () => {
  it.each([
    ["the event", (reader: Reader) => reader.before([5])],
    ["the newest transition", (reader: Reader) => reader.transitionedBefore([5])],
  ])("is found along the history of its issue: %s", async (_, ask) => {
    using database = opened();
    const [plan, ...more] = await database.plansOf(ask);
    expect(more).toEqual([]);
    expect(plan).toContain("SEARCH earlier USING INDEX events_in_history (issue_id=? AND place<?)");
    expect(plan).toMatch(/^SEARCH events USING INTEGER PRIMARY KEY \(rowid=\?\)$/m);
    expect(plan).not.toMatch(/SCAN|TEMP B-TREE/);
  });
});

describe("deliveries", () => {
  const page = { limit: 50, from: "first", after: null, before: null } as const;
  const ofForgotten = "SEARCH deliveries USING INDEX deliveries_by_sha256 (sha256=?)";

  it.each<[string, DeliveryFilter, string, string]>([
    ["all", {}, "SCAN deliveries", "SCAN deliveries USING COVERING INDEX deliveries_by_received_at"],
    [
      "those about an issue",
      { issueSentryId: "1" },
      "SEARCH deliveries USING INDEX deliveries_by_issue (issue_id=?)",
      "SEARCH deliveries USING COVERING INDEX deliveries_by_issue (issue_id=?)",
    ],
    [
      "those received since",
      { receivedAt: { gte: { at: 5 } } },
      "SCAN deliveries",
      "SEARCH deliveries USING COVERING INDEX deliveries_by_received_at (received_at>?)",
    ],
  ])(
    "are listed and counted along an index, but for what is none: %s",
    async (_, filter, listed, counted) => {
      using database = opened();
      const [list] = await database.plansOf((reader) => reader.deliveryPage({ ...page, filter, now: 0 }));
      expect(list!.split("\n")[0]).toBe(listed);
      const [count] = await database.plansOf((reader) => reader.deliveryCount({ filter, now: 0 }));
      expect(count!.split("\n").filter((step) => step.includes("deliveries"))).toEqual([
        counted,
        ofForgotten,
      ]);
    },
  );

  it("are counted by outcome along an index, but for what is none", async () => {
    using database = opened();
    const plans = await database.plansOf((reader) => reader.outcomeCounts({ since: 5 }));
    expect(plans.map((plan) => plan.split("\n")[0])).toEqual([
      "SEARCH deliveries USING COVERING INDEX deliveries_by_received_at (received_at>?)",
      ofForgotten,
    ]);
  });

  it("tell when the last one came without being counted or sorted", async () => {
    using database = opened();
    expect(await database.plansOf((reader) => reader.lastDeliveryAt())).toEqual(["SCAN deliveries"]);
  });

  it("that are set aside are found among what is none, in their order", async () => {
    using database = opened();
    const [plan] = await database.plansOf((_, steps) => steps.eraseSetAside());
    expect(plan).toBe(ofForgotten);
  });
});

describe("a statistic", () => {
  const inPeriod = { filter: {}, now: 0, period: { from: 0, to: 10 } };
  /** Without reading a row, sorting or grouping. */
  const transitions =
    /^SEARCH events USING COVERING INDEX transitions_by_time \(occurred_at>\? AND occurred_at<\?\)$/;
  const buckets = [{ start: 0, end: 10 }];
  const flow = new RegExp(
    [
      "^COMPOUND QUERY",
      "LEFT-MOST SUBQUERY",
      "SCAN json_each VIRTUAL TABLE INDEX 1:",
      "CORRELATED SCALAR SUBQUERY 1",
      "SEARCH events USING COVERING INDEX transitions_by_time \\(occurred_at>\\? AND occurred_at<\\?\\)",
      "UNION ALL",
      "SEARCH issues USING COVERING INDEX issues_by_\\w+ \\([^\n]*\\)$",
    ].join("\n"),
  );
  const ofProject = { filter: { project: { sentryId: { eq: "7" } } }, now: 0, period: inPeriod.period };

  it.each<[string, (reader: Reader) => Promise<unknown>, RegExp]>([
    ["timeToResolve", (reader) => reader.timeToResolve(inPeriod), transitions],
    ["timeInStatus", (reader) => reader.timeInStatus(inPeriod), transitions],
    ["reopenRate", (reader) => reader.reopenRate(inPeriod), transitions],
    ["inferredShare", (reader) => reader.inferredShare(inPeriod), transitions],
    ["timeToResolve of a project", (reader) => reader.timeToResolve(ofProject), transitions],
    ["timeInStatus of a project", (reader) => reader.timeInStatus(ofProject), transitions],
    ["reopenRate of a project", (reader) => reader.reopenRate(ofProject), transitions],
    ["inferredShare of a project", (reader) => reader.inferredShare(ofProject), transitions],
    [
      "timeToTriage",
      (reader) => reader.timeToTriage(inPeriod),
      /^SEARCH events USING COVERING INDEX triages_by_time \(occurred_at>\? AND occurred_at<\?\)$/,
    ],
    [
      "timeToTriage of a project",
      (reader) => reader.timeToTriage(ofProject),
      /^SEARCH events USING COVERING INDEX triages_by_time \(occurred_at>\? AND occurred_at<\?\)$/,
    ],
    ["flow", (reader) => reader.issueFlow({ ...inPeriod, buckets }), flow],
    ["flow of a project", (reader) => reader.issueFlow({ ...ofProject, buckets }), flow],
    [
      "facets",
      (reader) => reader.issueFacets({ ...inPeriod, facets: ["level"] }),
      /^SCAN issues USING COVERING INDEX issues_by_project$/,
    ],
    [
      "facets of a project",
      (reader) =>
        reader.issueFacets({
          ...inPeriod,
          filter: { project: { sentryId: { eq: "7" } } },
          facets: ["level"],
        }),
      /^SEARCH issues USING COVERING INDEX issues_by_project \(project_id=\?\)$/,
    ],
    [
      "projects",
      (reader) => reader.issueProjects(inPeriod),
      /^SEARCH issues USING COVERING INDEX issues_by_project\b[^\n]*$/,
    ],
    [
      "assignees",
      (reader) => reader.issueAssignees(inPeriod),
      /^SCAN issues USING COVERING INDEX issues_by_assignee$/,
    ],
    [
      "some of them",
      (reader) => reader.assignees("USER", ["17", "18"]),
      /^SEARCH issues USING INDEX issues_by_assignee \(assignee_id=\?\)/,
    ],
  ])("such as %s finds what it counts by an index", async (_, ask, expected) => {
    using database = opened();
    const [plan, ...more] = await database.plansOf(ask);
    expect([plan]).toEqual([expect.stringMatching(expected)]);
    expect(more).toEqual([]);
  });

  it("by assignee of a project finds in indexes alone what its issues show of them", async () => {
    using database = opened();
    const plans = await database.plansOf((reader) => reader.issueAssignees(ofProject));
    expect(plans).toEqual([
      "SCAN issues USING COVERING INDEX issues_by_assignee",
      "SEARCH issues USING COVERING INDEX issues_by_project (project_id=?)\nUSE TEMP B-TREE FOR GROUP BY",
    ]);
  });

  it("under a filter makes a list of its issues once, and passes the events of the period over it", async () => {
    using database = opened();
    const filter: IssueFilter = { level: { eq: "ERROR" } };
    const [plan] = await database.plansOf((reader) => reader.timeInStatus({ ...inPeriod, filter }));
    expect(plan).toMatch(/^SEARCH events USING COVERING INDEX transitions_by_time \(occurred_at>\?/);
    expect(plan).toContain("LIST SUBQUERY");
  });
});
