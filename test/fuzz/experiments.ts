import { once } from "node:events";
import { connect } from "node:net";
import fc from "fast-check";
import { expect } from "vitest";
import WebSocket from "ws";
import { nodeId } from "../../src/domain/node-id.ts";
import { schema } from "../../src/graphql/schema.ts";
import { sign } from "../../src/sentry/signature.ts";
import { told } from "../store/deliveries.ts";
import { secret, startTestGateway, type TestGateway } from "../test-gateway.ts";
import { createRandom, randomQuery, type Values } from "./random-operation.ts";

/** How many inputs, and their seed: the same seed gives the same inputs. */
export type Size = { readonly count: number; readonly seed: number };

const examples = ({ count, seed }: Size) => ({ numRuns: count, seed });

/** No rate limit, because everything comes from one address. */
const settings = {
  LIMIT_REQUESTS: "0",
  LIMIT_COST: "10000000",
  LIMIT_ALIASES: "10000",
  LIMIT_TOKENS: "100000",
};

async function isAlive({ url }: TestGateway): Promise<void> {
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
}

const piece = fc.oneof(
  fc.constantFrom(
    "GET /graphql?query={__typename} HTTP/1.1\r\n",
    "POST /webhooks/sentry HTTP/1.1\r\n",
    "POST /graphql HTTP/1.1\r\n",
    "GET /health/live HTTP/1.0\r\n",
    "DELETE /session HTTP/1.1\r\n",
    "Host: localhost\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\n",
    "Connection: keep-alive\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
    "Content-Type: application/json\r\n",
    "Accept: text/event-stream\r\n",
    "\r\n",
    "\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    '{"query":"{ __typename }"}',
    "\0",
    " folded\r\n",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);

/** Bytes that are nearly HTTP: each input is answered without a 500, or its connection is closed. */
export async function malformedHttp(size: Size): Promise<void> {
  await using gateway = await startTestGateway(settings);
  const port = Number(new URL(gateway.url).port);
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 12 }), async (pieces) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.end(Buffer.from(pieces.join(""), "latin1"));
      let answer = "";
      socket.setEncoding("latin1").on("data", (text) => (answer += text));
      // A stream that has begun would go on: there is nothing more to check in it.
      const streams = setInterval(() => {
        if (/text\/event-stream|101 Switching/.test(answer)) socket.destroy();
      }, 5);
      await once(socket, "close", { signal: AbortSignal.timeout(15_000) });
      clearInterval(streams);
      expect(answer).not.toMatch(/^HTTP\/1\.1 500/m);
    }),
    examples(size),
  );
  await isAlive(gateway);
}

/** Signed bodies of every sort: each is kept. */
export async function webhookBodies(size: Size): Promise<void> {
  await using gateway = await startTestGateway(settings);
  const issue = JSON.parse(Buffer.from(told().body).toString()) as { data: { issue: object } };
  const anything = fc.jsonValue({ maxDepth: 4 });
  const body = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }),
    fc.record({ action: anything, data: anything }).map((value) => JSON.stringify(value)),
    fc
      .tuple(fc.dictionary(fc.constantFrom(...Object.keys(issue.data.issue)), anything), anything)
      .map(([changed, actor]) =>
        JSON.stringify({ ...issue, actor, data: { issue: { ...issue.data.issue, ...changed } } }),
      ),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const bytes = Buffer.from(text);
      const response = await fetch(`${gateway.url}/webhooks/sentry`, {
        method: "POST",
        headers: { "content-type": "application/json", "sentry-hook-signature": sign(secret, bytes) },
        body: new Uint8Array(bytes),
      });
      expect([response.status, await response.text()]).toEqual([202, expect.stringContaining("outcome")]);
    }),
    examples(size),
  );
  await isAlive(gateway);
  const response = await fetch(
    `${gateway.url}/graphql?query={issues(first:100){nodes{title,events{nodes{action}}}}}`,
  );
  expect(await response.text()).not.toContain("errors");
}

/** Bodies that are nearly GraphQL requests: none causes a fault of the gateway. */
export async function graphqlBodies(size: Size): Promise<void> {
  await using gateway = await startTestGateway(settings);
  const words = fc.constantFrom(
    ...'{ } ( ) [ ] : $ ! @ ... | & = query subscription fragment on Query issues nodes feed cursor id first 1 -1 1e999 "x" """ null true # \\u0000 __schema __typename'.split(
      " ",
    ),
  );
  const document = fc.array(words, { maxLength: 30, size: "max" }).map((all) => all.join(" "));
  const body = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }),
    fc
      .record(
        {
          query: fc.oneof(document, fc.jsonValue()),
          variables: fc.jsonValue(),
          operationName: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value)),
    document.map((query) => JSON.stringify({ query })),
  );
  const accept = fc.constantFrom(
    "*/*",
    "application/json",
    "application/graphql-response+json",
    "text/event-stream",
  );
  await fc.assert(
    fc.asyncProperty(body, accept, async (text, accepted) => {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: accepted },
        body: new Uint8Array(Buffer.from(text)),
        signal: AbortSignal.timeout(15_000),
      });
      expect([200, 400, 406, 413]).toContain(response.status);
      expect(await response.text()).not.toContain("INTERNAL_SERVER_ERROR");
    }),
    examples(size),
  );
  await isAlive(gateway);
}

/** Messages that are nearly those of graphql-transport-ws: the socket closes with a code of the protocol. */
export async function webSocketMessages(size: Size): Promise<void> {
  await using gateway = await startTestGateway(settings);
  const id = fc.constantFrom("1", "2", "");
  const query = fc.constantFrom(
    "{ __typename }",
    "{",
    "{ nothing }",
    "subscription { issueChanged { cursor } }",
  );
  const message = fc.oneof(
    fc.constant({ type: "connection_init" }),
    fc.constant({ type: "ping" }),
    fc.record({ type: fc.constant("subscribe"), id, payload: fc.record({ query }) }),
    fc.record({ type: fc.constant("complete"), id }),
    fc.record(
      {
        type: fc.constantFrom("subscribe", "next", "connection_ack", "nonsense"),
        id: fc.jsonValue(),
        payload: fc.jsonValue(),
      },
      { requiredKeys: ["type"] },
    ),
  );
  const sent = fc.oneof(
    { weight: 5, arbitrary: message.map((one) => JSON.stringify(one)) },
    { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(sent, { maxLength: 8 }), async (messages) => {
      const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
      const closed = once(socket, "close", { signal: AbortSignal.timeout(15_000) });
      await once(socket, "open");
      for (const one of messages) socket.send(one);
      // The gateway reads these messages before the close.
      socket.close(1000);
      const [code] = (await closed) as [number];
      expect([1000, 1002, 1003, 1005, 1007, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429]).toContain(code);
    }),
    examples(size),
  );
  await isAlive(gateway);
}

const values: Values = {
  ID: [
    "1",
    "9",
    nodeId("Issue", "1"),
    nodeId("Project", "7"),
    nodeId("Delivery", "1"),
    nodeId("IssueEvent", "1.report"),
  ].map((id) => JSON.stringify(id)),
  String: ["web", "WEB-1", "1", "", "a", "UTC", "Europe/Berlin", "%", "é"].map((text) =>
    JSON.stringify(text),
  ),
  Int: ["0", "1", "5", "100", "101", "-1"],
  Boolean: ["true", "false"],
  BigInt: ["0", "1", "9007199254740991", "-5"],
  DateTimeOrDuration: ['"-P1D"', '"-P30D"', '"P1M"', '"2026-10-01T00:00:00Z"', '"2027-01-01T00:00:00+02:00"'],
  Cursor: ['"x"', '"djEuYS4x"'],
  Float: ["0.5"],
};

/** Queries that the schema allows: none causes a fault of the gateway. */
export async function randomQueries({ count, seed }: Size): Promise<void> {
  await using gateway = await startTestGateway(settings);
  for (const one of [
    told({ issue: "1", at: 0 }),
    told({
      issue: "1",
      at: 60,
      action: "assigned",
      status: "resolved",
      more: { assignedTo: { type: "user", id: "5", name: "Ada" } },
    }),
    told({ issue: "1", at: 61, action: "resolved", status: "resolved", lastSeen: 60 }),
    told({ issue: "2", at: 70, project: null }),
  ]) {
    const headers = { "content-type": "application/json", "sentry-hook-signature": sign(secret, one.body) };
    await fetch(`${gateway.url}/webhooks/sentry`, {
      method: "POST",
      headers,
      body: new Uint8Array(one.body),
    });
  }
  const random = createRandom(seed);
  let answered = 0;
  for (let round = 0; round < count; round++) {
    const query = randomQuery(schema, values, random);
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    if (text.includes("INTERNAL_SERVER_ERROR")) throw new Error(`${query}\n${text}`);
    if (text.startsWith('{"data":{')) answered += 1;
  }
  // Otherwise nothing was tested.
  expect(answered).toBeGreaterThan(count / 3);
  await isAlive(gateway);
}
