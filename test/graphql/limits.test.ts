import fc from "fast-check";
import { readFileSync } from "node:fs";
import {
  getIntrospectionQuery,
  getNullableType,
  getOperationAST,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  parse,
  validate,
} from "graphql";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import { costOf } from "../../src/graphql/limits/costs.ts";
import { createDocumentLimits } from "../../src/graphql/limits/document-limits.ts";
import { graphiQLTabs } from "../../src/graphql/graphiql-tabs.ts";
import { measure } from "../../src/graphql/limits/measure.ts";
import { nestsDeeperThan } from "../../src/graphql/limits/nesting.ts";
import { schema } from "../../src/graphql/schema.ts";
import { attacks, bodyOf, type Attack } from "./attacks.ts";
import { nodeId } from "../../src/domain/node-id.ts";
import { issue, now } from "./builders.ts";
import { defaultLimits, gateway, transactions } from "./gateway.ts";
import { fakeReader } from "./fake-reader.ts";
import { valuesIn } from "./values-in.ts";

const json = "application/json";
const graphqlJson = "application/graphql-response+json";

/** What the one operation of a document asks for. */
function measured(query: string, variables = {}) {
  const document = parse(query);
  return measure(getOperationAST(document)!, document, schema, variables, now);
}

type Answered = {
  readonly data?: unknown;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
};

async function answered(response: Response) {
  const { data, errors } = (await response.json()) as Answered;
  return { status: response.status, hasData: data !== undefined, code: errors?.[0]?.extensions.code ?? null };
}

const whatever = { issues: [], projects: [] };

/** The attack as a POST, from a client that accepts this. */
function sent(attack: Attack, accept: string, { send } = gateway(whatever)): Promise<Response> {
  const headers = { "content-type": json, accept };
  return send({ method: "POST", headers, body: bodyOf(attack) });
}

describe("an attack", () => {
  it.each(Object.entries(attacks))("by POST gets its answer: %s", async (_, attack) => {
    const { code, isOfField } = attack;
    const attacked = gateway(whatever);
    for (const accept of [json, graphqlJson]) {
      const found = await answered(await sent(attack, accept, attacked));
      expect(found.code).toBe(code);
      expect(found.hasData).toBe(code === null || isOfField === true);
      const isRequest = ["BAD_REQUEST", "BAD_USER_INPUT"].includes(code ?? "");
      const isWell = code === null || isOfField === true || (accept === json && !isRequest);
      expect([found.status, accept]).toEqual([isWell ? 200 : 400, accept]);
    }
    expect(attacked.reported).toEqual([]);
  });

  it.each(
    Object.entries(attacks).filter(
      ([, { query, variables = "" }]) => query.length + variables.length < 6_000,
    ),
  )("by GET gets the same: %s", async (_, { query, variables, code }) => {
    const search = new URLSearchParams({ query, ...(variables && { variables }) });
    const { send } = gateway(whatever);
    expect((await answered(await send({ search: search.toString() }))).code).toBe(code);
  });

  it.each(Object.entries(attacks).filter(([, { code }]) => code !== null))(
    "as an event stream is told so in the stream: %s",
    async (_, attack) => {
      const response = await sent(attack, "text/event-stream");
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(`"code":"${attack.code}"`);
    },
  );

  /** Of this process's processor time, which other processes cannot take. */
  const millisecondsOf = async (work: () => Promise<unknown>): Promise<number> => {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };

  it("takes little time, where it would take much without the limits", async () => {
    const { query } = attacks["Q9 overlap"]!;
    const control = await millisecondsOf(async () => {
      for (let round = 0; round < 5; round++) validate(schema, parse(query));
    });
    const attacked = gateway(whatever);
    await attacked.post({ query: "{ __typename }" });
    for (const [name, attack] of Object.entries(attacks)) {
      const taken = await millisecondsOf(() => sent(attack, json, attacked));
      expect([name, taken < Math.max(control, 300)]).toEqual([name, true]);
    }
    expect(control).toBeGreaterThan(100);
  });
});

describe("the limits", () => {
  const readme = readFileSync("README.md", "utf8");
  const examples = [...readme.matchAll(/```graphql\n([\s\S]*?)```/g)].flatMap(([, text]) =>
    text!.split(/(?=^subscription)/m),
  );
  const tabs = graphiQLTabs.map(({ query }) => query);

  it("are tried on what the README shows, wherever it shows it", () =>
    expect(examples.length).toBeGreaterThan(4));

  it.each(
    [...examples, ...tabs, getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true })].map(
      (text) => [text.trim().slice(0, 60), text],
    ),
  )("let through what the README and GraphiQL ask: %s", async (_, query) => {
    const { depth, cost } = measured(query);
    expect(depth).toBeLessThanOrEqual(defaultLimits.depth);
    expect(cost).toBeLessThanOrEqual(defaultLimits.cost);
  });

  it.each([
    ["{ feed { cursor } }", {}, 2, 12],
    ["{ issues(first: 10) { nodes { id } } }", {}, 3, 22],
    ["{ issues { nodes { id } } }", {}, 3, 62],
    ["{ issues(last: 10) { edges { node { id title } } } }", {}, 4, 42],
    ["query ($n: Int) { issues(first: $n) { nodes { id } } }", { n: 3 }, 3, 15],
    ["query ($n: Int) { issues(first: $n) { nodes { id } } }", {}, 3, 62],
    ["query ($n: Int) { issues(first: $n) { nodes { id } } }", { n: null }, 3, 62],
    ["query ($n: Int) { issues(first: $n) { nodes { id } } }", { n: 10 ** 9 }, 3, 112],
    ["query ($n: Int) { issues(first: $n) { nodes { id } } }", { n: "3" }, 3, 112],
    ["query ($f: Int, $l: Int) { issues(first: $f, last: $l) { nodes { id } } }", { l: 3 }, 3, 15],
    ["query ($f: Int, $l: Int) { issues(first: $f, last: $l) { nodes { id } } }", { f: null, l: 3 }, 3, 15],
    ["{ issues(first: 10) { ...C } } fragment C on IssueConnection { nodes { id } }", {}, 3, 22],
    ["{ issues(first: 10) { totalCount } }", {}, 2, 32],
    ['{ nodes(ids: ["x", "y"]) { id } }', {}, 2, 13],
    ['{ nodes(ids: "x") { id } }', {}, 2, 12],
    ["query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: ["x", "y", "z"] }, 2, 14],
    ["query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: "x" }, 2, 12],
    ["query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: Array(1_000).fill("x") }, 2, 111],
    ['query ($id: ID!) { nodes(ids: [$id, "y"]) { id } }', { id: "x" }, 2, 13],
    ["{ issueStats { byProject { count } } }", {}, 3, 132],
    ["{ issueStats { byAssignee(first: null) { count } } }", {}, 3, 132],
    ["{ issueStats { byAssignee(first: 50) { count } } }", {}, 3, 162],
    ["query ($n: Int) { issueStats { byProject(first: $n) { count } } }", {}, 3, 132],
    ["query ($n: Int) { issueStats { byProject(first: $n) { count } } }", { n: null }, 3, 132],
    ["{ issueStats { byStatus { count } } }", {}, 3, 122],
    // As many buckets as the period has of the interval, and one for parts of one.
    ["{ issueStats { flow { opened } } }", {}, 3, 143],
    ["{ issueStats { flow(interval: HOUR) { opened } } }", {}, 3, 833],
    ['{ issueStats(period: { from: "-P9D" }) { flow { opened resolved } } }', {}, 3, 132],
    [
      '{ issueStats(period: { from: "-P9D", to: "-P7D" }) { ...F } } fragment F on IssueStats { flow { opened } }',
      {},
      3,
      115,
    ],
    [
      '{ issueStats(period: { from: "2026-11-01T00:00:00Z", to: "2026-11-11T00:00:00Z" }) { flow { opened } } }',
      {},
      3,
      123,
    ],
    [
      "query ($p: Period!, $i: Interval!) { issueStats(period: $p) { flow(interval: $i) { opened } } }",
      { p: { from: "-P2W" }, i: "WEEK" },
      3,
      115,
    ],
    // What is left out has the default of its operation.
    ["query ($n: Int = 3) { issues(first: $n) { nodes { id } } }", {}, 3, 15],
    ["query ($n: Int = 3) { issues(first: $n) { nodes { id } } }", { n: 10 }, 3, 22],
    ["query ($n: Int = 3) { issues(first: $n) { nodes { id } } }", { n: null }, 3, 62],
    ["query ($i: Interval) { issueStats { flow(interval: $i) { opened } } }", {}, 3, 143],
    ["query ($p: Period) { issueStats(period: $p) { flow { opened } } }", {}, 3, 143],
    [
      "query ($f: DateTimeOrDuration!, $t: DateTimeOrDuration) { issueStats(period: { from: $f, to: $t }) { flow { opened } } }",
      { f: "-P9D" },
      3,
      122,
    ],
    ["query ($i: Interval! = HOUR) { issueStats { flow(interval: $i) { opened } } }", {}, 3, 833],
    [
      'query ($f: DateTimeOrDuration! = "-P40D") { issueStats(period: { from: $f }) { flow { opened } } }',
      {},
      3,
      153,
    ],
    // What is none is refused elsewhere.
    ["query ($p: Period!) { issueStats(period: $p) { flow { opened } } }", { p: "x" }, 3, 1112],
    ['{ issueStats(period: { from: "-P900D" }) { flow(interval: HOUR) { opened } } }', {}, 3, 1112],
    ["subscription { issueStatsChanged { flow { opened } } }", {}, 3, 143],
    // Each value in a filter is one more, for the field that it is given to, and for what counts again below.
    ["{ issues(first: 10, filter: { not: { status: { eq: RESOLVED } } }) { nodes { id } } }", {}, 3, 26],
    [
      "{ issues(first: 10, filter: { status: { in: [RESOLVED, IGNORED] } }) { totalCount ...F } } fragment F on IssueConnection { nodes { id } }",
      {},
      3,
      22 + 4 + 20 + 1 + 4,
    ],
    [
      "query ($f: IssueFilter) { issueStats(filter: $f) { total reopenRate } }",
      { f: { search: "x" } },
      2,
      11 + 2 + 2 * (101 + 2),
    ],
    [
      "query ($f: IssueFilter) { issues(first: 10, filter: $f) { nodes { id } } }",
      { f: { or: [{}, {}], not: null } },
      3,
      25,
    ],
    [
      `query ($f: IssueFilter) { a: issues(first: 0, filter: $f) { totalCount } b: issues(filter: { search: "${"x".repeat(200)}" }) { totalCount } }`,
      { f: { search: "x".repeat(199) } },
      2,
      11 + 3 + 21 + 3 + 11 + 4 + 21 + 4,
    ],
    [
      "query ($f: [IssueFilter!] = [{}]) { issues(first: 10, filter: { or: $f }) { nodes { id } } }",
      {},
      3,
      24,
    ],
    [
      "query ($f: TransitionFilter) { issues(first: 10) { nodes { transitions(first: 1, filter: $f) { nodes { id } } } } }",
      { f: { kind: ["RESOLVED"] } },
      5,
      62,
    ],
    ["{ nothing { nothing } }", {}, 1, 11],
    // Names that every JavaScript object has something under.
    ["{ toString { a } }", {}, 1, 11],
    ["{ __proto__ { a } }", {}, 1, 11],
    ["{ constructor }", {}, 1, 11],
    ["{ ...A } fragment A on Query { ...A }", {}, 0, 0],
  ])("measure %s with %j as %i deep and %i dear", (query, variables, depth, cost) => {
    expect(measured(query, variables)).toEqual({ depth, cost });
  });

  it("know how long each list is taken to be: it has `first`, or says so", () => {
    const lists = Object.values(schema.getTypeMap()).flatMap((type) =>
      (isObjectType(type) || isInterfaceType(type)) && !isIntrospectionType(type)
        ? Object.values(type.getFields()).flatMap((field) =>
            isListType(getNullableType(field.type)) ? [{ name: `${type.name}.${field.name}`, field }] : [],
          )
        : [],
    );
    expect(lists.map(({ name }) => name)).toContain("IssueConnection.nodes");
    const unknown = lists.filter(
      ({ field }) =>
        costOf(field).length === undefined && !field.args.some((argument) => argument.name === "first"),
    );
    expect(unknown.map(({ name }) => name)).toEqual([]);
  });

  const many = Array.from({ length: 130 }, (_, index) => {
    const sentryId = String(index);
    return issue(sentryId, { project: { sentryId, slug: sentryId, name: sentryId, platform: null } });
  });
  const bucket = "start end opened resolved archived regressed escalated reopened unarchived openAtEnd";
  const row = "id title status substatus level count";
  const period = fc.record({ from: fc.constantFrom("-P60D", "-P9D") }, { requiredKeys: ["from"] });
  const given: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    first: fc.integer({ min: 0, max: 100 }),
    last: fc.integer({ min: 0, max: 100 }),
    ids: fc
      .integer({ min: 0, max: 100 })
      .map((size) => many.slice(0, size).map(({ sentryId }) => nodeId("Issue", sentryId))),
    i: fc.constantFrom("HOUR", "DAY", "WEEK"),
    p: period,
    to: fc.constantFrom("-P2D", "-PT30M"),
  };
  it.each([
    `query ($first: Int, $last: Int) { issues(first: $first, last: $last) { nodes { ${row} } } }`,
    `query ($first: Int = 70, $last: Int) { issues(first: $first, last: $last) { nodes { ${row} } } }`,
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Issue { ${row} } } }`,
    `query ($first: Int) { issueStats { byProject(first: $first) { project { id slug name } count } } }`,
    `query ($i: Interval, $p: Period) { issueStats(period: $p) { flow(interval: $i) { ${bucket} } } }`,
    `query ($i: Interval! = HOUR, $to: DateTimeOrDuration) { issueStats(period: { from: "-P9D", to: $to }) { flow(interval: $i) { ${bucket} } } }`,
  ])("measure no less than an answer has, whatever is given, null or left out: %s", async (query) => {
    const { ask } = gateway({ issues: many, projects: many.map(({ fields }) => fields.project!) });
    const variables = fc.record(
      Object.fromEntries(Object.entries(given).map(([name, values]) => [name, fc.option(values)])),
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(variables, async (given) => {
        const { data } = await ask(query, given);
        expect(valuesIn(data)).toBeLessThanOrEqual(measured(query, given).cost);
      }),
      { numRuns: 60 },
    );
  });

  const pages = (end: string) =>
    `query ($n: Int) { issues(${end}: $n) { nodes { transitions(${end}: $n) { nodes { id kind source } } } } }`;
  const ids = (length: number) => Array.from({ length }, (_, index) => String(index));
  const nodes = (variable: string) =>
    `query (${variable}) { nodes(ids: $ids) { ... on Issue { transitions(first: 100) { nodes { id kind source } } } } }`;
  const buckets = (variable: string, period: string, interval: string) => {
    const flows = Array.from(
      { length: 20 },
      (_, index) => `f${index}: flow(interval: ${interval}) { opened end }`,
    );
    return `query (${variable}) { issueStats(period: ${period}) { ${flows.join(" ")} } }`;
  };
  it.each([
    ["first", pages("first"), { n: 100 }, { n: 10 }],
    ["last", pages("last"), { n: 100 }, { n: 10 }],
    ["period", buckets("$p: Period!", "$p", "HOUR"), { p: { from: "-P41D" } }, { p: { from: "-P1D" } }],
    ["interval", buckets("$i: Interval!", '{ from: "-P41D" }', "$i"), { i: "HOUR" }, { i: "DAY" }],
    ["ids", nodes("$ids: [ID!]!"), { ids: ids(100) }, { ids: ids(1) }],
    ["ids, left out", nodes(`$ids: [ID!]! = ${JSON.stringify(ids(100))}`), {}, { ids: ids(1) }],
  ])("count what a document's variables ask for anew for each request: %s", (_, query, much, little) => {
    const { refusalOf } = createDocumentLimits(defaultLimits, () => now);
    const document = parse(query);
    const isRefused = (variableValues: Readonly<Record<string, unknown>>) =>
      refusalOf({ document, schema, variableValues }) !== null;
    expect([much, little, much].map(isRefused)).toEqual([true, false, true]);
  });

  it("are of the operation that is asked for, and of none beside it", async () => {
    const { post } = gateway(whatever);
    const page = (name: string, size: number) =>
      `query ${name}($n: Int = ${size}) { issues(first: $n) { ...F } }`;
    const query = `${page("Small", 1)} ${page("Large", 100)}
      fragment F on IssueConnection { nodes { transitions(first: 100) { nodes { id kind source } } } }`;
    const codeOf = async (operationName: string) =>
      (await answered(await post({ query, operationName }))).code;
    const codes = [await codeOf("Small"), await codeOf("Large"), await codeOf("Small"), await codeOf("None")];
    expect(codes).toEqual([null, "QUERY_TOO_COMPLEX", null, "OPERATION_RESOLUTION_FAILURE"]);
  });

  it("count the objects of a variable's filter anew for each request", async () => {
    const { codes } = gateway(whatever);
    const query = `query ($f: IssueFilter) { issues(first: 100) { nodes { project { issues(first: 1, filter: $f) { nodes { id } } } } } }`;
    const filter = (length: number) => ({ f: { or: Array.from({ length }, () => ({})) } });
    expect(await codes(query, filter(300))).toEqual(["QUERY_TOO_COMPLEX"]);
    expect(await codes(query, filter(3))).toEqual([]);
    expect(await codes(query, filter(300))).toEqual(["QUERY_TOO_COMPLEX"]);
  });

  it("let through a filter of as many comparisons as it may make", async () => {
    const { codes } = gateway(whatever);
    const all = Array.from({ length: 1_000 }, () => ({ level: { eq: "ERROR" } }));
    const query = "query ($f: IssueFilter) { issues(filter: $f) { totalCount } }";
    expect(await codes(query, { f: { or: all, and: all } })).toEqual([]);
  });

  it.each([
    ["cost", 22, "{ issues(first: 10) { nodes { id } } }", "asks for 22 values"],
    ["depth", 3, "{ issues { nodes { id } } }", "nests 3 deep"],
    ["aliases", 2, "{ a: __typename b: __typename }", "has 2 aliases"],
    ["directives", 2, "{ __typename @include(if: true) @skip(if: false) }", "has 2 directives"],
  ])("say what the limit is and what was asked beyond it: %s", async (limit, asked, query, says) => {
    const errorsAt = async (most: number) =>
      (await gateway(whatever, { limits: { ...defaultLimits, [limit]: most } }).ask(query)).errors;
    expect(await errorsAt(asked)).toBeUndefined();
    const message = `The document ${says}; ${asked - 1} is the limit.`;
    expect(await errorsAt(asked - 1)).toMatchObject([{ message }]);
  });

  it.each([
    [0, 5, false],
    [1, [], false],
    [0, [], true],
    [2, { a: [1] }, false],
    [1, { a: [1] }, true],
    [3, [[], [[[[]]]]], true],
  ])("find nesting deeper than %i in %j: %s", (limit, value, is) => {
    expect(nestsDeeperThan(limit, value)).toBe(is);
  });
});

describe("an operation that takes too long", () => {
  it("ends with TIMEOUT, and asks nothing more", async () => {
    const release = Promise.withResolvers<void>();
    const reader = fakeReader({ issues: [] });
    const found = Promise.withResolvers<void>();
    const slow = {
      ...reader,
      issuePage: async (request: Parameters<typeof reader.issuePage>[0]) => {
        await release.promise;
        return reader.issuePage(request).finally(found.resolve);
      },
    };
    const { post } = gateway({}, { ...transactions(slow), limits: { ...defaultLimits, milliseconds: 20 } });
    const response = await post({ query: "{ issues { nodes { id } totalCount } }" });
    expect(await answered(response)).toEqual({ status: 200, hasData: true, code: "TIMEOUT" });
    release.resolve();
    await found.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(reader.asked.map(({ name }) => name)).toEqual(["issuePage"]);
  });

  it("has taken what it waited for its turn, too", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const slow = { ...fakeReader({}), issuePage: () => new Promise<never>(() => {}) };
    const { yoga } = gateway(
      {},
      { ...transactions(slow), limits: { ...defaultLimits, milliseconds: 10_000 } },
    );
    const client = { aborted: false, since: performance.now() - 9_000 };
    const operation = yoga.operationOf({ query: "{ issues { nodes { id } } }" });
    if (operation.is === "refused") throw operation.errors[0]!;
    const answer = operation.begin({ viewer: unlimitedAdmin, lastEventId: null, client });
    let code: unknown;
    void answer.then((begun) => {
      if (begun.is === "answered") code = begun.result.errors?.[0]?.extensions["code"];
    });
    await vi.advanceTimersByTimeAsync(900);
    expect(code).toBeUndefined();
    await vi.advanceTimersByTimeAsync(700);
    expect(code).toBe("TIMEOUT");
  });

  it("asks nothing more once its client is gone", async () => {
    const gone = new AbortController();
    const reader = fakeReader({ issues: [] });
    const leaving = {
      ...reader,
      issuePage: async (request: Parameters<typeof reader.issuePage>[0]) => {
        gone.abort();
        return reader.issuePage(request);
      },
    };
    const { send, reader: asked } = gateway({}, transactions(leaving));
    const query = "{ issues { nodes { id } totalCount } }";
    const init = { method: "POST", headers: { "content-type": json }, body: JSON.stringify({ query }) };
    await send({ ...init, signal: gone.signal }).catch(() => {});
    expect(asked.asked.map(({ name }) => name)).not.toContain("issueCount");
    expect(reader.asked.map(({ name }) => name)).toEqual(["issuePage"]);
  });

  it("is refused at once when too many are being answered", async () => {
    const release = Promise.withResolvers<void>();
    const reader = fakeReader({});
    const held = {
      ...reader,
      bounds: async () => {
        await release.promise;
        return reader.bounds();
      },
    };
    const { post } = gateway({}, { ...transactions(held), limits: { ...defaultLimits, atOnce: 1 } });
    const query = "{ feed { epoch } }";
    const first = post({ query });
    const second = await post({ query });
    expect(second.headers.get("retry-after")).toBe("1");
    expect(await answered(second)).toEqual({ status: 503, hasData: false, code: "SERVICE_UNAVAILABLE" });
    release.resolve();
    expect(await answered(await first)).toEqual({ status: 200, hasData: true, code: null });
    expect((await post({ query })).status).toBe(200);
  });

  it("gives way to another client's when its own has most that are being answered", async () => {
    const release = Promise.withResolvers<void>();
    const reader = fakeReader({});
    const held = { ...reader, bounds: () => release.promise.then(reader.bounds) };
    const limits = { ...defaultLimits, atOnce: 2 };
    const askedBy: string[] = [];
    const { yoga } = gateway(
      {},
      {
        ...transactions(held),
        limits,
        askedBy(client, ask) {
          askedBy.push(client);
          return ask();
        },
      },
    );
    const ask = async (key: string) => {
      const init = {
        method: "POST",
        headers: { "content-type": json },
        body: '{"query":"{ feed { epoch } }"}',
      };
      const asking = { viewer: unlimitedAdmin, client: { key, aborted: false } };
      return (await yoga.fetch("http://yoga/graphql", init, asking)).status;
    };
    const [first, second] = [ask("many"), ask("many")];
    const other = ask("other");
    expect(await second).toBe(503);
    expect(await ask("many")).toBe(503);
    release.resolve();
    expect([await first, await other]).toEqual([200, 200]);
    expect(askedBy).toEqual(["many", "many", "other"]);
  });
});
