import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { unlimitedAdmin, type Viewer } from "../../src/domain/viewer.ts";
import { createAnswerRoom, type AnswerRoom } from "../../src/http/limits/answer-room.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { sendAnswer } from "../../src/http/graphql-request.ts";
import { createQueryHandler } from "../../src/http/query.ts";
import { createPostedText } from "../../src/http/posted-text.ts";
import { createTurnstile, type Turnstile } from "../../src/http/limits/turnstile.ts";
import { issue } from "../graphql/builders.ts";
import { gateway } from "../graphql/gateway.ts";
import { head, Wire } from "./wire.ts";

const { signal: revoked } = new AbortController();
const limited: Viewer = { scope: "read", projects: new Set(["12"]) };

/** A server that answers queries on both ways: on the short one, and at /yoga as Yoga does by itself. */
async function startServer({
  turnstile = createTurnstile(),
  answerRoom = createAnswerRoom(Infinity),
  title = "Title",
}: {
  readonly turnstile?: Turnstile;
  readonly answerRoom?: AnswerRoom;
  /** Of the only issue. */
  readonly title?: string;
} = {}) {
  const { yoga, reader } = gateway({ issues: [issue("1", { title })] });
  const state = {
    version: 1 as number | null,
    viewer: unlimitedAdmin as Viewer,
    executed: 0,
    relayed: 0,
    since: Infinity,
    askedBy: undefined as string | undefined,
  };
  const handler = createQueryHandler({
    graphql: {
      operationOf(params) {
        state.executed += 1;
        const operation = yoga.operationOf(params);
        if (operation.is !== "query") return operation;
        return {
          ...operation,
          begin(asker) {
            state.since = asker.client?.since ?? Infinity;
            state.askedBy = asker.client?.key;
            return operation.begin(asker);
          },
        };
      },
    },
    async answer({ headers: { accept = "*/*" } }, response, { viewer }, body) {
      state.relayed += 1;
      const headers = { accept, "content-type": "application/json" };
      const init = { method: "POST", headers, body };
      const answer = await yoga.fetch("http://localhost/graphql", init, { viewer });
      await sendAnswer(answer, response, answerRoom);
    },
    version: () => state.version,
    turnstile,
    clientOf: ({ headers }) => headers.from ?? "",
    postedText: createPostedText(10_000),
    answerRoom,
  });
  const server = createHttpServer({
    failed: (error) => expect(error).toBeUndefined(),
    async handler(request, response) {
      const admitted = { is: "admitted", viewer: state.viewer, until: null, revoked } as const;
      const done = handler(request, response, admitted);
      if (done === null) response.writeHead(299).end();
      else await done;
    },
  });
  const connections: Socket[] = [];
  server.on("connection", (socket: Socket) => connections.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) => {
    const all = { "content-type": "application/json", ...headers };
    const response = await fetch(url, { method: "POST", headers: all, body });
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      body: await response.text(),
    };
  };
  const asYoga = async (body: string, headers: Record<string, string> = {}) => {
    const all = { accept: "*/*", "content-type": "application/json", ...headers };
    const init = { method: "POST", headers: all, body };
    const response = await yoga.fetch("http://localhost/graphql", init, { viewer: unlimitedAdmin });
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      body: await response.text(),
    };
  };
  return {
    port: (server.address() as AddressInfo).port,
    state,
    reader,
    connections,
    post,
    asYoga,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const title = JSON.stringify({ query: '{ issue(sentryId: "1") { title } }' });

describe("the short way of a query", () => {
  it("waits for its turn, and is refused where too many do", async () => {
    using server = await startServer({ turnstile: { enter: async () => true } });
    expect(await server.post(title)).toMatchObject({ status: 200 });
    using full = await startServer({ turnstile: { enter: () => false } });
    expect(await full.post(title)).toMatchObject({
      status: 503,
      body: expect.stringContaining("SERVICE_UNAVAILABLE"),
    });
    expect(full.state.executed).toBe(0);
  });

  it("takes turns by whom requests come from, from when they came", async () => {
    const entered: (string | undefined)[] = [];
    const turn = Promise.withResolvers<boolean>();
    const turnstile: Turnstile = {
      enter(client) {
        entered.push(client);
        return turn.promise;
      },
    };
    using server = await startServer({ turnstile });
    const asking = server.post(title, { from: "a" });
    await expect.poll(() => entered).toEqual(["a"]);
    const began = performance.now();
    turn.resolve(true);
    await asking;
    expect(server.state.since).toBeLessThanOrEqual(began);
    expect(server.state.askedBy).toBe("a");
  });

  const accepts = [
    "*/*",
    "application/json",
    "application/json, text/plain, */*",
    "application/graphql-response+json",
    "application/graphql-response+json,application/json;q=0.9",
    "application/graphql-response+json, application/json",
  ];
  const bodies = [
    title,
    JSON.stringify({ query: "query A { feed { epoch } } query B { __typename }", operationName: "B" }),
    JSON.stringify({ query: "query A { feed { epoch } } query B { __typename }" }),
    JSON.stringify({ query: "{ issues(first: -1) { totalCount } feed { epoch } }" }),
    JSON.stringify({ query: "{ issues(first: -1) { totalCount } }" }),
    // It needs a transaction, which cannot be had here.
    JSON.stringify({ query: "{ feed { cursor } }" }),
    JSON.stringify({ query: "query ($id: ID!) { node(id: $id) { id } }" }),
    JSON.stringify({ query: "{" }),
    JSON.stringify({ query: "{ nothing }" }),
    JSON.stringify({ query: "subscription { issueChanged { cursor } }" }),
    JSON.stringify({ query: "{ __typename }", stray: 1 }),
    "[]",
    "NONSENSE",
    "",
  ];
  it.each(accepts.flatMap((accept) => bodies.map((body) => [accept, body] as const)))(
    "answers %s to %s as Yoga does",
    async (accept, body) => {
      using server = await startServer();
      const answer = await server.post(body, { accept });
      expect(answer).toEqual(await server.asYoga(body, { accept }));
      expect(answer.status).not.toBe(299);
    },
  );

  it("masks what fails, also of a document that it knows", async () => {
    using server = await startServer();
    server.reader.issues = () => Promise.reject(new Error("the secret"));
    for (let time = 0; time < 5; time += 1) {
      const { status, body } = await server.post(title);
      expect({ status, body }).toEqual({
        status: 200,
        body: expect.stringContaining("INTERNAL_SERVER_ERROR"),
      });
      expect(body).not.toContain("secret");
    }
    expect(server.state.executed).toBe(5);
  });

  it.each<[string, Record<string, string>]>([
    ["another media type", { "content-type": "text/plain" }],
    ["a compressed body", { "content-encoding": "gzip" }],
    ["an event stream", { accept: "text/event-stream" }],
    ["an event stream among others", { accept: "application/json, text/event-stream" }],
    ["HTML", { accept: "text/html" }],
  ])("leaves %s alone", async (_, headers) => {
    using server = await startServer();
    expect((await server.post(title, headers)).status).toBe(299);
  });

  it("refuses a body that is too large, or not UTF-8", async () => {
    using server = await startServer();
    expect(await server.post(" ".repeat(10_001))).toMatchObject({
      status: 413,
      body: expect.stringContaining("PAYLOAD_TOO_LARGE"),
    });
    expect(await server.post(Uint8Array.of(0xff))).toMatchObject({
      status: 400,
      body: expect.stringContaining("BAD_REQUEST"),
    });
  });
});

describe("an answer that was given before", () => {
  it("is given again from the second time on, while nothing is written", async () => {
    using server = await startServer();
    const first = await server.post(title);
    for (const executed of [2, 2, 2]) {
      expect(await server.post(title)).toEqual(first);
      expect(server.state.executed).toBe(executed);
    }
    server.state.version = 2;
    for (const executed of [3, 3]) {
      expect(await server.post(title)).toEqual(first);
      expect(server.state.executed).toBe(executed);
    }
  });

  it("is not given to a viewer who may see something else", async () => {
    using server = await startServer();
    await server.post(title);
    await server.post(title);
    server.state.viewer = limited;
    await server.post(title);
    expect(JSON.parse((await server.post(title)).body)).toEqual({ data: { issue: null } });
  });

  it.each([
    ["depends on the time", JSON.stringify({ query: "{ feed { silentForSeconds } }" })],
    ["has errors", JSON.stringify({ query: "{ issues(first: -1) { totalCount } feed { epoch } }" })],
  ])("is made anew when it %s", async (_, body) => {
    using server = await startServer();
    for (let time = 0; time < 3; time += 1) await server.post(body);
    expect(server.state.executed).toBe(3);
  });

  it("is made anew where nobody can tell whether something was written", async () => {
    using server = await startServer();
    server.state.version = null;
    for (let time = 0; time < 3; time += 1) await server.post(title);
    expect(server.state.executed).toBe(3);
  });

  it("is not kept when something was written meanwhile", async () => {
    using server = await startServer();
    await server.post(title);
    const { issues } = server.reader;
    server.reader.issues = (ids) => {
      server.state.version = 2;
      return issues(ids);
    };
    await server.post(title);
    server.reader.issues = issues;
    await server.post(title);
    expect(server.state.executed).toBe(3);
  });
});

describe("an answer that its client does not take", () => {
  /** More than systems hold on the way. */
  const large = "x".repeat(48_000_000);
  const roomBytes = 50_000_000;
  const asking = head(
    { "Content-Type": "application/json", "Content-Length": title.length },
    "POST /graphql HTTP/1.1",
  );

  /** A server that has one such answer on a connection, whose client reads nothing of it. */
  async function untaken() {
    const answerRoom = createAnswerRoom(roomBytes);
    const server = await startServer({ title: large, answerRoom });
    const wire = new Wire(server.port);
    wire.socket.pause();
    wire.write(asking + title);
    await expect.poll(() => isEmpty(answerRoom)).toBe(false);
    return {
      ...server,
      wire,
      answerRoom,
      [Symbol.dispose]() {
        wire[Symbol.dispose]();
        server[Symbol.dispose]();
      },
    };
  }

  function isEmpty({ add }: AnswerRoom): boolean {
    const given = add(roomBytes, 0);
    given?.();
    return given !== null;
  }

  it("leaves room for little ones, and none for another one: 503, and nothing behind it is executed", async () => {
    using server = await untaken();
    const { wire, answerRoom } = server;
    using other = new Wire(server.port);
    other.write((asking + title).repeat(2));
    expect(await other.untilEnd()).toMatch(
      /^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\nConnection: close\r\n.*"code":"SERVICE_UNAVAILABLE"/s,
    );
    expect(server.state.executed).toBe(2);
    expect((await server.post(JSON.stringify({ query: "{ __typename }" }))).status).toBe(200);
    wire.socket.removeAllListeners("data").resume();
    await expect.poll(() => isEmpty(answerRoom)).toBe(true);
    expect((await server.post(title)).status).toBe(200);
    await expect.poll(() => isEmpty(answerRoom)).toBe(true);
  });

  it("is made by cutting what a client has asked for first that takes more of it than another", async () => {
    const answerRoom = createAnswerRoom(2 * roomBytes, ({ headers }) => headers.from ?? "");
    using server = await startServer({ title: large, answerRoom });
    using first = new Wire(server.port);
    using second = new Wire(server.port);
    for (const [index, wire] of [first, second].entries()) {
      wire.socket.pause();
      wire.write(asking + title);
      await expect.poll(() => server.connections[index]?.writableLength).toBeGreaterThan(1_000_000);
    }
    expect((await server.post(title, { from: "other" })).status).toBe(200);
    expect(server.connections.map(({ destroyed }) => destroyed).slice(0, 2)).toEqual([true, false]);
    second.socket.destroy();
    await expect.poll(() => answerRoom.add(2 * roomBytes, 0)).not.toBeNull();
  });

  it.each<[string, (wire: Wire, connection: Socket) => void]>([
    ["ends the connection", (wire) => wire.socket.destroy()],
    ["resets the connection", (wire) => wire.socket.resetAndDestroy()],
    ["is cut", (_wire, connection) => connection.destroy()],
    [
      "is cut in the middle of what it takes",
      (wire, connection) => {
        wire.socket.once("data", () => connection.resetAndDestroy()).resume();
      },
    ],
  ])("gives its room back where the client %s", async (_, end) => {
    using server = await untaken();
    end(server.wire, server.connections[0]!);
    await expect.poll(() => isEmpty(server.answerRoom)).toBe(true);
  });

  it("has those behind it on the connection wait, unexecuted", async () => {
    using server = await untaken();
    server.wire.write((asking + title).repeat(50));
    await server.post("{}");
    expect(server.state.executed).toBe(1);
    server.wire.socket.resetAndDestroy();
    await expect.poll(() => isEmpty(server.answerRoom)).toBe(true);
    expect(server.state.executed).toBe(1);
  });
});
