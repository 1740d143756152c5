import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { createClient } from "graphql-sse";
import { describe, expect, it } from "vitest";
import { StorageUnavailableError } from "../src/domain/failure.ts";
import { createLogger } from "../src/observability/logger.ts";
import { sign } from "../src/sentry/signature.ts";
import type { Store } from "../src/store/store.ts";
import { Wire } from "./http/wire.ts";
import { temporaryFolder } from "./store/open.ts";
import { onServer, temporarySchema } from "./store/open-postgres.ts";
import { secret, startTestGateway } from "./test-gateway.ts";

async function post(
  url: string,
  body: string | Buffer,
  { key = secret, sentAt = null as number | null } = {},
): Promise<unknown> {
  const response = await fetch(`${url}/webhooks/sentry`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "sentry-hook-signature": sign(key, Buffer.from(body)),
      ...(sentAt === null ? {} : { "sentry-hook-timestamp": String(sentAt) }),
    },
    body: new Uint8Array(Buffer.from(body)),
  });
  return response.json();
}

async function ask(url: string, query: string, variables: object = {}): Promise<Record<string, never>> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as {
    readonly data: Record<string, never>;
    readonly errors?: unknown;
  };
  expect(errors).toBeUndefined();
  return data;
}

const byId = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** The example of Sentry's documentation, in the serialisation in which Sentry sends it. */
const example = readFileSync("test/fixtures/corpus/created-default-message-fatal.json");

const resolved = (id: string) =>
  JSON.stringify({
    action: "resolved",
    data: {
      resolution_type: "now",
      issue: {
        ...(JSON.parse(example.toString()) as { data: { issue: object } }).data.issue,
        id,
        status: "resolved",
        substatus: null,
      },
    },
    actor: { type: "user", id: 5, name: "Ada" },
  });

describe("a gateway", () => {
  it("says at every start that Sentry does not know its secret, where it was given none", async () => {
    using folder = temporaryFolder();
    const startsAndSays = async (settings: Readonly<Record<string, string>>) => {
      let said = "";
      const logger = createLogger({ level: "warn", destination: { write: (line) => void (said += line) } });
      await using _gateway = await startTestGateway(settings, folder.path, { logger });
      return said;
    };
    for (const _start of ["first", "second"])
      expect(await startsAndSays({ SENTRY_CLIENT_SECRET: "" })).toContain(
        "SENTRY_CLIENT_SECRET is not set: ",
      );
    expect(await startsAndSays({})).toBe("");
  });

  it("serves over GraphQL what Sentry's own example says, as soon as it has answered", async () => {
    await using gateway = await startTestGateway();
    expect(await post(gateway.url, example)).toEqual({ outcome: "APPLIED", delivery: expect.any(String) });
    const { data } = JSON.parse(example.toString()) as { data: { issue: Record<string, never> } };
    const { issue } = await ask(
      gateway.url,
      `query ($id: String!) { issue(sentryId: $id) {
        sentryId shortId title culprit status statusRaw substatus level priority category issueType type platform logger
        isUnhandled count userCount firstSeen lastSeen project { slug } assignee { __typename } metadata webUrl raw
        transitions { nodes { kind from { status } to { status substatus } source } } } }`,
      { id: data.issue["id"] },
    );
    expect(issue).toMatchObject({
      sentryId: data.issue["id"],
      shortId: data.issue["shortId"],
      title: data.issue["title"],
      status: "UNRESOLVED",
      statusRaw: "unresolved",
      substatus: "NEW",
      level: "FATAL",
      count: Number(data.issue["count"]),
      metadata: data.issue["metadata"],
      raw: data.issue,
      transitions: {
        nodes: [
          { kind: "OPENED", from: null, to: { status: "UNRESOLVED", substatus: "NEW" }, source: "REPORTED" },
        ],
      },
    });
  });

  it.each([[[0, 1, 2]], [[0, 2, 1]], [[2, 1, 0]], [[1, 2, 0]]])(
    "shows what it does not read of an issue as the newest webhook has it, in whatever order they come: %j",
    async (order) => {
      await using gateway = await startTestGateway();
      const sentAt = Math.floor(Date.now() / 1000) - 100;
      const shows = (unread: number) => {
        const body = JSON.parse(resolved("1")) as { data: { issue: Record<string, unknown> } };
        body.data.issue["seerExplorerAutofixLastTriggered"] = unread;
        return JSON.stringify(body);
      };
      for (const index of order)
        expect(await post(gateway.url, shows(index), { sentAt: sentAt + index })).toMatchObject({
          outcome: "APPLIED",
        });
      const { issue } = await ask(
        gateway.url,
        '{ issue(sentryId: "1") { raw transitions { nodes { kind } } } }',
      );
      expect(issue).toMatchObject({
        raw: { seerExplorerAutofixLastTriggered: 2 },
        transitions: { nodes: [{ kind: "RESOLVED" }] },
      });
    },
  );

  it("streams a change to a real client over SSE, and goes on after its cursor with another one", async () => {
    await using gateway = await startTestGateway();
    await post(gateway.url, resolved("1"));
    const { feed } = await ask(gateway.url, "{ feed { cursor } }");
    const query = `subscription ($after: Cursor) {
      statusTransitioned(after: $after) { cursor transition { kind issue { sentryId } } } }`;
    const next = async (after: unknown) => {
      const client = createClient({ url: `${gateway.url}/graphql` });
      const stream = client.iterate<Record<string, { cursor: string }>>({ query, variables: { after } });
      const { value } = await stream.next();
      await stream.return?.();
      client.dispose();
      return value as { readonly data: { readonly statusTransitioned: { readonly cursor: string } } };
    };
    const live = next(feed!["cursor"]);
    await post(gateway.url, resolved("2"));
    const first = await live;
    expect(first.data.statusTransitioned).toMatchObject({
      transition: { kind: "RESOLVED", issue: { sentryId: "2" } },
    });
    await post(gateway.url, resolved("3"));
    expect(await next(first.data.statusTransitioned.cursor)).toMatchObject({
      data: { statusTransitioned: { transition: { issue: { sentryId: "3" } } } },
    });
  });

  it("tells no lost entry as one of the new epoch where the database came back without the newest ones", async () => {
    await using schema = await temporarySchema();
    await using one = await startTestGateway({ DATABASE_URL: schema.url });
    await using other = await startTestGateway({ DATABASE_URL: schema.url });
    const follow = (after: unknown) => {
      const client = createClient({ url: `${one.url}/graphql` });
      const query = "subscription ($after: Cursor) { issueChanged(after: $after) { cursor } }";
      return { client, told: client.iterate({ query, variables: { after } }) };
    };
    const { feed: before } = await ask(one.url, "{ feed { cursor } }");
    const live = follow(before!["cursor"]);
    for (const id of ["1", "2", "3", "4", "5"]) await post(one.url, resolved(id));
    // All of them are in the memory of that gateway.
    for (const _id of ["1", "2", "3", "4", "5"]) await live.told.next();

    await onServer(async (client) => {
      for (const [table, position] of [
        ["events", "seq"],
        ["issues", "last_seq"],
        ["deliveries", "position"],
      ] as const)
        await client.query(`delete from ${table} where ${position} > 3`);
      await client.query("update meta set value = 'x.00000001' where name = 'instance'");
    }, schema.url);
    await post(other.url, resolved("6"));
    const { feed: after } = await ask(one.url, "{ feed { cursor } }");
    const again = follow(after!["cursor"]);
    const { value } = await again.told.next();
    expect(value).toMatchObject({ errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] });
    for (const { client } of [live, again]) client.dispose();
  });

  it("lets a client that follows the log end with the history, whatever is corrected on the way", async () => {
    await using gateway = await startTestGateway();
    const told = (
      action: string,
      status: string,
      substatus: string | null,
      lastSeen: number,
      count: number,
    ) =>
      JSON.stringify({
        action,
        data: {
          issue: {
            id: "1",
            title: "x",
            status,
            substatus,
            count,
            lastSeen: new Date(lastSeen * 1000).toISOString(),
          },
        },
      });
    const start = Math.floor(Date.now() / 1000) - 10_000;
    // Newest first: every delivery but the first one is late, and shows the ones before it otherwise.
    const bodies = [
      told("assigned", "resolved", null, start + 90, 9),
      told("unresolved", "unresolved", "regressed", start + 60, 5),
      told("resolved", "resolved", null, start + 30, 3),
      told("created", "unresolved", "new", start, 1),
    ];
    for (const [index, body] of bodies.entries()) {
      const timestamp = String(start + 100 - 30 * index);
      const headers = {
        "content-type": "application/json",
        "sentry-hook-signature": sign(secret, Buffer.from(body)),
        "sentry-hook-timestamp": timestamp,
      };
      const response = await fetch(`${gateway.url}/webhooks/sentry`, { method: "POST", headers, body });
      expect(response.status).toBe(202);
    }
    const { feed } = await ask(gateway.url, "{ feed { cursor oldestCursor } }");
    const client = createClient({ url: `${gateway.url}/graphql` });
    const query = `subscription ($after: Cursor) { issueChanged(after: $after) {
      cursor event { id action source transition { kind } supersedesAll { id } } } }`;
    const log = client.iterate({ query, variables: { after: feed!["oldestCursor"] } });
    type Entry = {
      readonly cursor: string;
      readonly event: { readonly id: string; readonly supersedesAll: readonly { id: string }[] };
    };
    const held = new Map<string, object>();
    for await (const { data } of log as AsyncIterable<{ data: { issueChanged: Entry } }>) {
      const { cursor, event } = data.issueChanged;
      const { supersedesAll, ...rest } = event;
      held.set(event.id, rest);
      for (const { id } of supersedesAll) held.delete(id);
      if (cursor === feed!["cursor"]) break;
    }
    client.dispose();
    const { issue } = await ask(
      gateway.url,
      '{ issue(sentryId: "1") { events { nodes { id action source transition { kind } } } } }',
    );
    const { nodes } = issue!["events"] as unknown as { readonly nodes: readonly { readonly id: string }[] };
    expect(nodes.length).toBeGreaterThan(3);
    expect([...held.values()].toSorted(byId)).toEqual([...nodes].toSorted(byId));
  });

  it("measures how soon it tells of what comes in its order, and not of what names a delivery of before", async () => {
    await using gateway = await startTestGateway();
    const client = createClient({ url: `${gateway.url}/graphql` });
    const query = "subscription ($after: Cursor) { issueChanged(after: $after) { event { action } } }";
    const { feed } = await ask(gateway.url, "{ feed { cursor } }");
    const log = client.iterate({ query, variables: { after: feed!["cursor"] } });
    const told = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) expect((await log.next()).value).not.toHaveProperty("errors");
    };
    const issue = { id: "1", title: "x", status: "unresolved", substatus: "new", count: 1 };
    const before = log.next();
    await post(gateway.url, JSON.stringify({ action: "assigned", data: { issue } }));
    await before;
    await post(gateway.url, JSON.stringify({ action: "created", data: { issue } }));
    // The opening replaces the discovery, and the assignment is an event of its own.
    await told(2);
    client.dispose();
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain("issuewire_told_seconds_count 1\n");
  });

  it("stops while a stream is open, and lets it end", async () => {
    const gateway = await startTestGateway();
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({ query: "subscription { issueChanged { cursor } }" }),
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const text = response.text();
    await gateway[Symbol.asyncDispose]();
    expect(await text).not.toContain("errors");
    await expect(fetch(gateway.url)).rejects.toThrow();
  });

  it("accepts no connection any more once it ends streams, though one has yet to close", async () => {
    const gateway = await startTestGateway();
    using wire = new Wire(Number(new URL(gateway.url).port));
    wire.write(
      "GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
    );
    await wire.until("graphql-transport-ws\r\n\r\n");
    const stopped = gateway[Symbol.asyncDispose]();
    await wire.until("Service Restart");
    await expect(fetch(gateway.url)).rejects.toThrow();
    wire[Symbol.dispose]();
    await stopped;
  });

  it("says of nothing that was asked for that it failed because the store closes", async () => {
    const [asked, refused] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
    const transitionCountsOf = () => {
      asked.resolve();
      return refused.promise;
    };
    const around = (store: Store): Store => ({ ...store, reader: { ...store.reader, transitionCountsOf } });
    let said = "";
    const logger = createLogger({ level: "error", destination: { write: (line) => void (said += line) } });
    const gateway = await startTestGateway({}, undefined, { around, logger });
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({
        query: "subscription { issueChanged { issue { transitions { totalCount } } } }",
      }),
    });
    await post(gateway.url, resolved("1"));
    await asked.promise;
    await gateway[Symbol.asyncDispose]();
    refused.reject(new StorageUnavailableError("The store is closing."));
    await response.text();
    await setImmediate();
    expect(said).toBe("");
  });

  it("makes a secret of its own where it is given none, for its owner alone, and keeps it", async () => {
    using folder = temporaryFolder();
    const settings = { SENTRY_CLIENT_SECRET: "" };
    const secretIn = () => readFileSync(join(folder.path, "issuewire.db.secret"), "utf8").trim();
    {
      await using gateway = await startTestGateway(settings, folder.path);
      for (const end of [".secret", "", "-wal", "-shm"])
        expect([end, statSync(`${gateway.database}${end}`).mode & 0o777]).toEqual([end, 0o600]);
      expect(await post(gateway.url, resolved("1"), { key: secretIn() })).toMatchObject({
        outcome: "APPLIED",
      });
      expect(await post(gateway.url, resolved("1"), { key: "another" })).toMatchObject({
        code: "SIGNATURE_INVALID",
      });
    }
    const before = secretIn();
    await using _again = await startTestGateway(settings, folder.path);
    expect(secretIn()).toBe(before);
  });

  it("says what to do when its port is taken", async () => {
    await using gateway = await startTestGateway();
    const port = new URL(gateway.url).port;
    await expect(startTestGateway({ PORT: port })).rejects.toThrow(
      `Port ${port} is in use: stop what listens there`,
    );
  });

  it("counts what it refuses, in the feed and in the metrics", async () => {
    await using gateway = await startTestGateway();
    await post(gateway.url, resolved("1"), { key: "another" });
    expect(await ask(gateway.url, "{ feed { refusedSinceStart } }")).toEqual({
      feed: { refusedSinceStart: 1 },
    });
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics).toContain('issuewire_deliveries_refused_total{code="SIGNATURE_INVALID"} 1');
  });
});
