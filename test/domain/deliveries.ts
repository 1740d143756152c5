import { createHash } from "node:crypto";
import fc from "fast-check";
import type { Facts } from "../../src/domain/delivery.ts";

/** All that a delivery says follows from its body. So deliveries are random bodies, each sent under random headers. */
export type Body = Pick<
  Facts,
  | "resource"
  | "action"
  | "claim"
  | "state"
  | "lastSeen"
  | "count"
  | "assignee"
  | "namesProject"
  | "actor"
  | "sha256"
  | "snapshotHash"
>;

const claims = {
  created: "unresolved",
  resolved: "resolved",
  unresolved: "unresolved",
  ignored: "ignored",
  assigned: null,
  reviewed: null,
  status_escalating: "unresolved",
  status_resolved: "resolved",
  note: null,
} as const;

const states = [
  { status: "unresolved", substatus: "new" },
  { status: "unresolved", substatus: "ongoing" },
  { status: "unresolved", substatus: "escalating" },
  { status: "unresolved", substatus: "regressed" },
  { status: "unresolved", substatus: null },
  { status: "resolved", substatus: null },
  { status: "ignored", substatus: "archived_forever" },
  { status: "ignored", substatus: "archived_until_escalating" },
  { status: "ignored", substatus: null },
  { status: "reprocessing", substatus: null },
  // Shows no state.
  { status: "", substatus: null },
] as const;

const someone = fc.constantFrom(
  null,
  { type: "USER" as const, sentryId: "1", name: "Ada", email: null },
  { type: "USER" as const, sentryId: "2", name: "Bo", email: null },
);

const body: fc.Arbitrary<Body> = fc
  .record({
    resource: fc.constantFrom("issue" as const, "issue" as const, "activity" as const),
    action: fc.constantFrom(...(Object.keys(claims) as (keyof typeof claims)[])),
    state: fc.constantFrom(...states),
    lastSeen: fc.option(
      fc.integer({ min: 0, max: 40 }).map((second) => second * 250_000),
      { freq: 6 },
    ),
    count: fc.option(fc.integer({ min: 1, max: 3 }), { freq: 6 }),
    assignee: someone,
    isByUser: fc.boolean(),
    details: fc.integer({ min: 0, max: 1 }),
    namesProject: fc.boolean(),
  })
  .map(({ isByUser, details, ...body }) => {
    const snapshot = JSON.stringify([
      body.state,
      body.lastSeen,
      body.count,
      body.assignee,
      details,
      body.namesProject,
    ]);
    return {
      ...body,
      claim: claims[body.action],
      actor: isByUser ? { type: "USER" as const, sentryId: "1", name: "Ada" } : null,
      sha256: createHash("sha256")
        .update(JSON.stringify([body, details, isByUser]))
        .digest("hex"),
      snapshotHash: snapshot,
    };
  });

/**
 * Any set of deliveries of one issue, most of them within a minute: repeated bodies, missing headers, and times that
 * are equal or contradict the bodies. Ids are numbered in the order of the list.
 */
export function anyDeliveries(maxLength: number): fc.Arbitrary<readonly Facts[]> {
  return sendings({ bodies: maxLength, requests: 30, lengths: { maxLength } });
}

/** The same with few bodies, each sent many times under different Request-IDs, with or without others in between. */
export function manyReplays(maxLength: number): fc.Arbitrary<readonly Facts[]> {
  return sendings({ bodies: 4, requests: 1_000, lengths: { maxLength, size: "max" } });
}

type Sendings = {
  /** The most bodies. */
  readonly bodies: number;
  /** The highest Request-ID; the lowest is 0. */
  readonly requests: number;
  readonly lengths: fc.ArrayConstraints;
};

function sendings({ bodies, requests, lengths }: Sendings): fc.Arbitrary<readonly Facts[]> {
  return fc
    .uniqueArray(body, { minLength: 1, maxLength: bodies, selector: ({ sha256 }) => sha256 })
    .chain((bodies) =>
      fc.array(
        fc.record({
          body: fc.constantFrom(...bodies),
          sentAt: fc.oneof(
            { weight: 6, arbitrary: fc.integer({ min: 0, max: 40 }).map((second) => second * 1000) },
            { weight: 1, arbitrary: fc.integer({ min: 0, max: 40 }).map((minute) => minute * 60_000) },
          ),
          key: fc.option(fc.integer({ min: 0, max: 3 }).map(String), { freq: 1 }),
          request: fc.option(fc.integer({ min: 0, max: requests }).map(String), { freq: 8 }),
        }),
        { minLength: 1, ...lengths },
      ),
    )
    .map((sent) =>
      sent.map(({ body, sentAt, key, request }, i) => ({
        ...body,
        delivery: i + 1,
        sentAt,
        idempotencyKey: key,
        requestId: request ?? `h:${body.sha256}`,
      })),
    );
}
