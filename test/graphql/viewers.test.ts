import { createSourceEventStream, execute, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { nodeId } from "../../src/domain/node-id.ts";
import { anonymousReader, unlimitedAdmin, type Viewer } from "../../src/domain/viewer.ts";
import { createContext, type Services } from "../../src/graphql/context.ts";
import { liveArgs, liveOperation } from "../../src/graphql/live/live-operation.ts";
import type { LiveSource } from "../../src/graphql/live/live-source.ts";
import { schema } from "../../src/graphql/schema.ts";
import { statusDetailsOf } from "../../src/sentry/status-details.ts";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { at, told, webhook, type Told } from "../store/deliveries.ts";
import { openTestStore } from "../store/open.ts";
import { createSelector, fieldsOf } from "./every-field.ts";

/** Every text about project B has this in it, and none about project A. */
const mark = "hidden";

const projectA = { id: "7", slug: "web", name: "Web" };
const projectB = { id: "8", slug: `z-${mark}`, name: `${mark} project` };
const viewerOfA: Viewer = { scope: "read", projects: new Set(["7"]) };

const shown = (text: string) => ({
  culprit: `${text} culprit`,
  category: `${text} category`,
  assignedTo: { type: "user", id: text, name: `${text} name`, email: `${text}@example.com` },
  metadata: { value: `${text} value` },
  annotations: [{ displayName: `${text} link`, url: `https://example.com/${text}` }],
  web_url: `https://example.com/${text}`,
  logger: `${text} logger`,
  type: `${text} type`,
  platform: text,
});

const inA = (one: Told = {}) => told({ project: projectA, more: shown("open"), ...one });
const inB = ({ issue = "9", ...one }: Told = {}) =>
  told({
    project: projectB,
    issue,
    title: `${mark} title`,
    more: { ...shown(mark), shortId: `${mark}-9` },
    ...one,
  });

/** Two lives in A: one with a correction, and one assignment. */
const livesOfA: readonly IncomingDelivery[] = [
  inA({ issue: "1", at: 0 }),
  inA({ issue: "1", at: 60, action: "assigned", status: "resolved" }),
  inA({ issue: "1", at: 61, action: "resolved", status: "resolved", lastSeen: 60 }),
  inA({ issue: "2", at: 70 }),
  inA({ issue: "2", at: 80, action: "unresolved", substatus: "escalating", count: 9 }),
];

/** A resolution whose details name two people, with their e-mail addresses. */
const inCommit = inA({
  issue: "3",
  at: 90,
  action: "resolved",
  status: "resolved",
  more: {
    ...shown("open"),
    statusDetails: {
      inCommit: { id: "c0ffee", author: { name: "Ann", email: "ann@example.com" } },
      actor: { id: "5", name: "Ben", email: "ben@example.com" },
    },
  },
});

/** The same in B, and what is about no issue. */
const livesOfB: readonly IncomingDelivery[] = [
  inB({ at: 1 }),
  inB({ at: 62, action: "assigned", status: "resolved" }),
  inB({ at: 63, action: "resolved", status: "resolved", lastSeen: 62 }),
  inB({ issue: "10", at: 71 }),
  inB({ issue: "10", at: 81, action: "ignored", status: "ignored", substatus: "archived_forever" }),
  webhook({ action: "created", data: { comment: `${mark} comment` } }, { at: 82 }),
];

/** A store with these deliveries, and ways to ask it everything as somebody. */
async function storeOf(deliveries: readonly IncomingDelivery[]) {
  const store = await openTestStore();
  for (const one of deliveries) await store.append(one);
  const services: Services = {
    store,
    recentBounds: store.reader.bounds,
    statusDetailsOf,
    feed: { silenceAfterMs: 1, refusedSinceStart: () => 3 },
    mostValues: 25_000,
    clock: () => at(1000),
  };
  const argsOf = (query: string, viewer: Viewer) => {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    return { schema, document, contextValue: createContext(services, { viewer, lastEventId: null }) };
  };
  const begin = async (query: string, viewer: Viewer) => {
    const args = argsOf(query, viewer);
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) throw new Error(JSON.stringify(source));
    // Every subscription field gives a live source.
    const live = source as AsyncIterable<never> as LiveSource;
    return liveOperation(live, args, viewer, async (document, told) =>
      execute(liveArgs(document, told, args.contextValue)),
    );
  };
  return {
    ask: async (query: string, viewer: Viewer) =>
      JSON.parse(JSON.stringify(await execute(argsOf(query, viewer)))) as Answer,
    stream: async (query: string, viewer: Viewer) => {
      const operation = await begin(query, viewer);
      if (operation.is === "figures") return [JSON.parse(JSON.stringify(await operation.read())) as Answer];
      const answers = [];
      for (const entry of await store.reader.entriesAfter(operation.after, 1000))
        answers.push(await operation.tell(entry)?.answer());
      return JSON.parse(
        JSON.stringify(answers.filter((answer) => answer !== undefined)),
      ) as readonly Answer[];
    },
    /** The issues of the entries after which statistics are read again. */
    concerned: async (query: string, viewer: Viewer) => {
      const operation = await begin(query, viewer);
      if (operation.is !== "figures") throw new Error("This is no subscription of figures.");
      const entries = await store.reader.entriesAfter(0, 1000);
      return entries.filter(operation.concerns).map(({ event }) => event.issueId);
    },
    file: store.file,
    /** Where a subscription that tells everything begins. */
    oldest: cursorOf({ epoch: (await store.reader.bounds()).epoch, seq: 0 }),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
type Answer = {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code?: string } }[];
};

const select = createSelector(schema);
const page = (type: string) => select.of(`${type}Connection`, 3);
const period = '{ from: "2026-01-01T00:00:00Z", to: "2027-01-01T00:00:00Z" }';

/** Each field of `Query`, asked for everything that it leads to. Keys are what each is about. */
const questions: Readonly<Record<string, string>> = {
  issues: `issues(first: 20) ${page("Issue")}`,
  "issues by filter": `issues(filter: { or: [{ not: { title: { eq: "x" } } }, { project: { sentryId: { eq: "8" } } }] }) ${page("Issue")}`,
  transitions: `transitions(first: 20) ${page("StatusTransition")}`,
  "transitions by filter": `transitions(filter: { not: { kind: [SETTLED] } }) ${page("StatusTransition")}`,
  projects: `projects ${page("Project")}`,
  "the last projects": `projects(last: 1) ${page("Project")}`,
  "the issue of B": `issue(sentryId: "9") ${select.of("Issue", 3)}`,
  "the issue of B by its id": `issue(id: "${nodeId("Issue", "9")}") ${select.of("Issue", 3)}`,
  "the issue of B by its short id": `issue(shortId: "${mark}-9") ${select.of("Issue", 3)}`,
  "project B": `project(slug: "${projectB.slug}") ${select.of("Project", 3)}`,
  issueStats: `issueStats(period: ${period}) ${select.of("IssueStats", 2)}`,
  "issueStats by filter": `issueStats(filter: { not: { search: "x" } }, period: ${period}) ${select.of("IssueStats", 2)}`,
  feed: `feed ${select.of("Feed", 2)}`,
  node: `node(id: "${nodeId("Project", "8")}") ${select.of("Node", 2)}`,
  nodes: `nodes(ids: ${JSON.stringify([
    nodeId("Issue", "9"),
    nodeId("Project", "8"),
    nodeId("User", mark),
    ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].flatMap((delivery) => [
      nodeId("Delivery", String(delivery)),
      ...["before", "report", "told"].flatMap((role) => [
        nodeId("IssueEvent", `${delivery}.${role}`),
        nodeId("StatusTransition", `${delivery}.${role}`),
      ]),
    ]),
  ])}) ${select.of("Node", 2)}`,
};

const deliveriesQuestion = `deliveries ${page("Delivery")}`;

const changed = select.of("IssueChange", 3);
const transitioned = select.of("StatusTransitioned", 3);
const streams: Readonly<Record<string, (after: string) => string>> = {
  issueChanged: (after) => `issueChanged(after: "${after}") ${changed}`,
  statusTransitioned: (after) => `statusTransitioned(after: "${after}") ${transitioned}`,
};
/** Reads what `issueStats` reads. */
const readLikeQueries = ["issueStatsChanged"];

/** What depends on the other deliveries of a gateway without telling of them: names of rows, and places in the log. */
const positional = /(?:cursor|oldestCursor|epoch|startCursor|endCursor|_id|leftId)$/i;

function withoutPositions(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, one: unknown) => (positional.test(key) && one !== null ? "…" : one)),
  );
}

describe("a viewer of one project", () => {
  it("is answered as if there were no other one, in every field, count, statistic and edge", async () => {
    await using both = await storeOf([...livesOfA, ...livesOfB].toSorted((a, b) => a.sentAt - b.sentAt));
    await using onlyA = await storeOf(livesOfA);
    for (const [what, question] of Object.entries(questions)) {
      const answer = await both.ask(`{ ${question} }`, viewerOfA);
      expect([what, JSON.stringify(answer).includes(mark), answer.errors]).toEqual([what, false, undefined]);
      // By their ids the rows of the two stores cannot be compared.
      if (what === "nodes") continue;
      expect([what, withoutPositions(answer)]).toEqual([
        what,
        withoutPositions(await onlyA.ask(`{ ${question} }`, viewerOfA)),
      ]);
    }
    for (const [what, streamed] of Object.entries(streams)) {
      const told = await both.stream(`subscription { ${streamed(both.oldest)} }`, viewerOfA);
      expect([what, JSON.stringify(told).includes(mark)]).toEqual([what, false]);
      expect(withoutPositions(told)).toEqual(
        withoutPositions(await onlyA.stream(`subscription { ${streamed(onlyA.oldest)} }`, viewerOfA)),
      );
    }
  });

  it("finds by a slug or short id that another project's had last what it would find without that one", async () => {
    const both: Viewer = { scope: "read", projects: new Set(["7", "9"]) };
    const shared = (id: string, name: string) => ({ id, slug: "web", name });
    const more = { shortId: "WEB-0" };
    const theirs = [
      told({ issue: "2", at: 0, lastSeen: -1, project: shared("7", "old"), more }),
      told({ issue: "1", at: 10, lastSeen: -5, project: shared("9", "new"), more }),
    ];
    const last = told({ issue: "3", at: 20, project: shared("8", mark), more });
    await using without = await storeOf(theirs);
    await using store = await storeOf([...theirs, last]);
    const query = '{ project(slug: "web") { name } issue(shortId: "WEB-0") { sentryId } }';
    expect(await without.ask(query, both)).toEqual({
      data: { project: { name: "new" }, issue: { sentryId: "1" } },
    });
    expect(await store.ask(query, both)).toEqual(await without.ask(query, both));
  });

  it("would have found the other one without the limit: the same questions show it", async () => {
    await using both = await storeOf([...livesOfA, ...livesOfB]);
    for (const [what, question] of Object.entries({ ...questions, deliveries: deliveriesQuestion })) {
      const answer = await both.ask(`{ ${question} }`, unlimitedAdmin);
      expect([what, answer.errors]).toEqual([what, undefined]);
      if (what !== "feed") expect([what, JSON.stringify(answer).includes(mark)]).toEqual([what, true]);
    }
    for (const [what, streamed] of Object.entries(streams)) {
      const told = await both.stream(`subscription { ${streamed(both.oldest)} }`, unlimitedAdmin);
      expect([what, JSON.stringify(told).includes(mark)]).toEqual([what, true]);
    }
  });

  it("was asked about every field there is", () => {
    const roots = ["Query", "Subscription"];
    const reached = fieldsOf(schema).filter((field) => !roots.includes(field.split(".")[0]!));
    expect(reached.filter((field) => !select.visited.has(field))).toEqual([]);
    const named = [
      ...Object.values(questions),
      deliveriesQuestion,
      ...Object.keys(streams),
      ...readLikeQueries,
    ];
    const asked = new Set(named.map((question) => /^\w+/.exec(question)![0]));
    const rootFields = fieldsOf(schema).filter((field) => roots.includes(field.split(".")[0]!));
    expect(rootFields.filter((field) => !asked.has(field.split(".")[1]!))).toEqual([]);
  });

  it("sees no deliveries, even as an admin: they tell of all projects", async () => {
    await using store = await storeOf(livesOfA);
    for (const viewer of [viewerOfA, { ...viewerOfA, scope: "admin" } as const]) {
      const { data, errors } = await store.ask("{ deliveries { totalCount } }", viewer);
      expect([data, errors?.[0]?.extensions.code]).toEqual([null, "FORBIDDEN"]);
      expect(
        await store.ask('{ issue(sentryId: "1") { events { nodes { delivery { body } } } } }', viewer),
      ).toMatchObject({ data: { issue: { events: { nodes: [{ delivery: null }, {}, {}] } } } });
    }
  });

  it("is told that an issue left for another project, and not where to", async () => {
    await using store = await storeOf([
      inA({ issue: "1", at: 0 }),
      inB({ issue: "1", at: 60, action: "resolved", status: "resolved" }),
    ]);
    const query = `subscription { ${streams["issueChanged"]!(store.oldest)} }`;
    const told = await store.stream(query, viewerOfA);
    expect(told.map(({ data }) => data?.["issueChanged"])).toMatchObject([
      { IssueChange_kind: "ENTERED" },
      {
        IssueChange_kind: "LEFT",
        IssueChange_leftId: nodeId("Issue", "1"),
        IssueChange_issue: { Issue_title: "TypeError: x is undefined", Issue_status: "UNRESOLVED" },
        IssueChange_event: { IssueEvent_action: "OTHER", IssueEvent_actor: null, IssueEvent_assignee: null },
      },
    ]);
    expect(JSON.stringify(told)).not.toContain(mark);
    expect(told.flatMap(({ errors = [] }) => errors)).toEqual([]);
    expect(await store.ask('{ issue(sentryId: "1") { title } issues { totalCount } }', viewerOfA)).toEqual({
      data: { issue: null, issues: { totalCount: 0 } },
    });
  });

  it("is not told that the status of an issue that left was found to have changed", async () => {
    const leftWith = async (status: string) => {
      await using store = await storeOf([
        inA({ issue: "1", at: 0 }),
        inB({ issue: "1", at: 60, action: "assigned", status }),
      ]);
      const told = await store.stream(
        `subscription { ${streams["issueChanged"]!(store.oldest)} }`,
        viewerOfA,
      );
      const left = told.at(-1)?.data?.["issueChanged"] as { readonly IssueChange_event: object };
      return [left.IssueChange_event["IssueEvent_id" as never], withoutPositions(left)];
    };
    expect(await leftWith("resolved")).toEqual(await leftWith("unresolved"));
  });

  it("is told that an issue of theirs was forgotten, and nothing of another one", async () => {
    await using store = await storeOf([inA({ issue: "1", at: 0 }), inB({ issue: "9", at: 1 })]);
    {
      await using maintenance = await openSqliteMaintenance(store.file);
      await maintenance.forgetIssue("1", at(10));
      await maintenance.forgetIssue("9", at(10));
    }
    const told = async (viewer: Viewer) =>
      (await store.stream(`subscription { ${streams["issueChanged"]!(store.oldest)} }`, viewer)).map(
        (answer) => {
          expect(answer.errors).toBeUndefined();
          return answer.data?.["issueChanged"];
        },
      );
    const left = (id: string) => ({ IssueChange_kind: "LEFT", IssueChange_leftId: nodeId("Issue", id) });
    expect(await told(viewerOfA)).toMatchObject([left("1")]);
    expect(await told(unlimitedAdmin)).toMatchObject([left("1"), left("9")]);
    const statistics = "subscription { issueStatsChanged { total } }";
    expect(await store.concerned(statistics, viewerOfA)).toEqual(["1"]);
    expect(await store.concerned(statistics, unlimitedAdmin)).toEqual(["1", "9"]);
  });

  it("finds an issue that came from another project, without what that was", async () => {
    await using store = await storeOf([
      inB({ issue: "1", at: 0 }),
      inA({ issue: "1", at: 60, action: "resolved", status: "resolved" }),
    ]);
    const answer = await store.ask(
      '{ issue(sentryId: "1") { title events { nodes { action snapshot } } transitions { nodes { kind statusDetails { raw } } } } }',
      viewerOfA,
    );
    expect(answer).toMatchObject({
      data: {
        issue: {
          events: { nodes: [{ snapshot: {} }, { snapshot: { title: "TypeError: x is undefined" } }] },
        },
      },
    });
    expect(JSON.stringify(answer)).not.toContain(projectB.slug);
  });
});

describe("an anonymous reader", () => {
  it("reads issues and their history", async () => {
    await using store = await storeOf(livesOfA);
    expect(await store.ask("{ issues { totalCount } transitions { totalCount } }", anonymousReader)).toEqual({
      data: { issues: { totalCount: 2 }, transitions: { totalCount: 5 } },
    });
  });

  it.each([
    ["raw", "{ issues { nodes { raw } } }"],
    ["metadata", "{ issues { nodes { metadata } } }"],
    ["how a status came about, as received", "{ issues { nodes { statusDetails { raw } } } }"],
    ["it of a transition", "{ transitions { nodes { statusDetails { raw } } } }"],
    ["a commit as it came", "{ issues { nodes { statusDetails { inCommit { raw } } } } }"],
    ["snapshots", '{ issue(sentryId: "1") { events { nodes { snapshot } } } }'],
    ["deliveries", "{ deliveries { totalCount } }"],
    ["a filter by e-mail", '{ issues(filter: { assignee: { email: { startsWith: "o" } } }) { totalCount } }'],
    [
      "a filter by e-mail, deep down",
      "{ issues(filter: { and: [{ or: [{ not: { assignee: { email: { null: true } } } }] }] }) { totalCount } }",
    ],
    [
      "transitions by e-mail",
      '{ transitions(filter: { not: { issue: { assignee: { email: { eq: "x" } } } } }) { totalCount } }',
    ],
    ["statistics by e-mail", '{ issueStats(filter: { assignee: { email: { eq: "x" } } }) { total } }'],
    [
      "a project's issues by e-mail",
      '{ projects { nodes { issues(filter: { assignee: { email: { eq: "x" } } }) { totalCount } } } }',
    ],
    [
      "an issue's transitions by e-mail",
      '{ issues { nodes { transitions(filter: { issue: { assignee: { email: { eq: "x" } } } }) { totalCount } } } }',
    ],
  ])("is forbidden %s", async (_, query) => {
    await using store = await storeOf([...livesOfA, inCommit]);
    const { errors } = await store.ask(query, anonymousReader);
    expect(errors?.map(({ extensions }) => extensions.code)).toContain("FORBIDDEN");
    expect((await store.ask(query, unlimitedAdmin)).errors).toBeUndefined();
  });

  it.each([
    'issueChanged(filter: { assignee: { email: { eq: "x" } } }) { cursor }',
    'statusTransitioned(filter: { issue: { assignee: { email: { eq: "x" } } } }) { cursor }',
  ])("is forbidden the stream %s", async (field) => {
    await using store = await storeOf(livesOfA);
    await expect(store.stream(`subscription { ${field} }`, anonymousReader)).rejects.toThrow("FORBIDDEN");
  });

  it("sees no e-mail address and no delivery wherever people and events are shown", async () => {
    await using store = await storeOf(livesOfA);
    const query = `{
      issues { nodes { assignee { ... on User { name email } } events { nodes { delivery { id } assignee { ... on User { email } } } } } }
      issueStats(period: ${period}) { byAssignee { assignee { ... on User { email } } } }
      node(id: "${nodeId("User", "open")}") { ... on User { email } }
      delivery: node(id: "${nodeId("Delivery", "1")}") { id }
    }`;
    const shows = async (viewer: Viewer) => JSON.stringify(await store.ask(query, viewer));
    expect(await shows(anonymousReader)).not.toContain("@example.com");
    expect(await shows(anonymousReader)).toContain('"delivery":null');
    expect(await shows({ scope: "read", projects: "all" })).toContain("open@example.com");
    expect(await shows(unlimitedAdmin)).not.toContain('"delivery":null');
  });
});
