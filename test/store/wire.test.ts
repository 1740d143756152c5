import { expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { readPayload } from "../../src/sentry/payload.ts";
import { fromWire, toWire } from "../../src/store/sqlite/wire.ts";
import { anIssueBody, anIssueObject } from "../sentry/bodies.ts";

function incoming(body: Buffer, requestId: string | null): IncomingDelivery {
  const { reading, resource, action, installationId } = readPayload(body);
  const sha256 = "ab".repeat(32);
  const rest = { resource, action, installationId, requestId, sha256, idempotencyKey: null };
  return { ...rest, body: new Uint8Array(body), receivedAt: 1, sentAt: 2, reading };
}

it("brings a batch across threads as it was", () => {
  const batch = [
    incoming(anIssueBody({ action: "assigned", issue: anIssueObject({ title: "Ünïcode \u{1f600}" }) }), "a"),
    incoming(Buffer.from([0xff]), null),
    incoming(Buffer.from('{"action":"x","data":{"y":1}}'), null),
    incoming(anIssueBody({ issue: anIssueObject({ id: "2", metadata: { x: "\ud800" } }) }), "b"),
    incoming(Buffer.from(""), null),
  ];
  const sent = toWire(batch);
  expect(fromWire(structuredClone(sent, { transfer: [sent.bodies.buffer] }))).toEqual(batch);
  // What was handed over was a copy.
  expect(batch[0]!.body.byteLength).toBeGreaterThan(0);
});
