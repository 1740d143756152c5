import { createHmac } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { detailsIn } from "../../src/domain/issue.ts";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { OverloadedError, StorageUnavailableError } from "../../src/domain/failure.ts";
import { createRateLimit } from "../../src/http/limits/rate-limit.ts";
import { countTimedOut, isWebhookPath } from "../../src/http/webhook.ts";
import { refusals } from "../../src/observability/refusals.ts";
import { sign } from "../../src/sentry/signature.ts";
import { aLargeBody, anIssueBody, anIssueObject, bytesOf, installation } from "../sentry/bodies.ts";
import { recordedReport } from "../sentry/recorded-report.ts";
import { now, secret, signed, webhookServer, type WebhookServer } from "./webhook-server.ts";
import { head, send, Wire, type WireAnswer } from "./wire.ts";

const body = anIssueBody();
const limit = 2 * 1024 * 1024;

/** The answer's problem details, having checked that they are ones and repeat nothing of the request. */
function problemIn({ status, headers, body: text }: WireAnswer): {
  readonly code: string;
  readonly detail: string;
} {
  expect(headers["content-type"]).toBe("application/problem+json");
  const problem = JSON.parse(text);
  expect(problem).toEqual({
    type: "about:blank",
    title: expect.any(String),
    status,
    code: expect.any(String),
    detail: expect.any(String),
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  return problem;
}

/** The answer to a signed body, with some of its headers replaced. */
function post(
  { port }: WebhookServer,
  bytes: Uint8Array = body,
  headers: Parameters<typeof signed>[1] = {},
): Promise<WireAnswer> {
  return send(port, { headers: signed(bytes, headers), body: bytes });
}

/** The one delivery that this body became. */
async function keptOf(bytes: Uint8Array, headers: Parameters<typeof signed>[1] = {}) {
  await using server = await webhookServer();
  const answer = await post(server, bytes, headers);
  expect(answer.status).toBe(202);
  expect(server.kept).toHaveLength(1);
  const delivery: IncomingDelivery = server.kept[0]!;
  expect(Buffer.compare(delivery.body, bytes)).toBe(0);
  return { ...delivery, outcome: JSON.parse(answer.body).outcome as string, told: server.told };
}

/** Checks that a signed body with these headers is refused, and kept nowhere. */
async function expectRefused(
  { bytes = body, headers }: { bytes?: Uint8Array; headers: Parameters<typeof signed>[1] },
  code: "SIGNATURE_MISSING" | "SIGNATURE_INVALID",
): Promise<void> {
  await using server = await webhookServer();
  const answer = await post(server, bytes, headers);
  expect(answer.status).toBe(401);
  expect(answer.headers["www-authenticate"]).toBe("Sentry-Hook-Signature");
  expect(problemIn(answer)).toMatchObject({ code, detail: refusals[code] });
  expect(server.kept).toEqual([]);
  expect(server.told).toEqual([["deliveryRefused", code]]);
}

describe("the webhook route answers what is no delivery", () => {
  it.each(["GET", "PUT", "DELETE", "PATCH"])("row 1: %s with 405", async (method) => {
    await using server = await webhookServer();
    const answer = await send(server.port, { method });
    expect([answer.status, answer.headers.allow]).toEqual([405, "POST"]);
    expect(problemIn(answer).code).toBe("METHOD_NOT_ALLOWED");
  });

  it("row 2: HEAD with 405 and no body", async () => {
    await using server = await webhookServer();
    const answer = await send(server.port, { method: "HEAD" });
    expect([answer.status, answer.headers.allow, answer.body]).toEqual([405, "POST", ""]);
  });

  it.each([{}, { Origin: "https://evil.example", "Access-Control-Request-Method": "POST" }])(
    "row 3: OPTIONS with 204, and no browser with anything, %j",
    async (headers) => {
      await using server = await webhookServer();
      const answer = await send(server.port, { method: "OPTIONS", headers });
      expect([answer.status, answer.headers.allow, answer.body]).toEqual([204, "POST", ""]);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    },
  );

  it.each([
    "/webhooks/sentry/",
    "//webhooks//sentry//",
    "/webhooks/sentry?x=1",
    "/webhooks/sentry/?next=/elsewhere",
    "/webhooks/sentry?",
  ])("row 4: at %s as without the difference, never a redirect", async (path) => {
    await using server = await webhookServer();
    const answer = await send(server.port, { path, headers: signed(body), body });
    expect(answer.status).toBe(202);
    expect(server.kept).toHaveLength(1);
  });

  it.each([
    "/",
    "/webhooks",
    "/webhooks/sentry/x",
    "/webhooks/sentryx",
    "/x/webhooks/sentry",
    "/webhooks/Sentry",
    "/webhookssentry",
    "/?/webhooks/sentry",
    "webhooks/sentry",
  ])("row 5: at %s with 404", async (path) => {
    expect(isWebhookPath(path)).toBe(false);
    if (!path.startsWith("/")) return;
    await using server = await webhookServer();
    const answer = await send(server.port, { path, headers: signed(body), body });
    expect([answer.status, problemIn(answer).code]).toEqual([404, "NOT_FOUND"]);
    expect(server.kept).toEqual([]);
  });

  it.each([
    { "Content-Type": "application/json" },
    { "Content-Type": "text/plain" },
    { "Content-Encoding": "gzip" },
  ])("row 6: a declared size over the limit with 413, before any of it is sent, with %o", async (headers) => {
    await using server = await webhookServer();
    using wire = new Wire(server.port);
    wire.write(head({ ...headers, "Content-Length": limit + 1 }));
    const text = await wire.untilEnd();
    expect(text).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n[^]*"code":"PAYLOAD_TOO_LARGE"/);
    expect(server.told).toEqual([["deliveryRefused", "PAYLOAD_TOO_LARGE"]]);
  });

  it("row 6: a declared size of exactly the limit as any other", async () => {
    await using server = await webhookServer({ webhook: { maxBytes: body.length } });
    expect((await post(server)).status).toBe(202);
  });

  it("row 7: chunks that pass the limit with 413, without reading on", async () => {
    await using server = await webhookServer({ webhook: { maxBytes: 1000 } });
    using wire = new Wire(server.port);
    wire.write(head({ "Content-Type": "application/json", "Transfer-Encoding": "chunked" }));
    // It does not end: the answer has to come all the same, and the connection to go.
    wire.write(`3e8\r\n${"x".repeat(1000)}\r\n1\r\nx\r\n`);
    const text = await wire.untilEnd();
    expect(text).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n[^]*"code":"PAYLOAD_TOO_LARGE"/);
    expect(server.kept).toEqual([]);
  });

  it("row 7: chunks that pass the limit and end at once are no reason to keep the connection", async () => {
    await using server = await webhookServer({ webhook: { maxBytes: 1000 } });
    using wire = new Wire(server.port);
    const start = head({ "Content-Type": "application/json", "Transfer-Encoding": "chunked" });
    wire.write(`${start}3e8\r\n${"x".repeat(1000)}\r\n1\r\nx\r\n0\r\n\r\n`);
    expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/);
  });

  it("row 7: chunks up to the limit as any other body", async () => {
    await using server = await webhookServer({ webhook: { maxBytes: body.length } });
    const answer = await post(server, body, { "Content-Length": undefined, "Transfer-Encoding": "chunked" });
    expect(answer.status).toBe(202);
  });

  it.each(["gzip", "br", "deflate", "GZIP", "identity, gzip", "x"])(
    "row 8: an encoding, %s, with 415",
    async (encoding) => {
      await using server = await webhookServer();
      const answer = await post(server, body, { "Content-Encoding": encoding });
      expect([answer.status, answer.headers["accept-encoding"]]).toEqual([415, "identity"]);
      expect(problemIn(answer).code).toBe("UNSUPPORTED_ENCODING");
      expect(server.kept).toEqual([]);
    },
  );

  it.each(["identity", "Identity", ""])("row 8: the encoding %j as none", async (encoding) => {
    expect(await keptOf(body, { "Content-Encoding": encoding })).toMatchObject({ outcome: "APPLIED" });
  });

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonp",
    "text/plain; application/json",
  ])("row 9: a type that is not JSON, %s, with 415", async (type) => {
    await using server = await webhookServer();
    const answer = await post(server, body, { "Content-Type": type });
    expect([answer.status, answer.headers["accept-post"]]).toEqual([415, "application/json"]);
    expect(problemIn(answer).code).toBe("UNSUPPORTED_MEDIA_TYPE");
    expect(server.kept).toEqual([]);
  });

  it.each([
    undefined,
    "",
    "application/json; charset=utf-8",
    "application/json;charset=latin1",
    "APPLICATION/JSON",
    "application/json ; x",
  ])("row 10: the type %j as JSON", async (type) => {
    expect(await keptOf(body, { "Content-Type": type })).toMatchObject({ outcome: "APPLIED" });
  });
});

describe("the webhook route and the signature", () => {
  it("row 11: an empty body that is signed is quarantined", async () => {
    expect(await keptOf(Buffer.alloc(0))).toMatchObject({ outcome: "QUARANTINED" });
  });

  it("row 12: an empty body that is not signed is refused", async () => {
    const headers = { "Sentry-Hook-Signature": undefined };
    await expectRefused({ bytes: Buffer.alloc(0), headers }, "SIGNATURE_MISSING");
  });

  it("row 13: without any secret everything is refused: the check is never off", async () => {
    await using server = await webhookServer({ receive: { secrets: [] } });
    expect((await post(server)).status).toBe(401);
    expect((await post(server, body, { "Sentry-Hook-Signature": sign("", body) })).status).toBe(401);
    expect(server.kept).toEqual([]);
  });

  it("row 14: a missing signature is refused", async () => {
    await expectRefused({ headers: { "Sentry-Hook-Signature": undefined } }, "SIGNATURE_MISSING");
  });

  it("row 15: a wrong signature is refused, and the answer says no more than its code", async () => {
    const headers = { "Sentry-Hook-Signature": sign("another secret", body) };
    await expectRefused({ headers }, "SIGNATURE_INVALID");
    await using server = await webhookServer();
    const plain = async (signature: string | undefined) => {
      const answer = await post(server, body, { "Sentry-Hook-Signature": signature });
      return { ...JSON.parse(answer.body), code: null, detail: null, requestId: null };
    };
    expect(await plain(headers["Sentry-Hook-Signature"])).toEqual(await plain(undefined));
  });

  const right = sign(secret, body);
  it.each([
    ["16: 63 digits", right.slice(1)],
    ["16: 65 digits", `${right}a`],
    ["17: the right one and more", `${right}zz-anything`],
    ["18: upper case", right.toUpperCase()],
    ["19: GitHub's prefix", `sha256=${right}`],
    ["20: two of them", [right, right]],
    ["20: two of them, joined", `${right}, ${right}`],
    ["21: base64", Buffer.from(right, "hex").toString("base64")],
    ["21: not ASCII", "é".repeat(64)],
    ["21: 12 kB", "a".repeat(12 * 1024)],
    ["25: a secret that was removed", sign("an old secret", body)],
    ["26: sha1", createHmac("sha1", secret).update(body).digest("hex")],
    ["26: sha512", createHmac("sha512", secret).update(body).digest("hex")],
  ])("row %s is refused", async (_, signature) => {
    await expectRefused({ headers: { "Sentry-Hook-Signature": signature } }, "SIGNATURE_INVALID");
  });

  it("row 21: a signature of more than 16 KiB is answered 431", async () => {
    await using server = await webhookServer();
    const answer = await post(server, body, { "Sentry-Hook-Signature": "a".repeat(17 * 1024) });
    expect(answer.status).toBe(431);
  });

  it("row 22: a signature over the same JSON, printed again, is refused", async () => {
    const sent = Buffer.from(body.toString().replace('"userCount":2', '"userCount":2.0'));
    const printed = Buffer.from(JSON.stringify(JSON.parse(sent.toString())));
    expect(printed.equals(sent)).toBe(false);
    await expectRefused(
      { bytes: sent, headers: { "Sentry-Hook-Signature": sign(secret, printed) } },
      "SIGNATURE_INVALID",
    );
  });

  it.each([
    ["one byte changed", Buffer.from(body.toString().replace("created", "Created"))],
    ["a byte order mark", Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body])],
    ["a newline", Buffer.concat([body, Buffer.from("\n")])],
  ])("row 23: a body with %s since it was signed is refused", async (_, bytes) => {
    await expectRefused({ bytes, headers: { "Sentry-Hook-Signature": right } }, "SIGNATURE_INVALID");
  });

  it("row 24: any secret of the list will do", async () => {
    await using server = await webhookServer({ receive: { secrets: ["an old secret", secret] } });
    const old = { "Sentry-Hook-Signature": sign("an old secret", body) };
    expect((await post(server, body, old)).status).toBe(202);
    expect((await post(server)).status).toBe(202);
  });

  it("row 27: the signature in Sentry-App-Signature is none", async () => {
    const headers = { "Sentry-Hook-Signature": undefined, "Sentry-App-Signature": right };
    await expectRefused({ headers }, "SIGNATURE_MISSING");
  });

  it("asks for a token where one is set", async () => {
    await using server = await webhookServer({ receive: { bearer: "a token" } });
    const refused = await post(server);
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect(problemIn(refused).code).toBe("UNAUTHENTICATED");
    expect((await post(server, body, { Authorization: "Bearer a token" })).status).toBe(202);
  });
});

describe("the webhook route keeps what is signed", () => {
  const lastSeen = Date.parse("2026-10-01T10:00:04.738Z");

  it.each([
    [undefined, now, "missing"],
    ["yesterday", now, "unreadable"],
    [String(now / 1000 - 315_360_000), lastSeen, "too early"],
    [String(now / 1000 + 315_360_000), now, "too late"],
  ])("row 28: with the timestamp %j, at a time that can be", async (timestamp, sentAt, reason) => {
    const kept = await keptOf(body, { "Sentry-Hook-Timestamp": timestamp });
    expect(kept.sentAt).toBe(sentAt);
    expect(kept.told).toContainEqual(["sentAtAdjusted", reason]);
  });

  it.each([
    ["none", undefined],
    ["an empty one", ""],
    ["10 kB", "a".repeat(10_000)],
    ["two", ["fa64356e2a34088bc95ab8ea6c9b7e6f", "02ca2ab21cc04dd97e6dc19943db6612"]],
    ["one of other letters", "<script>alert(1)</script>"],
  ])("row 29: with a Request-ID that is %s, as without", async (_, id) => {
    const kept = await keptOf(body, { "Request-ID": id });
    expect([kept.requestId, kept.outcome]).toEqual([null, "APPLIED"]);
  });

  it("row 30: sent again, and says that it knows it", async () => {
    await using server = await webhookServer();
    const [first, second] = [await post(server), await post(server)];
    expect(JSON.parse(first.body)).toEqual({ outcome: "APPLIED", delivery: expect.any(String) });
    expect(second.status).toBe(202);
    expect(second.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(second.body)).toEqual({ outcome: "DUPLICATE", delivery: expect.any(String) });
    expect(server.kept).toHaveLength(2);
  });

  it("row 31: with the Request-ID of another body, both of them", async () => {
    await using server = await webhookServer();
    const answers = [await post(server), await post(server, anIssueBody({ action: "resolved" }))];
    expect(answers.map((answer) => answer.status)).toEqual([202, 202]);
    expect(new Set(server.kept.map((kept) => kept.requestId)).size).toBe(1);
    expect(new Set(server.kept.map((kept) => kept.sha256)).size).toBe(2);
  });

  it("row 32: with another Request-ID, so that the store can tell the repeat", async () => {
    await using server = await webhookServer();
    await post(server);
    await post(server, body, { "Request-ID": "02ca2ab21cc04dd97e6dc19943db6612" });
    expect(new Set(server.kept.map((kept) => kept.requestId)).size).toBe(2);
    expect(new Set(server.kept.map((kept) => kept.sha256)).size).toBe(1);
  });

  it.each(["event_alert", "metric_alert", "comment", "seer", "unheard_of"])(
    "row 33: about something else, %s, as ignored",
    async (resource) => {
      const bytes = bytesOf({ action: "triggered", installation, data: { [resource]: { id: 1 } } });
      const kept = await keptOf(bytes, { "Sentry-Hook-Resource": resource });
      expect(kept).toMatchObject({ outcome: "IGNORED", resource });
    },
  );

  it.each([undefined, "comment"])(
    "row 34: with the resource header %j, by what the body says",
    async (resource) => {
      const kept = await keptOf(body, { "Sentry-Hook-Resource": resource });
      expect(kept).toMatchObject({ outcome: "APPLIED", resource: "issue" });
    },
  );

  it.each(["created", "deleted"])("row 35: of an installation %s", async (action) => {
    const bytes = bytesOf({ action, installation, data: { installation: { ...installation, code: "x" } } });
    const kept = await keptOf(bytes, { "Sentry-Hook-Resource": "installation" });
    expect(kept).toMatchObject({ outcome: "IGNORED", resource: "installation", action });
  });

  it.each(["archived", "ignored"])("row 36: as archived when sent as %s", async (action) => {
    const kept = await keptOf(anIssueBody({ action }));
    expect(kept.reading).toMatchObject({ is: "issue", issue: { action, claim: "ignored" } });
  });

  it("row 37: of an unknown action, which claims nothing", async () => {
    const kept = await keptOf(anIssueBody({ action: "escalated" }));
    expect(kept.reading).toMatchObject({ is: "issue", issue: { action: "escalated", claim: null } });
  });

  it.each(["hello", body.toString().slice(0, -2), '{"action":"created","data":{"x":NaN}}', "\u0000"])(
    "row 38: that is no JSON, as quarantined: %#",
    async (text) => {
      expect(await keptOf(Buffer.from(text))).toMatchObject({ outcome: "QUARANTINED", action: null });
    },
  );

  it.each(["[]", '"x"', "null", "1", "true"])("row 39: that is %s, as quarantined", async (json) => {
    expect(await keptOf(Buffer.from(json))).toMatchObject({ outcome: "QUARANTINED" });
  });

  it.each([
    [6812340001, "APPLIED"],
    [undefined, "QUARANTINED"],
    [2 ** 53, "QUARANTINED"],
    ["", "QUARANTINED"],
    [null, "QUARANTINED"],
  ])("row 40: with the issue id %j, as %s", async (id, outcome) => {
    expect(await keptOf(anIssueBody({ issue: anIssueObject({ id }) }))).toMatchObject({ outcome });
  });

  it("row 41: with values that nobody knows, as they were sent", async () => {
    const issue = anIssueObject({ status: "foo", substatus: "bar", count: "NaN", lastSeen: "yesterday" });
    const { reading } = await keptOf(anIssueBody({ issue }));
    expect(reading).toMatchObject({
      is: "issue",
      issue: { state: { status: "foo", substatus: "bar" }, count: null, lastSeen: null },
    });
  });

  it.each([
    [undefined, null],
    [{ type: "user", id: 17, name: "Bo" }, "17"],
    [{ type: "application", id: "sentry", name: "Sentry" }, "sentry"],
    [
      { type: "application", id: "b7b6f0de-9f8e-4d1c-8a5f-0c6d7e8f9a10", name: "G" },
      "b7b6f0de-9f8e-4d1c-8a5f-0c6d7e8f9a10",
    ],
  ])("row 42: of the actor %j", async (actor, sentryId) => {
    const { reading } = await keptOf(
      actor === undefined
        ? bytesOf({ action: "created", installation, data: { issue: anIssueObject() } })
        : anIssueBody({ actor }),
    );
    expect(reading.is === "issue" && (reading.issue.actor?.sentryId ?? null)).toBe(sentryId);
  });

  it("row 43: without links", async () => {
    const issue = anIssueObject({ url: undefined, web_url: undefined, project_url: undefined });
    const { reading } = await keptOf(anIssueBody({ action: "resolved", issue }));
    expect(reading.is === "issue" && detailsIn(reading.issue.snapshot.written.details)).toMatchObject({
      apiUrl: null,
    });
  });

  it("row 44: with keys twice, and keys that mean something to JavaScript", async () => {
    const metadata =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"a":1,"a":2}';
    const bytes = Buffer.from(
      `{"action":"x","action":"created","__proto__":{"action":"no"},"data":{"issue":{"id":"1","metadata":${metadata}}}}`,
    );
    const { reading, action } = await keptOf(bytes);
    expect(action).toBe("created");
    expect(reading.is === "issue" && reading.issue.snapshot.written.details).toContain(
      '"metadata":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"a":2}',
    );
    expect("polluted" in {}).toBe(false);
  });

  it("row 45: with text that not every database can hold", async () => {
    const title = `\\u0000 \\ud800 \\u202e ${"x".repeat(1_000_000)}`;
    const bytes = Buffer.from(`{"action":"created","data":{"issue":{"id":"1","title":"${title}"}}}`);
    const { reading } = await keptOf(bytes);
    expect(reading.is === "issue" && reading.issue.snapshot.fields.title).toBe(
      `\ufffd \ufffd \u202e ${"x".repeat(1_000_000)}`,
    );
  });

  it("row 46: nested a million levels deep, as quarantined", async () => {
    const bytes = Buffer.from(`{"action":"x","data":${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}}`);
    expect(await keptOf(bytes)).toMatchObject({ outcome: "QUARANTINED" });
  });

  it("row 47: of an installation that it has not heard of", async () => {
    const bytes = bytesOf({
      action: "created",
      installation: { uuid: "another" },
      data: { issue: anIssueObject() },
    });
    expect(await keptOf(bytes)).toMatchObject({ outcome: "APPLIED", installationId: "another" });
  });

  it("of 200 kB", async () => {
    expect(await keptOf(aLargeBody())).toMatchObject({ outcome: "APPLIED" });
  });
});

describe("the webhook route, when it cannot keep what is signed,", () => {
  async function expectUnavailable(receive: Parameters<typeof webhookServer>[0], code: string) {
    await using server = await webhookServer(receive);
    const answer = await post(server);
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(problemIn(answer).code).toBe(code);
    expect(server.told).toEqual([["deliveryNotKept", code]]);
    expect(server.failed).toEqual([]);
  }

  it.each([
    ["fails", () => Promise.reject(new StorageUnavailableError("disk full"))],
    ["fails as nobody expected", () => Promise.reject(new RangeError("a bug"))],
  ])("row 48: because the store %s, answers 503", async (_, append) => {
    await expectUnavailable({ receive: { append } }, "STORAGE_UNAVAILABLE");
  });

  it("row 49: because too much is waiting, answers 503, never 429", async () => {
    const append = () => Promise.reject(new OverloadedError("full"));
    await expectUnavailable({ receive: { append } }, "OVERLOADED");
  });

  it("row 50: is not what a rate limit is for: only failed signatures meet it", async () => {
    let clock = 0;
    const failures = createRateLimit({ burst: 2, perMs: 10_000, now: () => clock });
    await using server = await webhookServer({ webhook: { failures } });
    const wrong = { "Sentry-Hook-Signature": "x" };
    const statuses = [];
    for (let sent = 0; sent < 3; sent++) statuses.push((await post(server, body, wrong)).status);
    expect(statuses).toEqual([401, 401, 429]);

    const limited = await post(server, body, wrong);
    expect(problemIn(limited).code).toBe("RATE_LIMITED");
    expect(limited.headers["retry-after"]).toBe("5");
    expect((await post(server)).status).toBe(202);

    clock += 5000;
    expect((await post(server, body, wrong)).status).toBe(401);
    // Those included that were answered 429.
    expect(server.receiver.refusedSinceStart()).toBe(5);
  });

  it("row 50: one address does not use up another's", async () => {
    const failures = createRateLimit({ burst: 1, perMs: 10_000, now: () => 0 });
    const clientOf = (request: IncomingMessage) => request.headers.from ?? "";
    await using server = await webhookServer({ webhook: { failures, clientOf } });
    const status = async (From: string) =>
      (await post(server, body, { From, "Sentry-Hook-Signature": "x" })).status;
    expect([await status("a"), await status("a"), await status("b")]).toEqual([401, 429, 401]);
  });

  it("row 51: as far as it knows in time, answers 503", async () => {
    const append = () => Promise.withResolvers<never>().promise;
    await expectUnavailable({ receive: { append, answerWithinMs: 20 } }, "STORAGE_UNAVAILABLE");
  });

  it("has no memory for it, says so before it has read it", async () => {
    await using server = await webhookServer({ webhook: { maxBytesAtOnce: 100_000 } });
    const large = aLargeBody();
    const answer = await post(server, large);
    expect([answer.status, answer.headers["retry-after"]]).toEqual([503, "5"]);
    expect(problemIn(answer).code).toBe("OVERLOADED");
    expect((await post(server)).status).toBe(202);
  });

  it("frees the memory of each body", async () => {
    await using server = await webhookServer({ webhook: { maxBytesAtOnce: 250_000 } });
    const large = aLargeBody();
    const statuses = [];
    for (let sent = 0; sent < 3; sent++) statuses.push((await post(server, large)).status);
    expect(statuses).toEqual([202, 202, 202]);
  });
});

describe("the webhook route and connections", () => {
  it("row 52: while draining, answers what was begun", async () => {
    const appended = Promise.withResolvers<{ delivery: number; outcome: "APPLIED" }>();
    const began = Promise.withResolvers<void>();
    await using server = await webhookServer({
      receive: {
        append() {
          began.resolve();
          return appended.promise;
        },
      },
    });
    const answer = post(server);
    await began.promise;
    const closed = new Promise((resolve) => server.server.close(resolve));
    appended.resolve({ delivery: 1, outcome: "APPLIED" });
    expect((await answer).status).toBe(202);
    await closed;
  });

  it("row 53: a body that stalls is answered 408", async () => {
    await using server = await webhookServer({
      server: { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 10 },
    });
    using wire = new Wire(server.port);
    wire.write(head(signed(body) as Record<string, string>));
    wire.write(body.subarray(0, 100));
    const text = await wire.untilEnd();
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n[^]*"code":"REQUEST_TIMEOUT"/);
    expect(server.kept).toEqual([]);
    expect(server.told).toEqual([["deliveryRefused", "REQUEST_TIMEOUT"]]);
    expect(server.failed).toEqual([]);
  });

  it("row 53: a body that stalls on another route is no webhook that was refused", () => {
    const { report, told } = recordedReport();
    countTimedOut(report)({ url: "/graphql" });
    expect(told).toEqual([]);
  });

  it("row 54: a client that resets in the middle of its body is nobody's trouble", async () => {
    await using server = await webhookServer();
    const connected = once(server.server, "connection") as Promise<[Socket]>;
    const requested = once(server.server, "request");
    using wire = new Wire(server.port);
    wire.write(head(signed(body) as Record<string, string>));
    wire.write(body.subarray(0, 100));
    const [socket] = await connected;
    await requested;
    const closed = once(socket, "close").catch(() => {});
    wire.socket.resetAndDestroy();
    await closed;
    expect([server.kept, server.told, server.failed]).toEqual([[], [], []]);
    expect((await post(server)).status).toBe(202);
  });

  it.each([
    ["a length and chunks", head({ "Content-Length": 3, "Transfer-Encoding": "chunked" }) + "0\r\n\r\n"],
    ["two lengths", `${head({ "Content-Length": 3 }).slice(0, -2)}Content-Length: 4\r\n\r\nabc`],
    ["a length that is no number", head({ "Content-Length": "3x" })],
    ["a negative length", head({ "Content-Length": -1 })],
    ["a bad chunk", head({ "Transfer-Encoding": "chunked" }) + "zz\r\nabc\r\n"],
    ["line feeds alone", head({ "Content-Length": 0 }).replaceAll("\r\n", "\n")],
    ["a folded header", head({ "X-A": "1\r\n folded" })],
    ["NUL in a header", head({ "X-A": "a\u0000b" })],
    ["a carriage return in a header", head({ "Request-ID": "a\rb" })],
    ["no host", "POST /webhooks/sentry HTTP/1.1\r\nContent-Length: 0\r\n\r\n"],
    ["two hosts", `${head({ "Content-Length": 0 }).slice(0, -2)}Host: elsewhere.example\r\n\r\n`],
    ["TLS", Buffer.from("16030100a5010000a10303", "hex")],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["nonsense", "hello\r\n\r\n"],
  ])("row 55: %s is answered 400, and the connection ends", async (_, bytes) => {
    await using server = await webhookServer();
    using wire = new Wire(server.port);
    wire.write(bytes);
    const text = await wire.untilEnd();
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toMatch(/\r\nContent-Type: application\/problem\+json\r\n[^]*"code":"BAD_REQUEST"/);
    expect([server.kept, server.failed]).toEqual([[], []]);
    expect((await post(server)).status).toBe(202);
  });

  it("row 56: headers of more than 16 KiB are answered 431, and a path of 20 kB too", async () => {
    await using server = await webhookServer();
    const long = await post(server, body, { "X-Long": "x".repeat(17 * 1024) });
    expect([long.status, problemIn(long).code]).toEqual([431, "BAD_REQUEST"]);
    const path = `/webhooks/sentry?${"x".repeat(20 * 1024)}`;
    expect((await send(server.port, { path, headers: signed(body), body })).status).toBe(431);
    expect(server.kept).toEqual([]);
  });

  it("row 57: a client that waits for 100 is told to go on, once its headers are in order", async () => {
    await using server = await webhookServer();
    using wire = new Wire(server.port);
    wire.write(head({ ...(signed(body) as Record<string, string>), Expect: "100-continue" }));
    expect(await wire.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    wire.write(body);
    expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 Accepted\r\n/);
    expect(server.kept).toHaveLength(1);
  });

  it.each([
    ["413", { "Content-Length": limit + 1 }, undefined],
    ["415", { "Content-Type": "text/plain" }, undefined],
    ["415", { "Content-Encoding": "gzip" }, undefined],
    ["405", {}, "PUT /webhooks/sentry HTTP/1.1"],
    ["404", {}, "POST /webhooks/elsewhere HTTP/1.1"],
    ["417", { Expect: "miracles" }, undefined],
  ])(
    "row 57: one that waits for 100 and is to be answered %s is not told",
    async (status, headers, first) => {
      await using server = await webhookServer();
      using wire = new Wire(server.port);
      wire.write(head({ "Content-Length": 3, Expect: "100-continue", ...headers }, first));
      expect(await wire.untilEnd()).toMatch(
        new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nConnection: close\r\n`),
      );
    },
  );

  it("row 58: an unknown method is answered 400", async () => {
    await using server = await webhookServer();
    using wire = new Wire(server.port);
    wire.write(head({}, "FOO /webhooks/sentry HTTP/1.1"));
    expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it("ends a connection whose refused body may never end", async () => {
    await using server = await webhookServer();
    using wire = new Wire(server.port);
    wire.write(`${head({ "Content-Type": "text/plain", "Transfer-Encoding": "chunked" })}1\r\nx\r\n`);
    expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 415 [^]*\r\nConnection: close\r\n/);
  });

  it.each([
    ["whose body is small", `${head({ "Content-Type": "text/plain", "Content-Length": 3 })}abc`],
    ["that have no body", head({}, "GET /webhooks/sentry HTTP/1.1")],
  ])("keeps a connection over refusals %s", async (_, refused) => {
    await using server = await webhookServer();
    using wire = new Wire(server.port);
    wire.write(refused);
    await wire.until('"code":');
    wire.write(head(signed(body) as Record<string, string>));
    wire.write(body);
    expect(await wire.until('"outcome"')).toContain("HTTP/1.1 202 Accepted");
  });
});
