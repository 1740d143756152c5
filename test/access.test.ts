import { once } from "node:events";
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { tokenCommand } from "../src/commands/token.ts";
import { createLogger } from "../src/observability/logger.ts";
import { openSqliteMaintenance } from "../src/store/sqlite/maintenance.ts";
import { sign } from "../src/sentry/signature.ts";
import { secret, startTestGateway, type TestGateway } from "./test-gateway.ts";
import { temporaryFolder } from "./store/open.ts";
import { listening } from "./http/wire.ts";
import { commandOn } from "./process/command.ts";
import { join } from "node:path";

/** Runs `issuewire token …` on this database, and gives what it printed. */
async function token(file: string, ...args: string[]): Promise<string> {
  const printed: string[] = [];
  const open = async () => openSqliteMaintenance(file);
  const command = tokenCommand({
    open,
    openExisting: open,
    now: Date.now,
    print: (line) => printed.push(line),
  });
  await command.exitOverride().parseAsync(args, { from: "user" });
  return printed.join("\n");
}

async function status(
  { url }: TestGateway,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const response = await fetch(`${url}${path}`, { headers });
  await response.body?.cancel();
  return response.status;
}

const query = "/graphql?query={__typename}";
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

describe("the tokens of a gateway that runs", () => {
  it("count as soon as they are made, and no longer once they are revoked", async () => {
    await using gateway = await startTestGateway();
    expect(await status(gateway, query)).toBe(200);
    const text = await token(gateway.database, "create", "--name", "board", "--scope", "read");
    expect(await status(gateway, query, bearer(text))).toBe(200);
    expect(await status(gateway, query)).toBe(401);
    expect(await status(gateway, "/metrics", bearer(text))).toBe(403);

    const admin = await token(gateway.database, "create", "--name", "me", "--scope", "admin");
    expect(await status(gateway, "/metrics", bearer(admin))).toBe(200);

    await token(gateway.database, "revoke", "board");
    await expect.poll(() => status(gateway, query, bearer(text))).toBe(401);
    expect(await status(gateway, query, bearer(admin))).toBe(200);
  });

  it("let this machine in again once the last is revoked, which is said then", async () => {
    await using gateway = await startTestGateway();
    await token(gateway.database, "create", "--name", "board", "--scope", "read");
    await token(gateway.database, "create", "--name", "me", "--scope", "admin");
    expect(await token(gateway.database, "revoke", "board")).toBe("Revoked board.");
    expect(await token(gateway.database, "revoke", "me")).toMatch(
      /^Revoked me\.\nThat was the last token\. .*anyone on this machine can now read everything; with TRUST_PROXY/,
    );
    await expect.poll(() => status(gateway, query)).toBe(200);
  });

  it("end the streams that were begun with them, once they are revoked", async () => {
    await using gateway = await startTestGateway();
    const text = await token(gateway.database, "create", "--name", "board", "--scope", "read");
    const query = "subscription { issueChanged { cursor } }";
    const response = await fetch(`${gateway.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream", ...bearer(text) },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(200);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    const closed = once(socket, "close");
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init", payload: { token: text } }));
    await once(socket, "message");
    await token(gateway.database, "revoke", "board");
    expect(await response.text()).toContain("UNAUTHENTICATED");
    expect((await closed)[0]).toBe(4403);
  });

  it("are said to be in a new database, where there was none to make one in", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const made = `Made ${file}: a gateway with another DATABASE_URL does not know this token.`;
    const create = (name: string) =>
      commandOn(`file:${file}`, "token", "create", "--name", name, "--scope", "read").ended;
    expect(await create("one")).toEqual({ code: 0, output: expect.stringContaining(made) });
    expect(await create("two")).toEqual({ code: 0, output: expect.not.stringContaining("Made") });
  });

  it("are told by name, never by text", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const made = [
      await token(file, "create", "--name", "one", "--scope", "read", "--project", "7", "--project", "8"),
      await token(file, "create", "--name", "two", "--scope", "admin", "--expires", "P1D"),
    ];
    const list = await token(file, "list");
    expect(list).toMatch(/^one +read +7,8 +\S+ +never$/m);
    expect(list).toMatch(/^two +admin +all +\S+ +\d{4}-\S+Z$/m);
    for (const text of made) expect(list).not.toContain(text.slice(0, 12));
  });

  it.each([
    [
      ["create", "--name", "x", "--scope", "read", "--project", "nothing"],
      "No webhook has named a project nothing",
    ],
    [["create", "--name", "x", "--scope", "read", "--expires", "tomorrow"], "--expires must be"],
    [["create", "--name", "x", "--scope", "read", "--expires", "2020-01-01T00:00:00Z"], "in the past"],
    [["create", "--name", "taken", "--scope", "read"], "There is a token named taken"],
    [["revoke", "nobody"], "There is no token named nobody"],
  ])("are not made or revoked by %j, and it is said why", async (args, message) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    await token(file, "create", "--name", "taken", "--scope", "read");
    await expect(token(file, ...args)).rejects.toThrow(message);
  });
});

describe("what a gateway says of who may read, as it starts", () => {
  const text = "any request from this machine may read everything";

  it.each([
    [
      "and no more once there is a token",
      async (file: string) => void (await token(file, "create", "--name", "me", "--scope", "admin")),
      {},
    ],
    ["and nothing where anonymous readers are allowed", async () => {}, { ALLOW_ANONYMOUS: "read" }],
    ["and nothing where no request counts as made here", async () => {}, { TRUST_PROXY: "1" }],
  ])("is that whoever is on this machine may, %s", async (_, change, settings) => {
    using folder = temporaryFolder();
    let said = "";
    const logger = createLogger({ level: "info", destination: { write: (line) => void (said += line) } });
    const start = async (some = {}) => {
      await using gateway = await startTestGateway(some, folder.path, { logger });
      return gateway.database;
    };
    const file = await start();
    expect(said).toContain(text);
    await change(file);
    said = "";
    await start(settings);
    expect(said).toContain("listening");
    expect(said).not.toContain(text);
  });
});

describe("a JWT of somebody's login", () => {
  it("lets its bearer read until it expires, over every way in, and ends the streams then", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = { ...(await exportJWK(publicKey)), kid: "1", alg: "ES256" };
    const keys = createServer((_, response) => void response.end(JSON.stringify({ keys: [jwk] })));
    await using at = await listening(keys);
    const [issuer, audience] = ["https://login.example", "issuewire"];
    const clock = { now: Date.now() };
    const settings = {
      JWT_JWKS_URL: `http://127.0.0.1:${at.port}/keys`,
      JWT_ISSUER: issuer,
      JWT_AUDIENCE: audience,
    };
    await using gateway = await startTestGateway(settings, undefined, { now: () => clock.now });
    const expiresAt = Math.floor(clock.now / 1000) + 60;
    const claims = { issuewire_scope: "read", issuewire_projects: "*" };
    const text = await new SignJWT({ ...claims, iss: issuer, aud: audience, exp: expiresAt })
      .setProtectedHeader({ alg: "ES256", kid: "1" })
      .sign(privateKey);

    expect(await status(gateway, query)).toBe(401);
    expect(await status(gateway, query, bearer(text))).toBe(200);
    const session = await fetch(`${gateway.url}/session`, { method: "POST", headers: bearer(text) });
    const cookie = session.headers.get("set-cookie")!;
    expect(cookie).toMatch(/; Max-Age=(?:64|65)$/);
    const subscription = JSON.stringify({ query: "subscription { issueChanged { cursor } }" });
    const streams = await Promise.all(
      [bearer(text), { cookie: cookie.split(";")[0]! }].map((shown) =>
        fetch(`${gateway.url}/graphql`, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "text/event-stream", ...shown },
          body: subscription,
        }),
      ),
    );
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    const closed = once(socket, "close");
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "connection_init", payload: { token: text } }));
    await once(socket, "message");

    clock.now += 66_000;
    for (const stream of streams) expect(await stream.text()).toContain("UNAUTHENTICATED");
    expect((await closed)[0]).toBe(4403);
    expect(await status(gateway, query, bearer(text))).toBe(401);
  });
});

describe("a gateway that other machines can reach", () => {
  it("does not start without a way to tell who may read, and says what to do", async () => {
    await expect(startTestGateway({ HOST: "0.0.0.0" })).rejects.toThrow(
      /token create.*JWT_JWKS_URL.*ALLOW_ANONYMOUS=read/s,
    );
  });

  it("starts with a token, and asks for it on this machine too", async () => {
    using folder = temporaryFolder();
    const text = await token(join(folder.path, "issuewire.db"), "create", "--name", "a", "--scope", "read");
    await using gateway = await startTestGateway({ HOST: "0.0.0.0" }, folder.path);
    const url = gateway.url.replace("0.0.0.0", "127.0.0.1");
    expect(await status({ ...gateway, url }, query)).toBe(401);
    expect(await status({ ...gateway, url }, query, bearer(text))).toBe(200);
  });

  it("starts with ALLOW_ANONYMOUS=read, and gives nobody the metrics", async () => {
    await using gateway = await startTestGateway({ HOST: "0.0.0.0", ALLOW_ANONYMOUS: "read" });
    const url = gateway.url.replace("0.0.0.0", "127.0.0.1");
    expect(await status({ ...gateway, url }, query)).toBe(200);
    expect(await status({ ...gateway, url }, "/metrics")).toBe(403);
  });
});

describe("a gateway behind a proxy", () => {
  it("takes nobody for being on its machine", async () => {
    await using gateway = await startTestGateway({ TRUST_PROXY: "1" });
    expect(await status(gateway, query)).toBe(401);
  });

  it("refuses before anything is parsed, in GraphQL's form and with a challenge", async () => {
    await using gateway = await startTestGateway({ TRUST_PROXY: "1" });
    const response = await fetch(`${gateway.url}/graphql`, { method: "POST", body: "{{{" });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.json()).toEqual({
      errors: [{ message: expect.stringContaining("token"), extensions: { code: "UNAUTHENTICATED" } }],
    });
  });
});

describe("the health and the metrics of a gateway", () => {
  it("say what is missing to whoever asks for silence where nobody said how long that is", async () => {
    await using gateway = await startTestGateway();
    expect(await status(gateway, "/health/ready")).toBe(200);
    const response = await fetch(`${gateway.url}/health/ready?silence=1`);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: "not ready",
      reason: "FEED_SILENCE_AFTER is not set, so silence cannot be judged",
    });
  });

  it("tell that Sentry has been silent, to whoever asks for that", async () => {
    await using gateway = await startTestGateway({ FEED_SILENCE_AFTER: "PT1H" });
    expect(await status(gateway, "/health/ready")).toBe(200);
    expect(await status(gateway, "/health/ready?silence=1")).toBe(503);
    const metricsOf = async () => (await fetch(`${gateway.url}/metrics`)).text();
    expect(await metricsOf()).not.toMatch(/^issuewire_feed_silence_seconds /m);
    const body = JSON.stringify({ action: "test", data: { x: 1 } });
    const headers = {
      "content-type": "application/json",
      "sentry-hook-signature": sign(secret, Buffer.from(body)),
    };
    const response = await fetch(`${gateway.url}/webhooks/sentry`, { method: "POST", headers, body });
    expect(response.status).toBe(202);
    expect(await status(gateway, "/health/ready?silence=1")).toBe(200);
    const metrics = await metricsOf();
    for (const name of [
      "feed_silence_seconds",
      "write_queue",
      "tail_lag_seconds",
      "wal_bytes",
      "event_loop_delay_seconds_count",
      "ack_seconds_count",
      'deliveries_total{outcome="IGNORED"}',
    ])
      expect(metrics).toContain(`\nissuewire_${name} `);
  });
});

describe("the page's session", () => {
  it("lets its cookie read what the token may", async () => {
    await using gateway = await startTestGateway();
    const text = await token(gateway.database, "create", "--name", "a", "--scope", "read");
    const response = await fetch(`${gateway.url}/session`, { method: "POST", headers: bearer(text) });
    const cookie = response.headers.get("set-cookie")!.split(";")[0]!;
    expect(await status(gateway, query, { cookie })).toBe(200);
    expect(await status(gateway, query)).toBe(401);
  });
});
