import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createClient as createSseClient } from "graphql-sse";
import { createClient, type ClientOptions } from "graphql-ws";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { socketServer } from "./http/socket-server.ts";
import { startTestGateway } from "./test-gateway.ts";

/* The README's loop over graphql-ws, as it stands there, and over graphql-sse, changed as it says. */

const readme = readFileSync("README.md", "utf8");
const [, shown] = /^```js\nimport [^\n]+\n([^]*?)^```$/m.exec(readme)!;
const [, refusedOverSse, refused] = /use the same loop, but test `(.+?)` instead of\s`(.+?)`/.exec(readme)!;

type Surroundings = {
  readonly query: string;
  readonly closed?: () => void;
  readonly apply?: (change: unknown) => void;
  readonly readTheListAgain?: () => Promise<string>;
};

/** Runs the loop against `url`, from the cursor `first` on. Rejects with what the loop throws. */
async function follow(
  url: string,
  { query, closed = () => {}, apply = () => {}, readTheListAgain }: Surroundings,
): Promise<void> {
  const given = {
    createClient(options: ClientOptions) {
      const client = createClient({ ...options, url, webSocketImpl: WebSocket });
      client.on("closed", closed);
      return client;
    },
    cursorOfTheList: "first",
    query,
    apply,
    readTheListAgain,
  };
  await run(shown!, given);
}

/** Runs the loop over graphql-sse, of which it has only the client made otherwise. */
async function followOverSse(
  url: string,
  { query, readTheListAgain }: Pick<Surroundings, "query" | "readTheListAgain">,
): Promise<void> {
  const loop = shown!.slice(shown!.indexOf("const passing")).replace(refused!, () => refusedOverSse!);
  const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
  await run(loop, { client, cursorOfTheList: "first", query, apply() {}, readTheListAgain });
}

async function run(code: string, given: Readonly<Record<string, unknown>>): Promise<void> {
  // eslint-disable-next-line typescript/no-implied-eval -- it is the README's.
  const body = new Function(...Object.keys(given), `return (async () => {${code}})()`);
  await (body(...Object.values(given)) as Promise<void>);
}

/** A gateway that answers each subscription with one change and then says nothing; one after `refusing`, with an error. */
async function quietGateway({ refusing }: { readonly refusing?: string } = {}) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const asked: string[] = [];
  let pongs = 0;
  server.on("connection", (socket) =>
    socket.on("message", (message) => {
      const { type, id, payload } = JSON.parse((message as Buffer).toString()) as Message;
      const send = (told: object) => socket.send(JSON.stringify(told));
      if (type === "connection_init") send({ type: "connection_ack" });
      if (type === "pong") pongs += 1;
      if (type !== "subscribe") return;
      const { after } = payload!.variables;
      asked.push(after);
      const errors = [{ message: "A new log has begun.", extensions: { newestCursor: "newest" } }];
      const data = { issueChanged: { cursor: `${after}+` } };
      send({ type: "next", id, payload: after === refusing ? { data: null, errors } : { data } });
      if (after === refusing) send({ type: "complete", id });
    }),
  );
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The cursors that were subscribed after. */
    asked,
    pongs: () => pongs,
    ping() {
      for (const socket of server.clients) socket.send('{"type":"ping"}');
    },
    [Symbol.dispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

type Message = {
  readonly type: string;
  readonly id?: string;
  readonly payload?: { readonly variables: { readonly after: string } };
};

/** Looks in each turn of the event loop, whose time the tests leave alone. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

describe("the README's loop", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("resumes after the newest cursor once nothing has come for 30 s, pings included", async () => {
    using gateway = await quietGateway();
    const told: unknown[] = [];
    const closed = vi.fn();
    void follow(gateway.url, { query: "subscription { x }", closed, apply: (change) => told.push(change) });
    await until(() => told.length === 1);
    vi.advanceTimersByTime(29_000);
    gateway.ping();
    await until(() => gateway.pongs() === 1);
    vi.advanceTimersByTime(29_999);
    expect(closed).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(closed).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await until(() => gateway.asked.length === 2);
    expect(gateway.asked).toEqual(["first", "first+"]);
  });

  it("goes on with the list read again where its cursor cannot be resumed after", async () => {
    using gateway = await quietGateway({ refusing: "first" });
    void follow(gateway.url, { query: "subscription { x }", readTheListAgain: async () => "second" });
    await until(() => gateway.asked.length === 1);
    while (gateway.asked.length === 1) await vi.advanceTimersByTimeAsync(1_000);
    expect(gateway.asked).toEqual(["first", "second"]);
  });

  it("ends where what it asks for is refused", async () => {
    await using server = await socketServer();
    const url = `ws://127.0.0.1:${server.port}/graphql`;
    const refused = follow(url, { query: "subscription { issueChangd { cursor } }" });
    await expect(refused).rejects.toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  });
});

describe("the README's loop over graphql-sse", () => {
  it("reads the list again where its cursor cannot be resumed after", async () => {
    await using gateway = await startTestGateway();
    const query = "subscription ($after: Cursor) { issueChanged(after: $after) { cursor } }";
    // What the loop takes for a refusal ends it.
    const ended = [{ message: "The list was read again.", extensions: {} }];
    const following = followOverSse(gateway.url, { query, readTheListAgain: () => Promise.reject(ended) });
    await expect(following).rejects.toBe(ended);
  });

  it("ends where what it asks for is refused", async () => {
    await using gateway = await startTestGateway();
    const refused = followOverSse(gateway.url, { query: "subscription { issueChangd { cursor } }" });
    await expect(refused).rejects.toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
  });

  it("ends where a token is not valid", async () => {
    // Behind a proxy nobody is on the gateway's own machine, so all need a token.
    await using gateway = await startTestGateway({ TRUST_PROXY: "1" });
    const refused = followOverSse(gateway.url, { query: "subscription { issueChanged { cursor } }" });
    await expect(refused).rejects.toMatchObject({ response: { status: 401 } });
  });
});
