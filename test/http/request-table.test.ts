import { once } from "node:events";
import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { nodeId } from "../../src/domain/node-id.ts";
import { newTokenText, tokenHash } from "../../src/http/access/token-text.ts";
import { sign } from "../../src/sentry/signature.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import type { Reader } from "../../src/store/reader.ts";
import type { Store } from "../../src/store/store.ts";
import { secret, startTestGateway, type TestGateway } from "../test-gateway.ts";
import { Wire } from "./wire.ts";

/**
 * What `/graphql` answers to which request, row by row: fifty rows, each a test that begins with its number. "J" accepts
 * `application/json`, "G" accepts `application/graphql-response+json`. A row about a body is tried on both ways that a POST
 * can take, the short one and Yoga's, and by GET as well where a URL can say it.
 */

const J = "application/json";
const G = "application/graphql-response+json";
const stream = "text/event-stream";

/** Only the first of these is read on the short way. */
const contentTypes = ["application/json", 'application/json; charset="utf-8"'];

type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
};
type Body = {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: string };
  }[];
};

async function ask(
  { url }: Pick<TestGateway, "url">,
  { search = "", ...init }: RequestInit & { readonly search?: string },
): Promise<Answer> {
  const response = await fetch(`${url}/graphql${search}`, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

function bodyOf({ text }: Answer): Body {
  return JSON.parse(text) as Body;
}

/** Its status, the code of its only kind of error, and whether it has data. */
function summary(answer: Answer): { status: number; code: string | null; hasData: boolean } {
  const { data, errors = [] } = bodyOf(answer);
  const codes = new Set(errors.map(({ extensions }) => extensions.code));
  expect(codes.size).toBeLessThanOrEqual(1);
  for (const { extensions } of errors) expect(Object.keys(extensions)).not.toContain("originalError");
  return { status: answer.status, code: [...codes][0] ?? null, hasData: data !== undefined };
}

const refused = (status: number, code: string) => ({ status, code, hasData: false });

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const post = (body: NonNullable<RequestInit["body"]>, headers: Record<string, string> = {}, to = gateway) =>
  ask(to, { method: "POST", headers: { "content-type": J, accept: J, ...headers }, body });

/** Some clients look for errors only in what they asked for. */
const expectKind = ({ headers }: Answer, accept: string) =>
  expect(headers.get("content-type")).toBe(`${accept}; charset=utf-8`);

/** The same body, on each way that a POST can take, for each of the two who accept something else. */
async function postedAs(body: NonNullable<RequestInit["body"]>, [asJ, asG]: readonly [object, object]) {
  for (const type of contentTypes)
    for (const [accept, wanted] of [
      [J, asJ],
      [G, asG],
    ] as const) {
      const answer = await post(body, { "content-type": type, accept });
      expect([type, accept, summary(answer)]).toEqual([type, accept, wanted]);
      expectKind(answer, accept);
    }
}

type Asked = { readonly query?: string; readonly variables?: object; readonly operationName?: string };

/** The same operation, posted as above and by GET. */
async function askedAs(asked: Asked, wanted: readonly [object, object]): Promise<void> {
  await postedAs(JSON.stringify(asked), wanted);
  const search = new URLSearchParams(
    Object.entries(asked).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  ).toString();
  if (search.length > 6_000) return;
  for (const [index, accept] of [J, G].entries()) {
    const answer = await ask(gateway, { search: `?${search}`, headers: { accept } });
    expect(["GET", summary(answer)]).toEqual(["GET", wanted[index]]);
    expectKind(answer, accept);
  }
}

/** Refused alike whatever is accepted; and refused as GraphQL's own errors are: 200 for J, 400 for G. */
const alike = (status: number, code: string) => [refused(status, code), refused(status, code)] as const;
const bySpecification = (code: string) => [refused(200, code), refused(400, code)] as const;
const wrongValue = { status: 200, code: "BAD_USER_INPUT", hasData: true };

describe("a body that is no GraphQL request", () => {
  it.each(["NONSENSE", "", '{"query":"{ feed { ep'])("1 is refused: %j", async (body) => {
    await postedAs(body, alike(400, "BAD_REQUEST"));
    expect((await post("NONSENSE")).text).not.toContain("NONSENSE");
  });

  it.each(["null", '"x"', "1", "true"])("2 is refused: %s", (body) =>
    postedAs(body, alike(400, "BAD_REQUEST")),
  );

  it.each(['[{"query":"{__typename}"}]', "[]"])("3 is refused as a batch: %s", (body) =>
    postedAs(body, alike(400, "BAD_REQUEST")),
  );

  it("4 is refused with a parameter that GraphQL has not, which is not said back when it is long", async () => {
    await postedAs('{"qeury":"{hi}"}', alike(400, "BAD_REQUEST"));
    await postedAs('{"query":"{__typename}","id":"1"}', alike(400, "BAD_REQUEST"));
    const key = "k".repeat(65);
    expect((await post(JSON.stringify({ query: "{__typename}", [key]: 1 }))).text).not.toContain(key);
  });

  it.each(["1", "{}", '["{__typename}"]'])("5 is refused with a query that is %s", (query) =>
    postedAs(`{"query":${query}}`, alike(400, "BAD_REQUEST")),
  );

  it.each(['"variables":[]', '"variables":"{}"', '"extensions":"x"', '"operationName":7'])(
    "6 is refused with %s",
    (parameter) => postedAs(`{"query":"{__typename}",${parameter}}`, alike(400, "BAD_REQUEST")),
  );
});

describe("a document that is wrong", () => {
  it("7 in its syntax is refused", () => askedAs({ query: "{" }, bySpecification("GRAPHQL_PARSE_FAILED")));

  it.each([
    "{ nothing }",
    "{ issues(nothing: 1) { totalCount } }",
    "query ($f: Nothing) { issues(filter: $f) { totalCount } }",
  ])("8 by the schema is refused: %s", (query) =>
    askedAs({ query }, bySpecification("GRAPHQL_VALIDATION_FAILED")),
  );

  it("8 that would change something is refused by the schema, too", () =>
    postedAs('{"query":"mutation { resolve }"}', bySpecification("GRAPHQL_VALIDATION_FAILED")));

  it("9 gets no suggestion where the schema is not told", async () => {
    await using quiet = await startTestGateway({ INTROSPECTION: "off" });
    const misspelt = JSON.stringify({ query: "{ isue { id } }" });
    for (const type of contentTypes) {
      const answer = await post(misspelt, { "content-type": type }, quiet);
      expect(summary(answer)).toEqual(refused(200, "GRAPHQL_VALIDATION_FAILED"));
      expect(answer.text).not.toContain("Did you mean");
    }
    expect((await post(misspelt)).text).toContain("Did you mean");
  });

  it.each([{}, { id: null }, { id: {} }])("10 has a wrong variable, or none: %j", (variables) =>
    askedAs({ query: "query ($id: ID!) { node(id: $id) { id } }", variables }, alike(400, "BAD_USER_INPUT")),
  );

  it.each([
    { query: "query A { feed { epoch } }", operationName: "B" },
    { query: "query A { feed { epoch } } query B { feed { epoch } }" },
  ])("11 names no operation: %j", (asked) => askedAs(asked, alike(400, "OPERATION_RESOLUTION_FAILURE")));
});

/** A gateway whose store does what a test says, with few limits to wait for. */
async function scriptedGateway(settings: Readonly<Record<string, string>> = {}) {
  const script: { reader: Partial<Reader>; readonly asked: string[] } = { reader: {}, asked: [] };
  const scripted = <Of extends Reader>(reader: Of): Of =>
    new Proxy(reader, {
      get(target, name, receiver) {
        if (typeof name === "string") script.asked.push(name);
        return Reflect.get(name in script.reader ? script.reader : target, name, receiver) as unknown;
      },
    });
  let opened: Store;
  const started = await startTestGateway(settings, undefined, {
    around: (store) => {
      opened = store;
      return {
        ...store,
        reader: scripted(store.reader),
        readTransaction: async () => scripted(await store.readTransaction()),
      };
    },
  });
  return { ...started, script, reader: opened!.reader };
}

/** A signed webhook about an issue. */
async function deliver({ url }: Pick<TestGateway, "url">, issue: object): Promise<void> {
  const body = JSON.stringify({ action: "created", data: { issue } });
  const headers = { "content-type": J, "sentry-hook-signature": sign(secret, Buffer.from(body)) };
  const { status } = await fetch(`${url}/webhooks/sentry`, { method: "POST", headers, body });
  expect(status).toBe(202);
}

const fails = async (): Promise<never> => {
  throw new Error("SQLITE_ERROR: no such table secrets in /var/lib/issuewire");
};
const isDown = async (): Promise<never> => {
  throw new StorageUnavailableError("The database cannot be read.");
};

describe("a fault while a query is executed", () => {
  let scripted: Awaited<ReturnType<typeof scriptedGateway>>;
  beforeAll(async () => {
    scripted = await scriptedGateway({ LIMIT_SECONDS: "1", LIMIT_AT_ONCE: "1" });
  });
  afterAll(() => scripted[Symbol.asyncDispose]());

  async function answers(reader: Partial<Reader>, query: string): Promise<readonly Answer[]> {
    scripted.script.reader = reader;
    const all = [];
    for (const type of contentTypes)
      for (const accept of [J, G])
        all.push(await post(JSON.stringify({ query }), { "content-type": type, accept }, scripted));
    return all;
  }

  it("12 of a field that may be null leaves the other fields their data, and is masked", async () => {
    const query = '{ issue(shortId: "A-1") { id } projects(first: 0) { nodes { id } } }';
    for (const answer of await answers({ issueByShortId: fails }, query)) {
      expect(summary(answer)).toEqual({ status: 200, code: "INTERNAL_SERVER_ERROR", hasData: true });
      expect(bodyOf(answer)).toMatchObject({
        data: { issue: null, projects: { nodes: [] } },
        errors: [{ message: "Unexpected error.", path: ["issue"] }],
      });
      expect(answer.text).not.toMatch(/SQLITE|secrets|var\/lib/);
    }
  });

  it("13 of a field that may not be null leaves no data", async () => {
    for (const answer of await answers({ issuePage: fails }, "{ issues { nodes { id } } }")) {
      expect(summary(answer)).toEqual({ status: 200, code: "INTERNAL_SERVER_ERROR", hasData: true });
      expect(bodyOf(answer).data).toBeNull();
    }
  });

  it("14 because the database is gone has a code to try again on", async () => {
    for (const answer of await answers({ issuePage: isDown }, "{ issues { nodes { id } } }")) {
      expect(summary(answer)).toEqual({ status: 200, code: "SERVICE_UNAVAILABLE", hasData: true });
      expect(bodyOf(answer).data).toBeNull();
    }
  });

  it("44 because it takes too long ends with TIMEOUT", async () => {
    const release = Promise.withResolvers<never>();
    scripted.script.reader = { issuePage: () => release.promise };
    const answer = await post('{"query":"{ issues { nodes { id } } }"}', {}, scripted);
    expect([answer.status, bodyOf(answer).data, summary(answer).code]).toEqual([200, null, "TIMEOUT"]);
    release.reject(new StorageUnavailableError("It is late."));
  });

  /** Asks, and leaves; by the promise's end the gateway has seen that. */
  const leaves: readonly (readonly [string, (query: string, begun: Promise<void>) => Promise<void>])[] = [
    ...contentTypes.map(
      (type) =>
        [
          `POST ${type}`,
          async (query: string, begun: Promise<void>) => {
            const leaving = new AbortController();
            const headers = { "content-type": type, accept: J };
            const body = JSON.stringify({ query });
            const asking = ask(scripted, { method: "POST", headers, body, signal: leaving.signal });
            await begun;
            leaving.abort();
            await expect(asking).rejects.toThrow();
          },
        ] as const,
    ),
    [
      "WebSocket",
      async (query, begun) => {
        const socket = new WebSocket(`${scripted.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
        await once(socket, "open");
        socket.send('{"type":"connection_init"}');
        await once(socket, "message");
        socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query } }));
        await begun;
        socket.terminate();
        await once(socket, "close");
      },
    ],
  ];
  it.each(leaves)(
    "45 is none where the client is gone: what it has not asked yet is not asked, by %s",
    async (_way, leave) => {
      await deliver(scripted, { id: "1", title: "x", status: "unresolved" });
      const release = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      scripted.script.reader = {
        async issuePage(request) {
          begun.resolve();
          await release.promise;
          return scripted.reader.issuePage(request);
        },
      };
      scripted.script.asked.length = 0;
      const query = "{ issues { nodes { raw } } }";
      await leave(query, begun.promise);
      const isFree = async () =>
        (await ask(scripted, { search: "?query={projects(first:0){totalCount}}" })).status;
      // By then the gateway has seen the end of the other connection.
      for (let round = 0; round < 3; round += 1) expect(await isFree()).toBe(503);
      release.resolve();
      await expect.poll(isFree).toBe(200);
      expect(scripted.script.asked).not.toContain("rawIssues");
      scripted.script.reader = {};
      await post(JSON.stringify({ query }), {}, scripted);
      expect(scripted.script.asked).toContain("rawIssues");
    },
  );

  it("47 of too many at once is refused, and told when to come back", async () => {
    const begun = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    scripted.script.reader = {
      async issueByShortId() {
        begun.resolve();
        await release.promise;
        return null;
      },
    };
    const first = post('{"query":"{ issue(shortId: \\"A-1\\") { id } }"}', {}, scripted);
    await begun.promise;
    for (const type of contentTypes) {
      const answer = await post('{"query":"{ feed { oldestCursor } }"}', { "content-type": type }, scripted);
      expect([summary(answer), answer.headers.get("retry-after")]).toEqual([
        refused(503, "SERVICE_UNAVAILABLE"),
        "1",
      ]);
    }
    release.resolve();
    expect(summary(await first).status).toBe(200);
  });
});

describe("what is not there", () => {
  it("15 is null, and no error", async () => {
    const query = '{ issue(sentryId: "1") { id } project(slug: "x") { id } node(id: "eA==") { id } }';
    await askedAs({ query }, [
      { status: 200, code: null, hasData: true },
      { status: 200, code: null, hasData: true },
    ]);
    expect(bodyOf(await post(JSON.stringify({ query }))).data).toEqual({
      issue: null,
      project: null,
      node: null,
    });
  });
});

describe("a gateway that others can reach", () => {
  const [all, limited] = [newTokenText(), newTokenText()];
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
  const page = "https://board.example";
  let open: TestGateway;
  beforeAll(async () => {
    open = await startTestGateway({ TRUST_PROXY: "1", LIMIT_REQUESTS: "50", CORS_ORIGINS: page });
    await using store = await openSqliteMaintenance(open.database);
    const one = { scope: "read", createdAt: 0, expiresAt: null } as const;
    await store.tokens.add({ ...one, name: "all", projects: "all", sha256: tokenHash(all) });
    await store.tokens.add({ ...one, name: "limited", projects: ["7"], sha256: tokenHash(limited) });
    await deliver(open, { id: "1", title: "x", status: "unresolved", project: { id: "8", slug: "eight" } });
  });
  afterAll(() => open[Symbol.asyncDispose]());

  it("16 refuses who has no token or a wrong one, before anything is parsed", async () => {
    for (const headers of [{}, bearer(newTokenText()), bearer("x"), { authorization: "Basic eDp5" }])
      for (const init of [
        { method: "POST", headers: { "content-type": J, accept: G, ...headers }, body: "{{{" },
        { method: "POST", headers: { "content-type": J, accept: J, ...headers }, body: "{{{" },
        { headers: { ...headers, accept: stream }, search: "?query={__typename}" },
      ]) {
        const answer = await ask(open, init);
        expect(summary(answer)).toEqual(refused(401, "UNAUTHENTICATED"));
        expectKind(answer, init.headers.accept === G ? G : J);
        expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      }
  });

  it("17 does not tell what a token may not see from what is not there", async () => {
    const query = '{ issue(sentryId: "1") { id } issues { totalCount } project(slug: "eight") { id } }';
    const seen = async (token: string) => bodyOf(await post(JSON.stringify({ query }), bearer(token), open));
    expect(await seen(limited)).toEqual({ data: { issue: null, issues: { totalCount: 0 }, project: null } });
    expect(await seen(all)).toMatchObject({ data: { issues: { totalCount: 1 } } });
  });

  it("46 refuses an address beyond its rate, and tells when to come back", async () => {
    const headers = { ...bearer(all), "x-forwarded-for": "203.0.113.7" };
    // All at once, because the rate lets one more through in each second or so.
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => ask(open, { headers, search: "?query={__typename}" })),
    );
    answers.sort((one, other) => one.status - other.status);
    expect(new Set(answers.slice(0, 50).map(({ status }) => status))).toEqual(new Set([200]));
    const last = answers.at(-1)!;
    expect(summary(last)).toEqual(refused(429, "RATE_LIMITED"));
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
    // Nobody else is refused for it, whatever they write into the header themselves.
    const other = { ...bearer(all), "x-forwarded-for": "203.0.113.7, 203.0.113.8" };
    expect((await ask(open, { headers: other, search: "?query={__typename}" })).status).toBe(200);
  });

  it("49 lets pages of named origins ask and read, refusals included, and of no others", async () => {
    const preflight = {
      "access-control-request-method": "POST",
      // Of a token, of a client that names itself, and of Sentry's own tracing in the page.
      "access-control-request-headers": "authorization,apollographql-client-name,baggage,sentry-trace",
    };
    const asked = async (
      origin: string,
      {
        headers = {},
        ...init
      }: Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>> } = {},
    ) => ask(open, { ...init, headers: { origin, ...headers } });
    const namedOf = ({ headers }: Answer) =>
      [...headers].filter(([name]) => name.startsWith("access-control-"));

    const named = await asked(page, { method: "OPTIONS", headers: preflight });
    expect(named.status).toBe(204);
    expect(Object.fromEntries(namedOf(named))).toMatchObject({
      "access-control-allow-origin": page,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": preflight["access-control-request-headers"],
    });
    const body = '{"query":"{ __typename }"}';
    const reads = { method: "POST", headers: { "content-type": J, ...bearer(all) }, body };
    for (const answer of [await asked(page, reads), await asked(page)])
      expect(answer.headers.get("access-control-allow-origin")).toBe(page);

    for (const evil of ["https://evil.example", `${page}.evil.example`, "null"])
      for (const answer of [
        await asked(evil, { method: "OPTIONS", headers: preflight }),
        await asked(evil, reads),
      ]) {
        expect([204, 200]).toContain(answer.status);
        expect(namedOf(answer)).toEqual([]);
      }
    const unnamed = await ask(gateway, { method: "OPTIONS", headers: { origin: page, ...preflight } });
    expect([unnamed.status, namedOf(unnamed)]).toEqual([204, []]);
  });
});

describe("a method", () => {
  it("18 GET reads", () =>
    askedAs({ query: "{ __typename }" }, [
      { status: 200, code: null, hasData: true },
      { status: 200, code: null, hasData: true },
    ]));

  it("19 GET changes nothing", async () => {
    const answer = await ask(gateway, { search: "?query=mutation{x}", headers: { accept: G } });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect(summary(answer).code).toBe("METHOD_NOT_ALLOWED");
  });

  it("20 GET gets a stream where it accepts one", async () => {
    const answer = await ask(gateway, { search: "?query={__typename}", headers: { accept: stream } });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, stream]);
    expect(answer.text).toContain('event: next\ndata: {"data":{"__typename":"Query"}}\n\nevent: complete');
  });

  it.each(["PUT", "DELETE", "PATCH", "HEAD"])("21 %s is not allowed", async (method) => {
    const answer = await ask(gateway, { method });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, POST"]);
    if (method === "HEAD") expect(answer.text).toBe("");
    else expect(summary(answer)).toEqual(refused(405, "METHOD_NOT_ALLOWED"));
  });
});

describe("a body's encoding", () => {
  const body = new Uint8Array(Buffer.from('{"query":"{ __typename }"}'));

  async function isRefused(headers: Record<string, string>, sent: Uint8Array<ArrayBuffer> = body) {
    for (const accept of [J, G]) {
      const answer = await ask(gateway, { method: "POST", headers: { accept, ...headers }, body: sent });
      expect(answer.headers.get("accept-post")).toBe(J);
      expect(summary(answer)).toEqual(refused(415, "UNSUPPORTED_MEDIA_TYPE"));
    }
  }

  it("22 has to be said, and not to be text/plain", async () => {
    await isRefused({});
    await isRefused({ "content-type": "text/plain" });
  });
  it.each(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "23 is not that of a form, which any page can send: %s",
    (type) => isRefused({ "content-type": type }),
  );
  it("24 is not application/graphql", () => isRefused({ "content-type": "application/graphql" }));
  it("25 is UTF-8", () => isRefused({ "content-type": "application/json; charset=utf-16" }));
  it("26 is not compressed", () =>
    isRefused({ "content-type": J, "content-encoding": "gzip" }, new Uint8Array(gzipSync(body))));
  it("27 is UTF-8 in truth", () =>
    postedAs(
      new Uint8Array(
        Buffer.concat([Buffer.from('{"query":"{ __typename } #'), Buffer.of(0xff), Buffer.from('"}')]),
      ),
      alike(400, "BAD_REQUEST"),
    ));

  it("28 has a largest size, whether it is told beforehand or not", async () => {
    const large = `{"query":"{ __typename } #${"x".repeat(100_000)}"}`;
    await postedAs(large, alike(413, "PAYLOAD_TOO_LARGE"));
    for (const type of contentTypes) {
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      const headers = { "content-type": type, "transfer-encoding": "chunked" };
      const sending = request(`${gateway.url}/graphql`, { method: "POST", headers }, ({ statusCode }) =>
        resolve(statusCode),
      );
      sending.on("error", () => {});
      sending.write(large);
      expect(await promise).toBe(413);
      sending.destroy();
    }
  });

  it("29 is that of a URL, which may be so long", async () => {
    const long = (length: number) => ask(gateway, { search: `?query={__typename}%23${"x".repeat(length)}` });
    expect(summary(await long(8_200))).toEqual(refused(414, "BAD_REQUEST"));
    expect((await long(17_000)).status).toBe(431);
  });
});

describe("a client that waits for 100 Continue", () => {
  const typename = '{"query":"{ __typename }"}';
  const head = (headers: Readonly<Record<string, string | number>>) =>
    `POST /graphql HTTP/1.1\r\n${Object.entries({
      Host: "localhost",
      Connection: "close",
      Expect: "100-continue",
      "Content-Type": J,
      "Content-Length": typename.length,
      ...headers,
    })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}\r\n`;

  it.each([J, G, stream, "multipart/mixed", "application/json, */*;q=0.1", "text/html"])(
    "is told to go on, accepting %s",
    async (accept) => {
      using wire = new Wire(Number(new URL(gateway.url).port));
      wire.write(head({ Accept: accept }));
      expect(await wire.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
      wire.write(typename);
      expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 (?:200|406) /);
    },
  );

  it.each([
    ["413", { "Content-Length": 100_001 }],
    ["415", { "Content-Type": "text/plain" }],
    ["415", { "Content-Encoding": "gzip" }],
  ])("is not told so where it is to be answered %s", async (status, headers) => {
    for (const accept of [J, "multipart/mixed"]) {
      using wire = new Wire(Number(new URL(gateway.url).port));
      wire.write(head({ Accept: accept, ...headers }));
      expect(await wire.untilEnd()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    }
  });
});

describe("what a client accepts", () => {
  const typename = '{"query":"{ __typename }"}';

  it("30 can be something that there is not", async () => {
    for (const accept of ["text/html", "application/xml"])
      for (const type of contentTypes)
        expect(summary(await post(typename, { accept, "content-type": type }))).toEqual(
          refused(406, "BAD_REQUEST"),
        );
    const page = { search: "?query={__typename}", headers: { accept: "text/html" } };
    expect((await ask(gateway, page)).headers.get("content-type")).toContain("text/html");
    await using without = await startTestGateway({ GRAPHIQL: "off" });
    expect(summary(await ask(without, page))).toEqual(refused(406, "BAD_REQUEST"));
  });

  it("31 can be anything, or left out", async () => {
    for (const type of contentTypes)
      expect(
        (await post(typename, { accept: "*/*", "content-type": type })).headers.get("content-type"),
      ).toMatch(/^application\/json/);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    request(`${gateway.url}/graphql`, { method: "POST", headers: { "content-type": J } }, ({ headers }) =>
      resolve(headers["content-type"]),
    ).end(typename);
    expect(await promise).toMatch(/^application\/json/);
  });

  it("31 is taken by its weights", async () => {
    const typeOf = async (accept: string) => {
      const { status, headers } = await post(typename, { accept });
      return status === 200 ? headers.get("content-type")?.split(";")[0] : status;
    };
    expect(await typeOf(`${J};q=0.5, ${G}`)).toBe(G);
    expect(await typeOf(`${G};q=0, ${J};q=0.1`)).toBe(J);
    expect(await typeOf(`${stream};q=0, ${J}`)).toBe(J);
    for (const accept of [`${J};q=0`, "*/*; Q=0.000", `${J};q=0, application/xml`])
      expect(await typeOf(accept)).toBe(406);
    expect(await typeOf("")).toBe(J);
    const page = await ask(gateway, {
      search: "?query={__typename}",
      headers: { accept: `text/html;q=0, ${J}` },
    });
    expect(page.headers.get("content-type")).toContain(J);
  });

  it("31 can be a body of several parts, of which there is one", async () => {
    for (const type of contentTypes) {
      const answer = await post(typename, { accept: "multipart/mixed", "content-type": type });
      expect([answer.status, answer.headers.get("content-type")]).toEqual([
        200,
        'multipart/mixed; boundary="-"',
      ]);
      expect(answer.text).toContain('{"data":{"__typename":"Query"}}\r\n-----');
    }
  });

  it("32 has to be a stream for a subscription, and that is said", async () => {
    const query = "subscription { issueChanged { cursor } }";
    await askedAs({ query }, alike(406, "BAD_REQUEST"));
    expect((await post(JSON.stringify({ query }))).text).toContain("text/event-stream");
  });

  it("32 is a stream for a subscription where it is anything", async () => {
    const query = "subscription { issueChanged { cursor } }";
    for (const accept of ["*/*", `${J}, text/plain, */*`, `${J}, */*;q=0.1`])
      for (const [search, init] of [
        ...contentTypes.map(
          (type) => ["", { method: "POST", body: JSON.stringify({ query }), type }] as const,
        ),
        [`?${new URLSearchParams({ query }).toString()}`, { type: J }] as const,
      ]) {
        const headers = { accept, "content-type": init.type };
        const response = await fetch(`${gateway.url}/graphql${search}`, { ...init, headers });
        expect([response.status, response.headers.get("content-type")]).toEqual([200, stream]);
        await response.body?.cancel();
      }
  });

  const told = (code: string) => new RegExp(`event: next\\ndata: .*"${code}".*\\n\\nevent: complete\\ndata:`);

  it("33 can be a stream, which then says itself what is wrong", async () => {
    for (const [query, code] of [
      ["{", "GRAPHQL_PARSE_FAILED"],
      ["subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
      ["query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"],
      ["subscription ($after: Cursor!) { issueChanged(after: $after) { cursor } }", "BAD_USER_INPUT"],
    ] as const)
      for (const init of [
        { search: `?${new URLSearchParams({ query }).toString()}` },
        { method: "POST", body: JSON.stringify({ query }) },
      ]) {
        const answer = await ask(gateway, { ...init, headers: { accept: stream, "content-type": J } });
        expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(told(code))]);
      }
  });

  it("34 can be a stream that cannot be resumed, which says why", async () => {
    const epoch = (bodyOf(await post('{"query":"{ feed { epoch } }"}')).data as { feed: { epoch: string } })
      .feed.epoch;
    const query = "subscription ($after: Cursor) { issueChanged(after: $after) { cursor } }";
    for (const [after, code] of [
      ["garbage", "CURSOR_INVALID"],
      [cursorOf({ epoch, seq: 7 }), "CURSOR_AHEAD"],
      [cursorOf({ epoch: "another", seq: 0 }), "EPOCH_CHANGED"],
    ] as const) {
      const body = JSON.stringify({ query, variables: { after } });
      const answer = await post(body, { accept: stream });
      expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(told(code))]);
      expect(answer.text).toContain('"newestCursor"');
    }
  });
});

describe("a document that asks for too much", () => {
  const nested = (levels: number) =>
    `${"project { issues(first: 1) { nodes { ".repeat(levels)}id${" } } }".repeat(levels)}`;
  const fragments = "ABCDEFGHI"
    .split("")
    .map((name, index) => `fragment ${name} on Query { ${`...${"BCDEFGHIJ"[index]!} `.repeat(4)} }`)
    .join(" ");

  it("35 nests too deep", () =>
    askedAs({ query: `{ issues(first: 1) { nodes { ${nested(5)} } } }` }, bySpecification("QUERY_TOO_DEEP")));

  it("36 has too many aliases", () =>
    askedAs(
      { query: `{ ${Array.from({ length: 51 }, (_, index) => `a${index}: __typename`).join(" ")} }` },
      bySpecification("QUERY_TOO_COMPLEX"),
    ));

  it.each([
    "{ issues(first: 100) { nodes { transitions(first: 100) { nodes { issue { transitions(first: 100) { nodes { id } } } } } } } }",
    `{ ...A } ${fragments} fragment J on Query { __typename }`,
  ])("37 costs too much, and the limit and the cost are said: %#", async (query) => {
    await askedAs({ query }, bySpecification("QUERY_TOO_COMPLEX"));
    expect(bodyOf(await post(JSON.stringify({ query }))).errors![0]!.message).toMatch(
      /asks for (?:more than )?\d+ values; 25000 is the limit/,
    );
  });

  it("38 has too many tokens", () =>
    askedAs({ query: `{ ${"__typename ".repeat(2_000)} }` }, bySpecification("GRAPHQL_PARSE_FAILED")));

  it.each([`${"{a".repeat(5_000)}${"}".repeat(5_000)}`, `{ issues(first: ${"[".repeat(20_000)}`])(
    "39 would exhaust the parser's stack: %#",
    (query) => askedAs({ query }, bySpecification("GRAPHQL_PARSE_FAILED")),
  );

  it.each([
    [
      "a cycle of fragments",
      "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
      "GRAPHQL_VALIDATION_FAILED",
    ],
    ["a directive twice", "{ __typename @skip(if: false) @skip(if: false) }", "GRAPHQL_VALIDATION_FAILED"],
    ["8,000 fields", `{ ${"__typename ".repeat(8_000)} }`, "GRAPHQL_PARSE_FAILED"],
  ])("40 has %s", (_, query, code) => askedAs({ query }, bySpecification(code)));
});

describe("an argument", () => {
  it.each(["first: -1", "first: 100000000", "first: 1, last: 1"])(
    "41 that is no size of a page is refused: %s",
    (given) => askedAs({ query: `{ issues(${given}) { nodes { id } } }` }, [wrongValue, wrongValue]),
  );

  it("41 may ask for an empty page", async () => {
    const answer = await post('{"query":"{ issues(first: 0) { nodes { id } } }"}');
    expect(bodyOf(answer)).toEqual({ data: { issues: { nodes: [] } } });
  });

  it.each(["garbage", cursorOf({ epoch: "e", seq: 1 }), "1' OR '1'='1", nodeId("Issue", "1")])(
    "42 that is no cursor of this list is refused: %s",
    async (after) => {
      const query = "query ($after: String) { issues(after: $after) { nodes { id } } }";
      await askedAs({ query, variables: { after } }, [wrongValue, wrongValue]);
    },
  );
});

describe("the schema", () => {
  it("43 is not told where it is not to be", async () => {
    await using quiet = await startTestGateway({ INTROSPECTION: "off" });
    for (const type of contentTypes)
      for (const [accept, wanted] of [
        [J, refused(200, "GRAPHQL_VALIDATION_FAILED")],
        [G, refused(400, "GRAPHQL_VALIDATION_FAILED")],
      ] as const) {
        const query = '{"query":"{ __schema { queryType { name } } }"}';
        expect(summary(await post(query, { accept, "content-type": type }, quiet))).toEqual(wanted);
        expect(summary(await post(query, { accept, "content-type": type })).code).toBeNull();
      }
  });
});

describe("what JSON allows", () => {
  it("48 keys twice, of which the last counts, and __proto__, which is a key like others", async () => {
    const twice =
      '{"query":"{","query":"query ($s: String) { issue(sentryId: $s) { id } }","variables":{"s":1,"s":"1"}}';
    for (const type of contentTypes)
      expect(bodyOf(await post(twice, { "content-type": type }))).toEqual({ data: { issue: null } });
    const proto =
      '{"query":"query ($s: String) { issue(sentryId: $s) { id } }","variables":{"__proto__":{"s":"1"},"s":"2"}}';
    for (const type of contentTypes)
      expect(bodyOf(await post(proto, { "content-type": type }))).toEqual({ data: { issue: null } });
    expect(Object.hasOwn(Object.prototype, "s")).toBe(false);
  });
});

describe("a document that is named by its hash", () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } };
  const unsupported = refused(200, "PERSISTED_QUERY_NOT_SUPPORTED");

  it("50 is told to be sent itself, in the words that clients know", async () => {
    for (const body of [{ extensions }, { query: null, extensions }, { query: "", extensions }])
      await postedAs(JSON.stringify(body), [unsupported, unsupported]);
    const search = `?${new URLSearchParams({ extensions: JSON.stringify(extensions) }).toString()}`;
    for (const accept of [J, G])
      expect(summary(await ask(gateway, { search, headers: { accept } }))).toEqual(unsupported);
    const stream_ = await ask(gateway, { search, headers: { accept: stream } });
    for (const answer of [stream_, await post(JSON.stringify({ extensions }), { accept: stream })]) {
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(
        '{"message":"PersistedQueryNotSupported","extensions":{"code":"PERSISTED_QUERY_NOT_SUPPORTED"}}',
      );
      expect(answer.text).toContain("event: complete");
    }
  });

  it("50 is answered where the document comes with it", () =>
    postedAs(JSON.stringify({ query: "{ __typename }", extensions }), [
      { status: 200, code: null, hasData: true },
      { status: 200, code: null, hasData: true },
    ]));
});
