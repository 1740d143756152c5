import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { newTokenText, tokenHash } from "../src/http/access/token-text.ts";
import { createLogger } from "../src/observability/logger.ts";
import { sign } from "../src/sentry/signature.ts";
import { openSqliteMaintenance } from "../src/store/sqlite/maintenance.ts";
import { secret, startTestGateway } from "./test-gateway.ts";

/** A gateway that logs everything there is to log, and all that it wrote and answered. */
async function overheard(settings: Readonly<Record<string, string>> = {}) {
  let text = "";
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const logger = createLogger({ level: "trace", destination });
  const gateway = await startTestGateway(settings, undefined, { logger });
  return {
    gateway,
    heard: () => text,
    ask: async (path: string, init: RequestInit = {}): Promise<void> => {
      const response = await fetch(`${gateway.url}${path}`, init).catch(() => null);
      if (response !== null) text += `${JSON.stringify([...response.headers])}${await response.text()}`;
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

const bearer = "canary-of-the-webhooks";
const cookie = "canary-of-a-cookie";
const body = JSON.stringify({ action: "created", data: { issue: { id: "1", title: "canary-of-a-title" } } });

describe("what a gateway logs, answers and measures", () => {
  it("has no secret, signature, token, cookie or body in it", async () => {
    await using overhearing = await overheard({ WEBHOOK_BEARER: bearer });
    const { gateway, heard, ask } = overhearing;
    const token = newTokenText();
    {
      await using store = await openSqliteMaintenance(gateway.database);
      const of = { scope: "admin", projects: "all", createdAt: 0, expiresAt: null } as const;
      await store.tokens.add({ ...of, name: "one", sha256: tokenHash(token) });
    }
    const signature = sign(secret, Buffer.from(body));
    const unknown = newTokenText();
    const json = { "content-type": "application/json" };
    const webhook = (headers: Record<string, string>, text = body) =>
      ask("/webhooks/sentry", { method: "POST", headers: { ...json, ...headers }, body: text });
    await webhook({ "sentry-hook-signature": signature, authorization: `Bearer ${bearer}`, cookie });
    await webhook({ "sentry-hook-signature": signature, authorization: `Bearer ${token}` });
    await webhook({ "sentry-hook-signature": signature.slice(1) });
    await webhook({ "sentry-hook-signature": signature, authorization: `Bearer ${bearer}` }, `${body} `);
    for (const text of [token, unknown]) {
      const headers = { ...json, authorization: `Bearer ${text}`, cookie: `${cookie}=${text}` };
      await ask("/graphql", {
        method: "POST",
        headers,
        body: '{"query":"{ issues { nodes { id } } nothing }"}',
      });
      await ask("/graphql", { method: "POST", headers, body: "{{{" });
      await ask("/metrics", { headers });
      await ask("/session", { method: "DELETE", headers });
      await ask(`/${text}`, { headers });
      await ask(`/health/ready?${text}`, { headers });
    }
    for (const canary of [
      secret,
      signature,
      signature.slice(1),
      bearer,
      token,
      unknown,
      cookie,
      "canary-of-a-title",
    ])
      expect([canary, heard().includes(canary)]).toEqual([canary, false]);
    // The ear hears: this is what was logged and answered.
    for (const said of [
      "delivery kept",
      "webhook refused",
      "UNAUTHENTICATED",
      "issuewire_ack_seconds_count 1",
    ])
      expect(heard()).toContain(said);
  });
});
