import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { unknownDetails } from "../../src/domain/issue.ts";
import { nodeId } from "../../src/domain/node-id.ts";
import type { Viewer } from "../../src/domain/viewer.ts";
import type { LiveOperation } from "../../src/graphql/live/live-operation.ts";
import { serialised } from "../../src/graphql/serialised.ts";
import { at, checkout, entry, event, issue, minutes, resolved, transition, unresolved } from "./builders.ts";
import { gateway, scriptedLog } from "./gateway.ts";

const open = issue("4501", { title: "As it was", lastSeen: minutes(1), project: checkout });
const closed = issue(
  "4501",
  { title: "As it was", lastSeen: minutes(2), project: checkout },
  { state: resolved },
);
const opening = entry(1, {
  after: open,
  event: { action: "CREATED", transition: transition(null, unresolved, "OPENED") },
});
const resolving = entry(2, {
  before: open,
  after: closed,
  event: { action: "RESOLVED", transition: transition(unresolved, resolved, "RESOLVED") },
});

describe("issueChanged", () => {
  const query = `subscription ($filter: IssueFilter, $after: Cursor) {
    issueChanged(filter: $filter, after: $after) {
      cursor kind leftId issue { id status title lastSeen } edge { cursor node { id } } event { id issue { status title } }
    }
  }`;
  const openIssues = { filter: { status: { eq: "UNRESOLVED" } } };

  it("tells each entry that concerns the list, as of that entry", async () => {
    const log = scriptedLog();
    const { subscribe } = gateway({ issues: [issue("4501", { title: "As it is now" })] }, { log });
    const events = await subscribe(query, openIssues);
    log.write(opening);
    log.write(entry(3, { before: closed, after: closed }));
    log.write(resolving);

    const id = nodeId("Issue", "4501");
    expect((await events.next()).value).toEqual({
      event: "next",
      data: {
        data: {
          issueChanged: {
            cursor: cursorOf(at(1)),
            kind: "ENTERED",
            leftId: null,
            issue: {
              id,
              status: "UNRESOLVED",
              title: "As it was",
              lastSeen: new Date(minutes(1)).toISOString(),
            },
            edge: { cursor: expect.any(String), node: { id } },
            event: {
              id: nodeId("IssueEvent", "d1.report"),
              issue: { status: "UNRESOLVED", title: "As it was" },
            },
          },
        },
      },
    });
    expect((await events.next()).value).toMatchObject({
      data: {
        data: {
          issueChanged: {
            cursor: cursorOf(at(2)),
            kind: "LEFT",
            leftId: id,
            edge: null,
            issue: { status: "RESOLVED" },
          },
        },
      },
    });
    await events.return();
  });

  it("tells an entry as it was first told, though another one has replaced its event since", async () => {
    const log = scriptedLog();
    const replaced = { ...opening, event: { ...opening.event, supersededBy: 2 } };
    const { subscribe } = gateway({ events: [replaced.event, resolving.event] }, { log });
    const events = await subscribe(
      `subscription { issueChanged { event { supersededBy { id } transition { event { supersededBy { id } } } } } }`,
    );
    log.write(replaced);
    const event = { supersededBy: null, transition: { event: { supersededBy: null } } };
    expect((await events.next()).value).toMatchObject({ data: { data: { issueChanged: { event } } } });
    await events.return();
  });

  it("gives an edge whose cursor is one of the default list's", async () => {
    const log = scriptedLog();
    const older = issue("4400", { lastSeen: minutes(0) });
    const { subscribe, data } = gateway({ issues: [open, older] }, { log });
    const events = await subscribe("subscription { issueChanged { edge { cursor } } }");
    log.write(opening);
    const told = (await events.next()).value as {
      data: { data: { issueChanged: { edge: { cursor: string } } } };
    };
    await events.return();

    const { cursor } = told.data.data.issueChanged.edge;
    expect(await data(`{ issues(after: "${cursor}") { nodes { sentryId } } }`)).toEqual({
      issues: { nodes: [{ sentryId: "4400" }] },
    });
  });

  it("shows what no filter can name as it is now", async () => {
    const log = scriptedLog();
    const { subscribe } = gateway(
      {
        issues: [closed],
        details: new Map([["4501", { ...unknownDetails, logger: "current" }]]),
        raw: new Map([["4501", { now: true }]]),
        events: [opening.event, resolving.event],
      },
      { log },
    );
    const events = await subscribe(
      "subscription { issueChanged { issue { status logger raw events { totalCount } project { issues { nodes { status } } } } } }",
    );
    log.write(opening);
    expect((await events.next()).value).toMatchObject({
      data: {
        data: {
          issueChanged: {
            issue: {
              status: "UNRESOLVED",
              logger: "current",
              raw: { now: true },
              events: { totalCount: 2 },
              project: { issues: { nodes: [{ status: "RESOLVED" }] } },
            },
          },
        },
      },
    });
    await events.return();
  });

  it("shows the project as it was at the entry, wherever it is shown, without asking the store for it", async () => {
    const log = scriptedLog();
    const renamed = { ...checkout, slug: "storefront" };
    const { subscribe, reader } = gateway({ issues: [closed], projects: [renamed] }, { log });
    const told = (slug: string) => ({ data: { data: { issueChanged: { issue: { project: { slug } } } } } });
    const events = await subscribe("subscription { issueChanged { issue { project { slug } } } }");
    log.write(opening);
    log.write({ ...resolving, after: { ...closed, fields: { ...closed.fields, project: renamed } } });
    expect((await events.next()).value).toMatchObject(told("checkout"));
    expect((await events.next()).value).toMatchObject(told("storefront"));
    await events.return();
    expect(reader.asked.map(({ name }) => name)).toEqual(["bounds"]);
  });

  it("shows a project in one way, also where another issue shows it in another", async () => {
    const log = scriptedLog();
    const renamed = { ...checkout, slug: "storefront" };
    const { subscribe } = gateway(
      { issues: [issue("4400", { project: renamed })], projects: [renamed] },
      { log },
    );
    const events = await subscribe(
      "subscription { issueChanged { issue { project { slug issues { nodes { project { slug } } } } } } }",
    );
    log.write(opening);
    expect((await events.next()).value).toMatchObject({
      data: {
        data: {
          issueChanged: {
            issue: { project: { slug: "checkout", issues: { nodes: [{ project: { slug: "checkout" } }] } } },
          },
        },
      },
    });
    await events.return();
  });

  it("reads anew for each entry", async () => {
    const log = scriptedLog();
    const { subscribe, reader } = gateway({ issues: [open] }, { log });
    const events = await subscribe("subscription { issueChanged { cursor issue { logger } } }");
    log.write(opening);
    log.write(resolving);
    await events.next();
    await events.next();
    await events.return();
    expect(reader.asked.map(({ name }) => name)).toEqual(["bounds", "issueDetails", "issueDetails"]);
  });

  it("begins after the cursor, or with the next entry", async () => {
    for (const [after, seq] of [
      [cursorOf(at(3)), 3],
      [cursorOf(at(5)), 5],
      [null, 5],
      [undefined, 5],
    ] as const) {
      const { subscribe, taken } = gateway({ bounds: { newest: 5 } });
      await subscribe(query, { after });
      expect(taken).toMatchObject([{ after: seq, epoch: at(3).epoch }]);
    }
  });

  it("begins after a cursor that another process has made a moment ago", async () => {
    const { subscribe, taken } = gateway(
      { bounds: { newest: 5 } },
      { recentBounds: async () => ({ epoch: at(3).epoch, newest: 4, oldest: 0 }) },
    );
    await subscribe(query, { after: cursorOf(at(5)) });
    await subscribe(query, { after: cursorOf(at(2)) });
    expect(taken).toMatchObject([{ after: 5 }, { after: 2 }]);
  });

  it("refuses a filter that is too large before it begins", async () => {
    const { subscribe, taken } = gateway();
    const filter = { sentryId: { in: Array.from({ length: 1001 }, () => "1") } };
    expect(await Array.fromAsync(await subscribe(query, { filter }))).toMatchObject([
      { data: { errors: [{ extensions: { code: "BAD_USER_INPUT" } }] } },
      { event: "complete" },
    ]);
    expect(taken).toEqual([]);
  });

  it.each(["application/json", "application/graphql-response+json"])(
    "is not begun for a client that accepts only %s",
    async (accept) => {
      const { post, taken } = gateway();
      const response = await post({ query }, { accept });
      expect(response.status).toBe(406);
      expect(await response.json()).toEqual({
        errors: [
          { message: expect.stringContaining("text/event-stream"), extensions: { code: "BAD_REQUEST" } },
        ],
      });
      expect(taken).toEqual([]);
    },
  );

  it("begins by GET too", async () => {
    const { send, taken } = gateway();
    const search = new URLSearchParams({ query: "subscription { issueChanged { cursor } }" }).toString();
    const response = await send({ search, headers: { accept: "text/event-stream" } });
    expect([response.status, response.headers.get("content-type"), taken.length]).toEqual([
      200,
      "text/event-stream",
      1,
    ]);
  });
});

describe("statusTransitioned", () => {
  const query = `subscription ($filter: TransitionFilter) {
    statusTransitioned(filter: $filter) { cursor transition { id kind issue { status } event { id } } }
  }`;

  it("tells the transitions that match, and shows their issue as of the entry", async () => {
    const log = scriptedLog();
    const { subscribe } = gateway({ issues: [open] }, { log });
    const events = await subscribe(query, {
      filter: { toStatus: { eq: "RESOLVED" }, issue: { title: { eq: "As it was" } } },
    });
    log.write(opening);
    log.write(entry(7, { before: open, after: open }));
    log.write(resolving);
    expect((await events.next()).value).toEqual({
      event: "next",
      data: {
        data: {
          statusTransitioned: {
            cursor: cursorOf(at(2)),
            transition: {
              id: nodeId("StatusTransition", "d2.report"),
              kind: "RESOLVED",
              issue: { status: "RESOLVED" },
              event: { id: nodeId("IssueEvent", "d2.report") },
            },
          },
        },
      },
    });
    await events.return();
  });

  it("counts relative times from the entry's commit", async () => {
    const log = scriptedLog();
    const { subscribe } = gateway({}, { log });
    const events = await subscribe(query, { filter: { occurredAt: { gte: "-PT1M" } } });
    const late = {
      ...resolving,
      event: { ...resolving.event, occurredAt: minutes(0), committedAt: minutes(9) },
    };
    log.write(late);
    log.write(opening);
    expect((await events.next()).value).toMatchObject({
      data: { data: { statusTransitioned: { cursor: cursorOf(at(1)) } } },
    });
    await events.return();
  });

  it("leaves events without a transition out, also without a filter", async () => {
    const log = scriptedLog();
    const { subscribe } = gateway({ issues: [open] }, { log });
    const events = await subscribe(query);
    log.write({ before: open, after: open, event: event(1) });
    log.write(resolving);
    expect((await events.next()).value).toMatchObject({
      data: { data: { statusTransitioned: { cursor: cursorOf(at(2)) } } },
    });
    await events.return();
  });
});

describe("issueStatsChanged", () => {
  const query = `subscription ($filter: IssueFilter, $period: Period!) {
    issueStatsChanged(filter: $filter, period: $period) { total }
  }`;
  const openIssues = { filter: { status: { eq: "UNRESOLVED" } }, period: { from: "-P1D" } };

  it("reads what the statistics are, anew each time", async () => {
    const { subscribe, taken, reader } = gateway({ issues: [open] });
    await subscribe(query, openIssues);
    const [operation] = taken;
    if (operation?.is !== "figures") throw new Error("It is told by figures.");
    const reads = reader.asked.length;
    const answer = await operation.read();
    await operation.read();
    expect(JSON.parse(JSON.stringify(answer))).toEqual({ data: { issueStatsChanged: { total: 1 } } });
    expect(reader.asked.slice(reads).map(({ name }) => name)).toEqual(["issueFacets", "issueFacets"]);
  });

  it("has to do with the entries of the issues that match, before or after", async () => {
    const { subscribe, taken } = gateway();
    await subscribe(query, openIssues);
    const [operation] = taken;
    if (operation?.is !== "figures") throw new Error("It is told by figures.");
    const unrelated = entry(3, { before: closed, after: closed });
    expect([opening, resolving, unrelated].map(operation.concerns)).toEqual([true, true, false]);
  });

  it.each([{ from: "-P1D", to: "-P2D" }, { from: "P1D" }])("refuses the period %j", async (period) => {
    const { subscribe, taken } = gateway();
    expect(await Array.fromAsync(await subscribe(query, { period }))).toMatchObject([
      { data: { errors: [{ extensions: { code: "BAD_USER_INPUT" } }] } },
      { event: "complete" },
    ]);
    expect(taken).toEqual([]);
  });
});

describe("a subscription that has told many entries", () => {
  it("says the same of an entry as it did at first, compiled by then", async () => {
    const { subscribe, taken } = gateway({ issues: [open] });
    await subscribe(
      "subscription { issueChanged { cursor kind leftId issue { id status title logger } event { id action } } }",
    );
    const [operation] = taken;
    if (operation?.is !== "entries") throw new Error("It is told by entries.");
    const answers: string[] = [];
    for (let round = 0; round < 5; round += 1)
      for (const told of [opening, resolving]) answers.push(serialised(await operation.tell(told)!.answer()));
    expect(answers).toHaveLength(10);
    expect(new Set(answers).size).toBe(2);
    expect(answers.slice(8)).toEqual(answers.slice(0, 2));
  });
});

describe("subscriptions that are told the same", () => {
  const query = `subscription ($filter: IssueFilter, $after: Cursor) {
    issueChanged(filter: $filter, after: $after) { cursor }
  }`;
  const begun = async (text: string, variables: object = {}) => {
    const { subscribe, taken } = gateway({ bounds: { newest: 9 } });
    await subscribe(text, variables);
    return taken[0]!;
  };
  const keyOf = async (text: string, variables: object = {}) => (await begun(text, variables)).key;

  it("have one key, wherever they begin", async () => {
    const key = await keyOf(query);
    expect(await keyOf(query, { after: cursorOf(at(4)) })).toBe(key);
    expect(await keyOf(query, { after: null })).toBe(key);
  });

  it("have another one with other variables, another document or another name", async () => {
    const two = "subscription A { issueChanged { cursor } } subscription B { issueChanged { cursor } }";
    const { post, taken } = gateway();
    for (const operationName of ["A", "B"])
      await post({ query: two, operationName }, { accept: "text/event-stream" });
    const keys = [
      await keyOf(query),
      await keyOf(query, { filter: { level: { eq: "ERROR" } } }),
      await keyOf(query, { filter: { level: { eq: "FATAL" } } }),
      await keyOf(`${query} `),
      ...taken.map(({ key }) => key),
    ];
    expect(new Set(keys).size).toBe(6);
  });

  it("say the same of an entry, whatever their filters, unless something else depends on a variable", async () => {
    const saysOf = async (text: string, variables: object) => {
      const { subscribe, taken } = gateway({ bounds: { newest: 9 } });
      await subscribe(text, variables);
      const [operation] = taken;
      return operation?.is === "entries" ? operation.says : null;
    };
    const [errors, fatals] = ["ERROR", "FATAL"].map((level) => ({ filter: { level: { eq: level } } }));
    const says = await saysOf(query, errors!);
    expect(await saysOf(query, { ...fatals, after: cursorOf(at(4)) })).toBe(says);
    const deep = `subscription ($title: String, $isLong: Boolean!, $first: Int = 3) {
      issueChanged(filter: { title: { eq: $title } }) {
        cursor
        kind @include(if: $isLong)
        issue { events(first: $first) { nodes { id } } }
      }
    }`;
    const given = { title: "a", isLong: true };
    const deeply = await saysOf(deep, given);
    expect(await saysOf(deep, { ...given, title: "b" })).toBe(deeply);
    const others = [
      await saysOf(deep, { ...given, isLong: false }),
      await saysOf(deep, { ...given, first: 4 }),
      await saysOf(`${query} `, errors!),
      says,
    ];
    expect(new Set([deeply, ...others]).size).toBe(5);
  });

  it("tell an entry in another way where it does another thing to their lists", async () => {
    const waysOf = async (level: string) => {
      const { subscribe, taken } = gateway({ issues: [open] });
      await subscribe(query, { filter: { level: { eq: level }, status: { eq: "UNRESOLVED" } } });
      const [operation] = taken;
      return [opening, resolving].map((entry) =>
        operation?.is === "entries" ? (operation.tell(entry)?.as ?? null) : null,
      );
    };
    expect([await waysOf("ERROR"), await waysOf("FATAL")]).toEqual([
      ["ENTERED", "LEFT"],
      [null, null],
    ]);
  });

  it("take more memory the more a document and its variables have of it", async () => {
    const bytesOf = async (query: string, variables: object = {}) => (await begun(query, variables)).bytes;
    const short = await bytesOf("subscription { issueChanged { cursor } }");
    const dense = await bytesOf(`subscription { issueChanged { ${"cursor ".repeat(100)} } }`);
    expect(dense.once - dense.each - (short.once - short.each)).toBe(99 * 480);
    const filtered =
      "subscription ($text: String) { issueChanged(filter: { title: { eq: $text } }) { cursor } }";
    const [none, long] = [await bytesOf(filtered), await bytesOf(filtered, { text: "x".repeat(1_000) })];
    expect(long.each - none.each).toBeGreaterThanOrEqual(4 * 1_000);
    expect(long.once - long.each).toBe(none.once - none.each);
  });

  it("have another one where the position's variable says something else as well", async () => {
    const twice = `subscription ($after: Cursor!, $text: String) {
      issueChanged(after: $after, filter: { title: { eq: $text } }) { cursor } }`;
    const key = await keyOf(twice, { after: cursorOf(at(4)), text: "a" });
    expect(await keyOf(twice, { after: cursorOf(at(5)), text: "a" })).toBe(key);
    expect(await keyOf(twice, { after: cursorOf(at(4)), text: "b" })).not.toBe(key);
  });

  it("have another one for viewers who may see something else", async () => {
    const keyFor = async (viewer: Viewer) => {
      const { yoga } = gateway();
      const keys: string[] = [];
      const take = ({ key }: LiveOperation) => void keys.push(key);
      const headers = { "content-type": "application/json", accept: "text/event-stream" };
      const body = JSON.stringify({ query });
      await yoga.fetch(
        "http://yoga/graphql",
        { method: "POST", headers, body },
        { viewer, lastEventId: null, take },
      );
      return keys[0];
    };
    const key = await keyFor({ scope: "read", projects: new Set(["7", "8"]) });
    expect(await keyFor({ scope: "read", projects: new Set(["8", "7"]) })).toBe(key);
    expect(await keyFor({ scope: "read", projects: new Set(["7"]) })).not.toBe(key);
    expect(await keyFor({ scope: "admin", projects: new Set(["7", "8"]) })).not.toBe(key);
    expect(key).toEqual(expect.any(String));
  });
});
