import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/domain/issue.ts";
import { event, fields, issue, resolved, transition, unresolved } from "./builders.ts";
import { gateway } from "./gateway.ts";

/** The fields of `StatusDetails`, of an issue whose details are these. */
async function read(statusDetails: JsonObject, selection: string): Promise<unknown> {
  const { data } = gateway({ issues: [issue("1", { statusDetails })] });
  const answer = await data<{ issue: { statusDetails: unknown } }>(
    `{ issue(sentryId: "1") { statusDetails { ${selection} } } }`,
  );
  return answer.issue.statusDetails;
}

const plain =
  "inRelease inNextRelease ignoreCount ignoreWindow ignoreUserCount ignoreUserWindow ignoreDuration ignoreUntil autoResolved";

describe("status details", () => {
  it("are null where nothing was sent", async () => {
    expect(await read({}, `${plain} inCommit { id } actor { name } raw`)).toEqual({
      inRelease: null,
      inNextRelease: null,
      inCommit: null,
      ignoreCount: null,
      ignoreWindow: null,
      ignoreUserCount: null,
      ignoreUserWindow: null,
      ignoreDuration: null,
      ignoreUntil: null,
      autoResolved: null,
      actor: null,
      raw: {},
    });
  });

  it("are read where they are of their types", async () => {
    const sent = {
      inRelease: "checkout@1.2.3",
      inNextRelease: true,
      ignoreCount: 10,
      ignoreWindow: 60,
      ignoreUserCount: 5,
      ignoreUserWindow: 30,
      ignoreDuration: 120,
      ignoreUntil: "2026-12-01T00:00:00.500000Z",
      autoResolved: false,
    };
    expect(await read(sent, plain)).toEqual({ ...sent, ignoreUntil: "2026-12-01T00:00:00.500Z" });
  });

  it("are null where they are not, and raw all the same", async () => {
    const sent = {
      inRelease: 7,
      inNextRelease: "yes",
      ignoreCount: 2 ** 31,
      ignoreWindow: 1.5,
      ignoreUserCount: "5",
      ignoreUserWindow: -(2 ** 31) - 1,
      ignoreDuration: null,
      ignoreUntil: "tomorrow",
      autoResolved: 1,
    };
    expect(await read(sent, `${plain} raw`)).toEqual({
      inRelease: null,
      inNextRelease: null,
      ignoreCount: null,
      ignoreWindow: null,
      ignoreUserCount: null,
      ignoreUserWindow: null,
      ignoreDuration: null,
      ignoreUntil: null,
      autoResolved: null,
      raw: sent,
    });
  });

  it("have no time beyond the years that a DateTime can tell", async () => {
    const until = async (ignoreUntil: string) => await read({ ignoreUntil }, "ignoreUntil");
    expect(await until("9999-12-31T23:59:59Z")).toEqual({ ignoreUntil: "9999-12-31T23:59:59.000Z" });
    expect(await until("9999-12-31T23:59:59-10:00")).toEqual({ ignoreUntil: null });
    expect(await until("0001-01-01T00:00:00Z")).toEqual({ ignoreUntil: "0001-01-01T00:00:00.000Z" });
    expect(await until("0001-01-01T00:00:00+10:00")).toEqual({ ignoreUntil: null });
  });

  it("take a time without a zone for UTC, as the issue's are", async () => {
    expect(await read({ ignoreUntil: "2026-12-01T00:00:00.500000" }, "ignoreUntil")).toEqual({
      ignoreUntil: "2026-12-01T00:00:00.500Z",
    });
  });

  const commit = "inCommit { id message repository raw }";

  it("read a commit that is an object", async () => {
    const sent = {
      id: "c0ffee",
      message: "Mend it",
      repository: { id: "1", name: "acme/checkout" },
      author: null,
    };
    expect(await read({ inCommit: sent }, commit)).toEqual({
      inCommit: { id: "c0ffee", message: "Mend it", repository: "acme/checkout", raw: sent },
    });
  });

  it("read a commit as Sentry documents it", async () => {
    const sent = { repository: "acme/checkout", commit: "c0ffee" };
    expect(await read({ inCommit: sent }, commit)).toEqual({
      inCommit: { id: "c0ffee", message: null, repository: "acme/checkout", raw: sent },
    });
  });

  it("read a commit that is a bare hash", async () => {
    expect(await read({ inCommit: "c0ffee" }, commit)).toEqual({
      inCommit: { id: "c0ffee", message: null, repository: null, raw: "c0ffee" },
    });
  });

  it.each([[[]], [{ message: "no id" }], [7]])("have no commit in %j", async (inCommit) => {
    expect(await read({ inCommit }, commit)).toEqual({ inCommit: null });
  });

  it.each([
    [
      { id: "7", name: "Ada", username: "ada@acme.test" },
      { type: "USER", sentryId: "7", name: "Ada" },
    ],
    [
      { id: 7, name: null, username: "ada" },
      { type: "USER", sentryId: "7", name: "ada" },
    ],
    [
      { id: 7, name: "", username: "ada" },
      { type: "USER", sentryId: "7", name: "ada" },
    ],
    [{ id: "7" }, { type: "USER", sentryId: "7", name: "7" }],
    [{ name: "Ada" }, null],
    ["Ada", null],
  ])("read the actor %j", async (actor, read_) => {
    expect(await read({ actor }, "actor { type sentryId name }")).toEqual({ actor: read_ });
  });

  it("are a transition's where its delivery shows the status that it entered, and no other's", async () => {
    const delivery = 7;
    const untilMet = { status: "ignored", substatus: "archived_until_condition_met" };
    const archived = fields({ statusRaw: "ignored", statusDetails: { ignoreCount: 100 } });
    const { data } = gateway({
      issues: [issue("4501")],
      snapshots: new Map([[delivery, archived]]),
      events: [
        event(1, { delivery, transition: transition(unresolved, resolved, "RESOLVED") }),
        event(2, { delivery, transition: transition(resolved, untilMet, "ARCHIVED") }),
      ],
    });
    const order = "orderBy: { field: CURSOR, direction: ASC }";
    expect(await data(`{ transitions(${order}) { nodes { statusDetails { ignoreCount raw } } } }`)).toEqual({
      transitions: {
        nodes: [
          { statusDetails: { ignoreCount: null, raw: {} } },
          { statusDetails: { ignoreCount: 100, raw: { ignoreCount: 100 } } },
        ],
      },
    });
  });

  it("keep a key named __proto__ in raw", async () => {
    const sent = JSON.parse('{"__proto__":{"polluted":true},"inRelease":"1"}') as JsonObject;
    expect(JSON.stringify(await read(sent, "raw"))).toBe(
      '{"raw":{"__proto__":{"polluted":true},"inRelease":"1"}}',
    );
  });
});
