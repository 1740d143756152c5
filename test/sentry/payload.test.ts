import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IssueReading, Reading } from "../../src/domain/delivery.ts";
import { detailsIn } from "../../src/domain/issue.ts";
import { readBody, readPayload } from "../../src/sentry/payload.ts";
import { aLargeBody, anIssueBody, anIssueObject, bytesOf, installation } from "./bodies.ts";

function issueIn(body: Uint8Array): IssueReading {
  const reading = readBody(body);
  if (reading.is !== "issue") throw new Error(`read as ${reading.is}: ${reading.reason}`);
  return reading.issue;
}

/** A body whose `data` nests so deep, the body's own object included. */
function bodyOfDepth(depth: number): Buffer {
  const levels = depth - 2;
  return Buffer.from(`{"action":"created","data":{"x":${"[".repeat(levels)}${"]".repeat(levels)}}}`);
}

describe("what a body is", () => {
  const quarantined = (reason: string): Reading => ({ is: "quarantined", reason });
  const ignored = (reason: string): Reading => ({ is: "ignored", reason });

  it.each<[string, Uint8Array | string, Reading]>([
    ["nothing at all", "", quarantined("not JSON")],
    ["text", "hello", quarantined("not JSON")],
    ["JSON cut short", '{"action":"created","da', quarantined("not JSON")],
    ["Python's NaN", '{"action":"created","data":NaN}', quarantined("not JSON")],
    ["an encoding that is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), quarantined("not UTF-8")],
    ["a surrogate in UTF-8's clothes", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), quarantined("not UTF-8")],
    ["a list", "[]", quarantined("not a JSON object")],
    ["a string", '"created"', quarantined("not a JSON object")],
    ["null", "null", quarantined("not a JSON object")],
    ["an object without an action", '{"data":{"issue":{"id":"1"}}}', quarantined("no action")],
    ["an action that is no text", '{"action":1,"data":{"x":1}}', quarantined("no action")],
    ["an empty action", '{"action":"","data":{"x":1}}', quarantined("no action")],
    ["an action alone", '{"action":"created"}', quarantined("no data object")],
    ["data that is null", '{"action":"created","data":null}', quarantined("no data object")],
    ["data that is a list", '{"action":"created","data":[{"issue":1}]}', quarantined("no data object")],
    ["data that is empty", '{"action":"created","data":{}}', quarantined("data is empty")],
    ["an issue that is null", anIssueBody({ issue: null }), quarantined("data.issue is not an object")],
    ["an issue that is a list", anIssueBody({ issue: [] }), quarantined("data.issue is not an object")],
    ["an issue that is its id", anIssueBody({ issue: "1" }), quarantined("data.issue is not an object")],
    ["an empty issue", anIssueBody({ issue: {} }), quarantined("data.issue has no usable id")],
    [
      "about a comment",
      '{"action":"created","data":{"comment_id":1,"issue_id":2}}',
      ignored("not about an issue: data has comment_id, issue_id"),
    ],
    [
      "about many things",
      '{"action":"x","data":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1}}',
      ignored("not about an issue: data has a, b, c, d, e and 2 more"),
    ],
    [
      "about what nobody should print",
      JSON.stringify({ action: "x", data: { "<script>": 1, ["k".repeat(41)]: 1, "\u001b[31m": 1 } }),
      ignored("not about an issue: data has (unprintable), (unprintable), (unprintable)"),
    ],
  ])("%s", (_, body, reading) => {
    expect(readBody(typeof body === "string" ? Buffer.from(body) : body)).toEqual(reading);
  });

  it("is read behind a byte order mark", () => {
    const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), anIssueBody()]);
    expect(readBody(marked)).toEqual(readBody(anIssueBody()));
  });

  it("is read down to 500 levels", () => {
    expect(readBody(bodyOfDepth(500)).is).toBe("ignored");
    expect(readBody(bodyOfDepth(501))).toEqual(quarantined("nested deeper than 500"));
    expect(readBody(bodyOfDepth(100_000))).toEqual(quarantined("nested deeper than 500"));
  });

  it("is not parsed where it nests deeper, for that takes long", () => {
    expect(readBody(Buffer.from("[".repeat(501)))).toEqual(quarantined("nested deeper than 500"));
    expect(readBody(Buffer.from("[".repeat(500)))).toEqual(quarantined("not JSON"));
  });

  it("counts no brackets inside of text", () => {
    const title = `${'"\\'.repeat(401)}${"[{".repeat(400)}`;
    expect(issueIn(anIssueBody({ issue: anIssueObject({ title }) })).snapshot.fields.title).toBe(title);
  });

  it("is the last of two values of one key", () => {
    const body = '{"action":"created","action":"resolved","data":{"issue":{"id":"1","id":"2"}}}';
    const { action, snapshot } = issueIn(Buffer.from(body));
    expect([action, snapshot.sentryId]).toEqual(["resolved", "2"]);
  });
});

describe("the issue's id", () => {
  it.each([
    ["6812340001", "6812340001"],
    ["a-b_C.9", "a-b_C.9"],
    ["x".repeat(64), "x".repeat(64)],
    [0, "0"],
    [9007199254740991, "9007199254740991"],
  ])("is usable as %j", (id, sentryId) => {
    expect(issueIn(anIssueBody({ issue: anIssueObject({ id }) })).snapshot.sentryId).toBe(sentryId);
  });

  it.each([
    undefined,
    null,
    "",
    "x".repeat(65),
    "1 2",
    "1\n",
    "é",
    "1\u0000",
    -1,
    1.5,
    9007199254740992,
    true,
    ["1"],
    { id: "1" },
  ])("is not usable as %j", (id) => {
    expect(readBody(anIssueBody({ issue: anIssueObject({ id }) }))).toEqual({
      is: "quarantined",
      reason: "data.issue has no usable id",
    });
  });

  it("is not usable where JSON.parse has rounded it to another", () => {
    const body = Buffer.from('{"action":"created","data":{"issue":{"id":4509877862268928123}}}');
    expect(readBody(body).is).toBe("quarantined");
  });
});

describe("what a delivery claims", () => {
  it.each([
    ["created", "unresolved"],
    ["unresolved", "unresolved"],
    ["resolved", "resolved"],
    ["ignored", "ignored"],
    ["archived", "ignored"],
    ["assigned", null],
    ["escalated", null],
    ["constructor", null],
    ["__proto__", null],
    ["Resolved", null],
  ])("%s: %s", (action, claim) => {
    expect(issueIn(anIssueBody({ action }))).toMatchObject({ resource: "issue", action, claim });
  });

  it.each([
    ["status_resolved", "resolved"],
    ["status_resolved_in_release", "resolved"],
    ["status_resolved_by_age", "resolved"],
    ["status_resolved_in_commit", "resolved"],
    ["status_resolved_some_day", "resolved"],
    ["status_unresolved", "unresolved"],
    ["status_regression", "unresolved"],
    ["status_escalating", "unresolved"],
    ["status_ignored", "ignored"],
    ["status_else", null],
    ["seer_pr_created", null],
    ["constructor", null],
  ])("an activity %s: %s", (type, claim) => {
    const body = anIssueBody({ action: "triggered", data: { activity: { type, details: {} } } });
    expect(issueIn(body)).toMatchObject({ resource: "activity", action: type, claim });
    expect(readPayload(body)).toMatchObject({ resource: "activity_alert", action: "triggered" });
  });

  it.each([{}, { type: null }, { type: "" }, { type: 7 }])(
    "an activity without a type, %j: nothing, under the body's action",
    (activity) => {
      const body = anIssueBody({ action: "triggered", data: { activity } });
      expect(issueIn(body)).toMatchObject({ resource: "activity", action: "triggered", claim: null });
    },
  );

  it.each([null, "status_resolved", ["status_resolved"]])(
    "is the action's where the activity is no object, %j",
    (activity) => {
      const body = anIssueBody({ action: "resolved", data: { activity } });
      expect(issueIn(body)).toMatchObject({ resource: "issue", action: "resolved", claim: "resolved" });
      expect(readPayload(body).resource).toBe("issue");
    },
  );
});

describe("what a snapshot shows", () => {
  it.each([
    ["unresolved", "regressed", { status: "unresolved", substatus: "regressed" }],
    ["resolved", null, { status: "resolved", substatus: null }],
    ["resolved", "ongoing", { status: "resolved", substatus: null }],
    ["unresolved", "archived_forever", { status: "unresolved", substatus: null }],
    ["hibernating", "until_spring", { status: "hibernating", substatus: "until_spring" }],
    ["unresolved", "", { status: "unresolved", substatus: null }],
    ["unresolved", 7, { status: "unresolved", substatus: null }],
  ])("status %j with substatus %j", (status, substatus, state) => {
    expect(issueIn(anIssueBody({ issue: anIssueObject({ status, substatus }) })).state).toEqual(state);
  });

  it("is the claimed status where it has none, and nothing where nothing is claimed", () => {
    const issue = anIssueObject({ status: undefined, substatus: undefined });
    expect(issueIn(anIssueBody({ action: "archived", issue })).state.status).toBe("ignored");
    expect(issueIn(anIssueBody({ action: "assigned", issue })).state.status).toBe("");
  });

  it("keeps microseconds of lastSeen, and an absent count apart from none", () => {
    expect(issueIn(anIssueBody())).toMatchObject({ lastSeen: 1790848804738123, count: 3 });
    const issue = anIssueObject({ lastSeen: undefined, count: undefined });
    expect(issueIn(anIssueBody({ issue }))).toMatchObject({ lastSeen: null, count: null });
    for (const count of ["0", 0])
      expect(issueIn(anIssueBody({ issue: anIssueObject({ count }) }))).toMatchObject({ count: 0 });
  });
});

describe("the assignee", () => {
  const ada = { type: "user", id: "7", name: "Ada", email: "ada@lumen.example" };
  const bo = { type: "user", id: 17, name: "Bo" };

  it("is the one that an assignment names, which its snapshot may have left behind", () => {
    const { assignee, snapshot } = issueIn(anIssueBody({ action: "assigned", data: { assignee: bo } }));
    expect(assignee).toEqual({ type: "USER", sentryId: "17", name: "Bo", email: null });
    expect(snapshot.fields.assignee).toBe(null);
  });

  it("whose account has no name has the one that the snapshot shows, where that shows the same", () => {
    const assigneeIn = (assignedTo: typeof ada) => {
      const issue = anIssueObject({ assignedTo });
      const assignee = { type: "user", id: 7, name: "" };
      return issueIn(anIssueBody({ action: "assigned", issue, data: { assignee } })).assignee;
    };
    expect(assigneeIn(ada)).toEqual({ type: "USER", sentryId: "7", name: ada.name, email: null });
    expect(assigneeIn({ ...ada, type: "team" })?.name).toBe("7");
    expect(assigneeIn({ ...ada, id: "8" })?.name).toBe("7");
  });

  it("who has given no name goes by the user name", () => {
    const issue = anIssueObject({ assignedTo: { ...ada, name: "", username: "ada" } });
    expect(issueIn(anIssueBody({ issue })).assignee?.name).toBe("ada");
  });

  it.each([
    ["of a delivery that is no assignment", "resolved", bo],
    ["of an assignment that names nobody", "assigned", null],
  ])("%s is the snapshot's", (_, action, assignee) => {
    const body = anIssueBody({ action, issue: anIssueObject({ assignedTo: ada }), data: { assignee } });
    expect(issueIn(body).assignee?.sentryId).toBe("7");
  });

  it("of an activity is the snapshot's, whatever its alert's action is called", () => {
    const data = { assignee: bo, activity: { type: "assigned" } };
    expect(issueIn(anIssueBody({ action: "assigned", data })).assignee).toBe(null);
  });
});

describe("the actor", () => {
  it.each([
    [
      { type: "user", id: 17, name: "Bo" },
      { type: "USER", sentryId: "17", name: "Bo" },
    ],
    [
      { type: "application", id: "sentry", name: "Sentry" },
      { type: "SENTRY", sentryId: "sentry", name: "Sentry" },
    ],
    [
      { type: "application", id: "b7b6f0de", name: "Gateway" },
      { type: "APPLICATION", sentryId: "b7b6f0de", name: "Gateway" },
    ],
    [
      { type: "agent", id: "seer", name: "Seer" },
      { type: "OTHER", sentryId: "seer", name: "Seer" },
    ],
    [{ id: "x" }, { type: "OTHER", sentryId: "x", name: "x" }],
    [
      { type: "user", id: "sentry", name: "" },
      { type: "USER", sentryId: "sentry", name: "sentry" },
    ],
    [
      { type: "user", id: 17, name: "", username: "bo@lumen.example" },
      { type: "USER", sentryId: "17", name: "bo@lumen.example" },
    ],
    [{ type: "user", name: "Bo" }, null],
    [{ type: "user", id: "", name: "Bo" }, null],
    [{ type: "user", id: 1.5, name: "Bo" }, null],
    [{ type: "user", id: "x".repeat(255) }, null],
    [null, null],
    ["Bo", null],
    [[], null],
  ])("%j", (actor, read) => {
    expect(issueIn(anIssueBody({ actor })).actor).toEqual(read);
  });

  it("of an activity is the person in its details, else the body's", () => {
    const activity = (details: null | { user: null | { id: number; name: string } }) =>
      issueIn(
        anIssueBody({ action: "triggered", data: { activity: { type: "status_unresolved", details } } }),
      ).actor;
    expect(activity({ user: { id: 17, name: "Bo" } })).toEqual({ type: "USER", sentryId: "17", name: "Bo" });
    expect(activity({ user: null })?.type).toBe("SENTRY");
    expect(activity(null)?.type).toBe("SENTRY");
  });
});

describe("the rest of a delivery's row", () => {
  it.each([
    [installation, installation.uuid],
    [{ uuid: "u".repeat(64) }, "u".repeat(64)],
    [{ uuid: "u".repeat(65) }, null],
    [{ uuid: "" }, null],
    [{ uuid: 7 }, null],
    [null, null],
    ["7c9e2b14", null],
  ])("installation %j", (given, installationId) => {
    const body = bytesOf({ action: "created", installation: given, data: { issue: anIssueObject() } });
    expect(readPayload(body).installationId).toBe(installationId);
  });

  it("is told of bodies that are about something else, and of those not understood", () => {
    expect(readPayload(bytesOf({ action: "created", installation, data: { comment_id: 1 } }))).toMatchObject({
      resource: null,
      action: "created",
      installationId: installation.uuid,
    });
    expect(readPayload(bytesOf({ action: "created", installation, data: {} }))).toMatchObject({
      resource: null,
      action: "created",
      installationId: installation.uuid,
    });
    expect(readPayload(Buffer.from("no"))).toMatchObject({
      resource: null,
      action: null,
      installationId: null,
    });
  });

  it("keeps an unknown action, without what a database cannot hold", () => {
    const body = Buffer.from('{"action":"a\\u0000b\\ud800","data":{"issue":{"id":"1"}}}');
    expect(readPayload(body).action).toBe("a\ufffdb\ufffd");
    expect(issueIn(body).action).toBe("a\ufffdb\ufffd");
  });

  it.each([
    ["jira", "jira"],
    [undefined, null],
    [7, null],
  ])("resolution type %j", (given, resolutionType) => {
    const data = given === undefined ? {} : { resolution_type: given };
    expect(issueIn(anIssueBody({ action: "resolved", data })).resolutionType).toBe(resolutionType);
  });
});

describe("no body", () => {
  const isLegal = ({ reading, ...row }: ReturnType<typeof readPayload>) => {
    expect(["issue", "ignored", "quarantined"]).toContain(reading.is);
    if (reading.is === "issue") {
      const { fields, written, sentryId } = reading.issue.snapshot;
      const details = detailsIn(written.details);
      expect(sentryId).toMatch(/^[!-~]{1,64}$/);
      for (const count of [fields.count, fields.userCount, details.numComments]) {
        expect(Number.isSafeInteger(count) && count >= 0).toBe(true);
      }
      const texts = JSON.stringify([
        { ...fields, statusDetails: null },
        { ...details, metadata: null },
        { ...row, ...reading.issue, snapshot: null },
      ]);
      expect(texts).not.toMatch(/\\u0000|\\ud[89a-f]/);
    } else {
      expect(reading.reason.length).toBeLessThan(300);
    }
  };

  it("of any bytes makes the reader throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: "max" }), (bytes) => isLegal(readPayload(bytes))),
    );
  });

  it("of any JSON makes the reader throw", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), (json) => isLegal(readPayload(Buffer.from(json)))),
    );
  });

  it("with any value in place of any field of an issue makes the reader throw", () => {
    const value = fc.oneof(
      fc.jsonValue({ stringUnit: "binary" }),
      fc.constantFrom(
        "2026-10-01T10:00:00Z",
        '<a href="https://x.example/">x</a>',
        "https://x.example",
        "12",
      ),
    );
    const anyFields = fc.dictionary(fc.constantFrom(...Object.keys(anIssueObject())), value);
    fc.assert(
      fc.property(anyFields, value, value, (fields, assignee, activity) => {
        const body = {
          action: "assigned",
          data: { issue: { ...anIssueObject(), ...fields }, assignee, activity },
          actor: assignee,
        };
        isLegal(readPayload(Buffer.from(JSON.stringify(body))));
      }),
      { numRuns: 500 },
    );
  });

  it("of a large size is read differently", () => {
    const { details } = issueIn(aLargeBody()).snapshot.written;
    expect(Object.keys(detailsIn(details).metadata)).toHaveLength(201);
  });
});
