import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { OverloadedError, StorageUnavailableError } from "../../src/domain/failure.ts";
import { parseNodeId } from "../../src/domain/node-id.ts";
import { createParsePool, type ParsePool } from "../../src/sentry/parse-pool.ts";
import { readBody, readPayload } from "../../src/sentry/payload.ts";
import { createReceiver, type ReceiverOptions } from "../../src/sentry/receive.ts";
import { sign } from "../../src/sentry/signature.ts";
import { aLargeBody, anIssueBody, bytesOf, installation } from "./bodies.ts";
import { recordedReport } from "./recorded-report.ts";

const secret = "a secret of the tests";
const now = Date.UTC(2026, 9, 1, 10, 0, 10);

/** A receiver whose deliveries are kept in a list. */
function setUp(options: Partial<ReceiverOptions> = {}) {
  const kept: IncomingDelivery[] = [];
  const { report, told } = recordedReport();
  const receiver = createReceiver({
    secrets: [secret],
    bearer: null,
    append: async (delivery) => ({ delivery: kept.push(delivery), outcome: "APPLIED" }),
    now: () => now,
    report,
    // No test waits for a deadline of its own, and a busy machine is no reason to fail.
    answerWithinMs: 20_000,
    parsePool: createParsePool(),
    ...options,
  });
  return { receiver, kept, told };
}

/** Raw headers as Sentry sends them with this body; a header given as null is left out. */
function signed(body: Uint8Array, headers: Readonly<Record<string, string | null>> = {}): readonly string[] {
  return Object.entries({
    "Content-Type": "application/json",
    "Request-ID": "fa64356e2a34088bc95ab8ea6c9b7e6f",
    "Sentry-Hook-Resource": "issue",
    "Sentry-Hook-Timestamp": String(now / 1000 - 2),
    "Sentry-Hook-Signature": sign(secret, body),
    "Idempotency-Key": "94aedd4f54eb84f20c83d380d6050d66",
    ...headers,
  }).flatMap(([name, value]) => (value === null ? [] : [name, value]));
}

const body = anIssueBody();

describe("a signed webhook", () => {
  it("is kept with all that it says, and answered with what became of it", async () => {
    const { receiver, kept, told } = setUp();
    const answer = await receiver.receive(signed(body), body);
    expect(kept).toEqual([
      {
        body,
        sha256: hash("sha256", body),
        receivedAt: now,
        sentAt: now - 2000,
        resource: "issue",
        action: "created",
        requestId: "fa64356e2a34088bc95ab8ea6c9b7e6f",
        idempotencyKey: "94aedd4f54eb84f20c83d380d6050d66",
        installationId: installation.uuid,
        reading: readBody(body),
      },
    ]);
    expect(answer).toEqual({ status: 202, outcome: "APPLIED", delivery: expect.any(String) });
    expect(parseNodeId(answer.status === 202 ? answer.delivery : "")).toEqual({ type: "Delivery", id: "1" });
    expect(told).toEqual([["deliveryKept", "APPLIED"]]);
  });

  it.each([
    ["Request-ID", "requestId", "FA64356E2A34088BC95AB8EA6C9B7E6F", null],
    [
      "Request-ID",
      "requestId",
      "fa64356e-2a34-088b-c95a-b8ea6c9b7e6f",
      "fa64356e-2a34-088b-c95a-b8ea6c9b7e6f",
    ],
    ["Request-ID", "requestId", "a".repeat(31), null],
    ["Request-ID", "requestId", "a".repeat(37), null],
    ["Request-ID", "requestId", `${"a".repeat(32)}\r\n`, null],
    ["Request-ID", "requestId", "x".repeat(10_000), null],
    ["Request-ID", "requestId", "", null],
    ["Request-ID", "requestId", null, null],
    [
      "Idempotency-Key",
      "idempotencyKey",
      "any printable key, up to a length",
      "any printable key, up to a length",
    ],
    ["Idempotency-Key", "idempotencyKey", "k".repeat(128), "k".repeat(128)],
    ["Idempotency-Key", "idempotencyKey", "k".repeat(129), null],
    ["Idempotency-Key", "idempotencyKey", "é", null],
    ["Idempotency-Key", "idempotencyKey", "a\tb", null],
    ["Idempotency-Key", "idempotencyKey", "", null],
    ["Idempotency-Key", "idempotencyKey", null, null],
    ["Sentry-Hook-Timestamp", "sentAt", "0", Date.parse("2026-10-01T10:00:04.738Z")],
    ["Sentry-Hook-Timestamp", "sentAt", null, now],
  ] as const)("with %s, as %s, of %j", async (name, field, value, read) => {
    const { receiver, kept } = setUp();
    await receiver.receive(signed(body, { [name]: value }), body);
    expect(kept[0]![field]).toBe(read);
  });

  it.each([
    ["Request-ID", "requestId", null],
    ["Idempotency-Key", "idempotencyKey", null],
    ["Sentry-Hook-Timestamp", "sentAt", now],
  ] as const)("with %s twice believes neither", async (name, field, read) => {
    const { receiver, kept } = setUp();
    const headers = signed(body);
    const again = headers.slice(headers.indexOf(name), headers.indexOf(name) + 2);
    await receiver.receive([...headers, ...again], body);
    expect(kept[0]![field]).toBe(read);
  });

  it("may spell its headers in any case", async () => {
    const { receiver, kept } = setUp();
    const headers = signed(body).map((text, at) => (at % 2 === 0 ? text.toLowerCase() : text));
    await receiver.receive(headers, body);
    expect(kept[0]).toMatchObject({
      requestId: "fa64356e2a34088bc95ab8ea6c9b7e6f",
      sentAt: now - 2000,
    });
  });

  it.each([
    ["an issue, whatever the header says", body, "metric_alert", "issue"],
    ["an issue, without a header", body, null, "issue"],
    [
      "an activity",
      anIssueBody({ action: "triggered", data: { activity: { type: "status_resolved" } } }),
      "issue",
      "activity_alert",
    ],
    ["the header's, for another thing", bytesOf({ action: "created", data: { x: 1 } }), "comment", "comment"],
    [
      "the header's, for what cannot be read",
      Buffer.from("no"),
      "size_analysis.completed",
      "size_analysis.completed",
    ],
    [
      "the header's, for a thing whose name is unlike today's",
      bytesOf({ action: "created", data: { x: 1 } }),
      "Logs-v2",
      "Logs-v2",
    ],
    ["nothing known, without a header", bytesOf({ action: "created", data: { x: 1 } }), null, null],
    ["nothing known, with a bad header", bytesOf({ action: "created", data: { x: 1 } }), "<script>", null],
    [
      "nothing known, with a long header",
      bytesOf({ action: "created", data: { x: 1 } }),
      "x".repeat(65),
      null,
    ],
  ])("is about %s", async (_, bytes, header, resource) => {
    const { receiver, kept } = setUp();
    await receiver.receive(signed(bytes, { "Sentry-Hook-Resource": header }), bytes);
    expect(kept[0]!.resource).toBe(resource);
  });

  it.each([
    [null, "missing"],
    ["yesterday", "unreadable"],
    ["0", "too early"],
    [String(now / 1000 + 301), "too late"],
  ])("whose time is %j is kept, and reported as %s", async (timestamp, reason) => {
    const { receiver, told } = setUp();
    const answer = await receiver.receive(signed(body, { "Sentry-Hook-Timestamp": timestamp }), body);
    expect(answer.status).toBe(202);
    expect(told).toEqual([
      ["sentAtAdjusted", reason],
      ["deliveryKept", "APPLIED"],
    ]);
  });

  it.each([
    ["the queue is full", new OverloadedError("full"), "OVERLOADED"],
    ["the disk is", new StorageUnavailableError("disk full"), "STORAGE_UNAVAILABLE"],
    ["something else is wrong", new TypeError("a bug"), "STORAGE_UNAVAILABLE"],
    ["what is thrown is no error", null, "STORAGE_UNAVAILABLE"],
  ])("is answered 503 when %s", async (_, error, code) => {
    const rejecting = setUp({ append: () => Promise.reject(error) });
    expect(await rejecting.receiver.receive(signed(body), body)).toEqual({ status: 503, code });
    expect(rejecting.told[0]!.slice(0, 2)).toEqual(["deliveryNotKept", code]);

    const throwing = setUp({
      append() {
        throw error;
      },
    });
    expect(await throwing.receiver.receive(signed(body), body)).toEqual({ status: 503, code });
  });

  it("is answered 503 when the store does not say in time, whatever it says later", async () => {
    const later = Promise.withResolvers<never>();
    const { receiver, told } = setUp({ append: () => later.promise, answerWithinMs: 1 });
    expect(await receiver.receive(signed(body), body)).toEqual({
      status: 503,
      code: "STORAGE_UNAVAILABLE",
    });
    later.reject(new Error("nobody listens any more"));
    expect(told).toEqual([["deliveryNotKept", "STORAGE_UNAVAILABLE"]]);
  });

  it("of any JSON is answered 202", async () => {
    const { receiver } = setUp();
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), async (json) => {
        const bytes = Buffer.from(json);
        expect((await receiver.receive(signed(bytes), bytes)).status).toBe(202);
      }),
    );
  });
});

describe("a large body", () => {
  /** A pool that reads on the spot and remembers how much. */
  function recordedPool() {
    const lengths: number[] = [];
    const parsePool: ParsePool = {
      async read(bytes) {
        lengths.push(bytes.byteLength);
        return readPayload(bytes);
      },
      async [Symbol.asyncDispose]() {},
    };
    return { parsePool, lengths };
  }

  /** A body of exactly so many bytes. */
  const ofLength = (length: number) => {
    const bytes = Buffer.alloc(length, " ");
    body.copy(bytes);
    return bytes;
  };

  it("is read elsewhere where it is over 128 kB", async () => {
    const { parsePool, lengths } = recordedPool();
    const { receiver, kept } = setUp({ parsePool });
    for (const length of [128 * 1024, 128 * 1024 + 1]) {
      const bytes = ofLength(length);
      await receiver.receive(signed(bytes), bytes);
    }
    expect(lengths).toEqual([128 * 1024 + 1]);
    expect(kept.map(({ reading }) => reading.is)).toEqual(["issue", "issue"]);
  });

  it("is kept as any other is", async () => {
    const { receiver, kept } = setUp();
    await using _ = receiver;
    const large = aLargeBody();
    expect((await receiver.receive(signed(large), large)).status).toBe(202);
    expect(kept[0]).toMatchObject({
      body: large,
      sha256: hash("sha256", large),
      reading: readBody(large),
    });
  });

  it("that cannot be read now is answered 503", async () => {
    const parsePool: ParsePool = {
      read: () => Promise.reject(new OverloadedError("too much is waiting")),
      async [Symbol.asyncDispose]() {},
    };
    const { receiver, kept } = setUp({ parsePool });
    const large = ofLength(200_000);
    expect(await receiver.receive(signed(large), large)).toEqual({ status: 503, code: "OVERLOADED" });
    expect(kept).toEqual([]);
  });
});

describe("what is not Sentry's", () => {
  it.each([
    ["without a signature", { "Sentry-Hook-Signature": null }, "SIGNATURE_MISSING"],
    [
      "with another body's",
      { "Sentry-Hook-Signature": sign(secret, Buffer.from("{}")) },
      "SIGNATURE_INVALID",
    ],
    ["with an empty one", { "Sentry-Hook-Signature": "" }, "SIGNATURE_INVALID"],
  ])("%s is kept nowhere", async (_, headers, code) => {
    const { receiver, kept, told } = setUp();
    expect(await receiver.receive(signed(body, headers), body)).toEqual({ status: 401, code });
    expect(kept).toEqual([]);
    expect(told).toEqual([]);
  });

  it("with the right signature twice is kept nowhere", async () => {
    const { receiver } = setUp();
    const twice = [...signed(body), "Sentry-Hook-Signature", sign(secret, body)];
    expect(await receiver.receive(twice, body)).toEqual({ status: 401, code: "SIGNATURE_INVALID" });
  });

  it("is everything, where no secret is known", async () => {
    const { receiver } = setUp({ secrets: [] });
    expect((await receiver.receive(signed(body), body)).status).toBe(401);
  });
});

describe("a token that is asked for", () => {
  const bearer = "a token with é";
  const asSent = Buffer.from(bearer).toString("latin1");

  it.each([
    ["right", `Bearer ${asSent}`],
    ["right, in another case", `bearer ${asSent}`],
    ["right, after more space", `Bearer   ${asSent}`],
  ])("%s", async (_, authorization) => {
    const { receiver } = setUp({ bearer });
    expect((await receiver.receive(signed(body, { Authorization: authorization }), body)).status).toBe(202);
  });

  it.each([
    ["missing", null],
    ["another", "Bearer another"],
    ["its beginning", `Bearer ${asSent.slice(0, -1)}`],
    ["more than it", `Bearer ${asSent}x`],
    ["of another scheme", `Basic ${asSent}`],
    ["bare", asSent],
    ["empty", "Bearer "],
  ])("%s", async (_, authorization) => {
    const { receiver, kept } = setUp({ bearer });
    const answer = await receiver.receive(signed(body, { Authorization: authorization }), body);
    expect(answer).toEqual({ status: 401, code: "UNAUTHENTICATED" });
    expect(kept).toEqual([]);
  });

  it("is not right twice", async () => {
    const { receiver } = setUp({ bearer });
    const once = ["Authorization", `Bearer ${asSent}`];
    expect((await receiver.receive([...signed(body), ...once, ...once], body)).status).toBe(401);
  });

  it("does not take the signature's place", async () => {
    const { receiver } = setUp({ bearer });
    const headers = signed(body, { Authorization: `Bearer ${asSent}`, "Sentry-Hook-Signature": null });
    expect(await receiver.receive(headers, body)).toEqual({ status: 401, code: "SIGNATURE_MISSING" });
  });

  it("is not asked for where none is set", async () => {
    const { receiver } = setUp();
    expect((await receiver.receive(signed(body, { Authorization: "Bearer x" }), body)).status).toBe(202);
  });
});
