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

  it("are shown as they are read", async () => {
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
      inCommit: { id: "c0ffee", message: "Mend it", repository: "acme/checkout" },
      actor: { id: "7", name: "Ada" },
    };
    const nested = "inCommit { id message repository raw } actor { type sentryId name } raw";
    expect(await read(sent, `${plain} ${nested}`)).toEqual({
      ...sent,
      ignoreUntil: "2026-12-01T00:00:00.500Z",
      inCommit: { ...sent.inCommit, raw: sent.inCommit },
      actor: { type: "USER", sentryId: "7", name: "Ada" },
      raw: sent,
    });
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
