import { createPostedText } from "../../src/http/posted-text.ts";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import { createAnswerRoom } from "../../src/http/limits/answer-room.ts";
import { createGraphQLHandler } from "../../src/http/graphql.ts";
import { startHeartbeat } from "../../src/http/live/heartbeat.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { createTurnstile, type Turnstile } from "../../src/http/limits/turnstile.ts";
import { at } from "../graphql/builders.ts";
import { gateway } from "../graphql/gateway.ts";
import { liveOverMemory } from "./live-operations.ts";

type Asked = {
  readonly method?: "GET" | "POST";
  readonly query: string;
  readonly variables?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly turnstile?: Turnstile;
};

/** A server of GraphQL over a log that stands at position 5. */
async function startServer(turnstile: Turnstile) {
  const memory = liveOverMemory(5);
  const { yoga } = gateway({ bounds: { newest: 5, oldest: 2 } });
  const heartbeat = startHeartbeat(3_600_000);
  const handle = createGraphQLHandler({
    graphql: yoga,
    live: memory.live,
    heartbeat,
    unreachable: { has: () => false },
    now: () => 0,
    turnstile,
    clientOf: ({ headers }) => headers.from ?? "",
    postedText: createPostedText(100_000),
    answerRoom: createAnswerRoom(Infinity),
    report: { subscriberJoined() {}, subscriberLeft() {}, slowConsumerCut() {} },
  });
  const admitted = {
    is: "admitted",
    viewer: unlimitedAdmin,
    until: null,
    revoked: new AbortController().signal,
  } as const;
  const server = createHttpServer({
    handler: (asking, response) => handle(asking, response, admitted),
    failed: (error) => expect(error).toBeUndefined(),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.dispose]() {
      memory.fanout[Symbol.dispose]();
      heartbeat[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Asks such a server; `text` is what has come of the answer by its end, or the first ping. */
async function ask({
  method = "POST",
  query,
  variables = {},
  headers = {},
  turnstile = createTurnstile(),
}: Asked) {
  using server = await startServer(turnstile);
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) }).toString();
  const asking = request({
    port: server.port,
    path: method === "GET" ? `/graphql?${search}` : "/graphql",
    method,
    headers: { accept: "text/event-stream", "content-type": "application/json", ...headers },
  }).end(method === "POST" ? JSON.stringify({ query, variables }) : undefined);
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  let text = "";
  response.setEncoding("utf8");
  const hasPing = () => /^id: .*\n\n$/m.test(text);
  for await (const chunk of response) {
    text += chunk;
    if (hasPing()) break;
  }
  asking.destroy();
  return { status: response.statusCode, headers: response.headers, text };
}

const query = "subscription ($after: Cursor) { issueChanged(after: $after) { cursor } }";
const ping = (seq: number) => new RegExp(`^retry: \\d+\n\nid: ${cursorOf(at(seq))}\n\n$`);

describe("a request over HTTP", () => {
  it.each(["GET", "POST"] as const)("has an answer by %s that no cache keeps for others", async (method) => {
    for (const query of ["{ __typename }", "{ nothing }"]) {
      const { headers } = await ask({ method, query, headers: { accept: "application/json" } });
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  it.each(["GET", "POST"] as const)(
    "waits for its turn by %s, and is refused where too many do",
    async (method) => {
      const asked = { method, query: "{ __typename }", headers: { accept: "application/json" } };
      expect(await ask({ ...asked, turnstile: { enter: async () => true } })).toMatchObject({ status: 200 });
      const refused = await ask({ ...asked, turnstile: { enter: () => false } });
      expect(refused).toMatchObject({ status: 503, text: expect.stringContaining("SERVICE_UNAVAILABLE") });
      expect(refused.headers["retry-after"]).toBe("1");
    },
  );

  it.each(["GET", "POST"] as const)(
    "begins in a turn of its own by %s, however many come in one piece",
    async (method) => {
      let turn = 0;
      const turns: number[] = [];
      const turnstile: Turnstile = {
        enter() {
          turns.push(turn);
          // What is asked at once begins before this.
          queueMicrotask(() => queueMicrotask(() => (turn += 1)));
          return true;
        },
      };
      using server = await startServer(turnstile);
      const text = "{ __typename }";
      const body = JSON.stringify({ query: text });
      const one =
        method === "GET"
          ? `GET /graphql?query=${encodeURIComponent(text)} HTTP/1.1\r\nHost: a\r\n\r\n`
          : `POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
      const socket = connect(server.port, "127.0.0.1");
      socket.write(one.repeat(5));
      let answers = "";
      for await (const chunk of socket) {
        answers += String(chunk);
        if (answers.split('"Query"').length > 5) break;
      }
      expect(turns).toEqual([0, 1, 2, 3, 4]);
    },
  );
});

describe("a subscription over HTTP", () => {
  it.each(["GET", "POST"] as const)("is an event stream by %s, that no proxy holds back", async (method) => {
    const { status, headers, text } = await ask({ method, query });
    expect([status, headers["content-type"]]).toEqual([200, "text/event-stream"]);
    expect(headers).toMatchObject({ "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" });
    expect(headers).not.toHaveProperty("content-encoding");
    expect(text).toMatch(ping(5));
  });

  it.each(["GET", "POST"] as const)(
    "goes on after Last-Event-ID, whatever `after` says: %s",
    async (method) => {
      const headers = { "last-event-id": "garbage" };
      const { status, text } = await ask({ method, query, variables: { after: cursorOf(at(5)) }, headers });
      expect([status, text]).toEqual([
        200,
        expect.stringMatching(/^:\n\nevent: next\ndata: .*"CURSOR_INVALID"/),
      ]);
      const resumed = { "last-event-id": cursorOf(at(5)) };
      expect((await ask({ method, query, variables: { after: "garbage" }, headers: resumed })).text).toMatch(
        ping(5),
      );
    },
  );

  it.each([
    ["CURSOR_INVALID", { after: "garbage" }],
    ["CURSOR_AHEAD", { after: cursorOf(at(6)) }],
    ["CURSOR_EXPIRED", { after: cursorOf(at(1)) }],
    ["EPOCH_CHANGED", { after: cursorOf({ epoch: "e0", seq: 3 }) }],
  ])(
    "that cannot resume says %s in the stream, with the newest cursor, and completes",
    async (code, variables) => {
      const { status, headers, text } = await ask({ query, variables });
      expect([status, headers["content-type"], headers["x-accel-buffering"]]).toEqual([
        200,
        "text/event-stream",
        "no",
      ]);
      const [, data] = /^:\n\nevent: next\ndata: (.*)\n\nevent: complete\ndata:\n\n$/.exec(text)!;
      const extensions = { code, newestCursor: cursorOf(at(5)) };
      expect(JSON.parse(data!)).toEqual({
        errors: [
          {
            message: expect.any(String),
            locations: [expect.anything()],
            path: ["issueChanged"],
            extensions,
          },
        ],
      });
    },
  );
});

describe("a query over an event stream", () => {
  it("is one result, then complete", async () => {
    const { status, text } = await ask({ query: "{ feed { epoch } }" });
    expect([status, text]).toEqual([
      200,
      `:\n\nevent: next\ndata: {"data":{"feed":{"epoch":"${at(1).epoch}"}}}\n\nevent: complete\ndata:\n\n`,
    ]);
  });

  it.each(["close", "keep-alive"])("leaves the connection as the client asks: %s", async (connection) => {
    const { headers } = await ask({ query: "{ feed { epoch } }", headers: { connection } });
    expect(headers.connection).toBe(connection);
  });
});
