import fc from "fast-check";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/domain/issue.ts";
import { readIssue } from "../../src/sentry/issue-object.ts";
import { snapshotHashOf } from "../../src/sentry/snapshot-hash.ts";
import { anIssueObject } from "./bodies.ts";

function hashOfObject(issue: JsonObject): string {
  return snapshotHashOf(issue, "unresolved");
}

function hashOf(fields: Parameters<typeof anIssueObject>[0]): string {
  return hashOfObject(anIssueObject(fields));
}

const plain = hashOf({});

/** Any JSON object, as `JSON.parse` gives it. */
const openMap = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((map) => JSON.parse(JSON.stringify(map)) as JsonObject);

function hashOfMaps(map: JsonObject): string {
  return hashOfObject({ id: "1", metadata: map, statusDetails: map });
}

/** The same JSON, each object's keys the other way round. */
function reversed(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  const entries = Object.entries(value as JsonObject).toReversed();
  return Object.fromEntries(entries.map(([key, inner]) => [key, reversed(inner)]));
}

/** A changed value for each field that is read. */
const changes = {
  shortId: "WEB-2",
  title: "Another",
  culprit: null,
  status: "resolved",
  substatus: "ongoing",
  statusDetails: { inNextRelease: true },
  level: "fatal",
  priority: "low",
  issueCategory: "outage",
  issueType: "uptime_domain_failure",
  platform: "python",
  project: { id: "4509877862268928", name: "Renamed", slug: "checkout-web", platform: "javascript-react" },
  assignedTo: { type: "team", id: "8", name: "payments" },
  isUnhandled: false,
  count: "4",
  userCount: 3,
  firstSeen: "2026-10-01T09:00:00Z",
  lastSeen: "2026-10-01T11:00:00Z",
  type: "default",
  logger: "web",
  metadata: { type: "TypeError", value: "another" },
  annotations: ["LUM-9"],
  numComments: 1,
  isPublic: true,
  shareId: "0f9c",
  priorityLockedAt: "2026-10-01T11:00:00Z",
  seerFixabilityScore: 0.5,
  seerAutofixLastTriggered: "2026-10-01T11:00:00Z",
  web_url: "https://lumen-labs.sentry.io/issues/2/",
  url: "https://sentry.io/api/0/organizations/other/issues/2/",
  project_url: "https://lumen-labs.sentry.io/issues/?project=2",
  permalink: "https://lumen-labs.sentry.io/issues/2/",
};

describe("snapshotHashOf", () => {
  it("is 32 hex digits", () => {
    expect(plain).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(Object.entries(changes))("changes with %s", (field, value) => {
    expect(hashOf({ [field]: value })).not.toBe(plain);
  });

  it("has a change tried for every field of a snapshot", () => {
    const { fields, details } = readIssue(anIssueObject(), null)!;
    const tried = readIssue(anIssueObject(changes), null)!;
    const read = { ...fields, ...details };
    const same = Object.entries({ ...tried.fields, ...tried.details })
      .filter(([name, value]) => isDeepStrictEqual(value, read[name as keyof typeof read]))
      .map(([name]) => name);
    expect(same).toEqual([]);
  });

  it("changes with what is not read, wherever that is", () => {
    expect(hashOf({ brandNew: 1 })).not.toBe(plain);
    const { project } = anIssueObject() as { readonly project: JsonObject };
    expect(hashOf({ project: { ...project, brandNew: 1 } })).not.toBe(plain);
  });

  it("is the same whatever the order of keys", () => {
    expect(hashOfObject(reversed(anIssueObject()) as JsonObject)).toBe(plain);
  });

  it("tells an issue apart whose status is asserted from one of another status", () => {
    expect(snapshotHashOf({ id: "1" }, "resolved")).not.toBe(snapshotHashOf({ id: "1" }, "ignored"));
  });

  it("tells any two open maps apart", () => {
    fc.assert(
      fc.property(openMap, openMap, (one, other) => {
        expect(hashOfMaps(one) === hashOfMaps(other)).toBe(isDeepStrictEqual(one, other));
      }),
    );
  });

  it("knows an open map whose keys are written in another order", () => {
    fc.assert(
      fc.property(openMap, (map) => {
        expect(hashOfMaps(reversed(map) as JsonObject)).toBe(hashOfMaps(map));
      }),
    );
  });

  it("tells status details from metadata", () => {
    const map = { a: 1 };
    expect(hashOf({ statusDetails: map, metadata: {} })).not.toBe(
      hashOf({ statusDetails: {}, metadata: map }),
    );
  });

  it("sees a key named __proto__", () => {
    const metadata = JSON.parse('{"__proto__":{"x":1}}') as JsonObject;
    expect(hashOfObject({ id: "1", metadata })).not.toBe(hashOfObject({ id: "1", metadata: {} }));
  });
});
