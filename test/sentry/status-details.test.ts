import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/domain/issue.ts";
import { statusDetailsOf } from "../../src/sentry/status-details.ts";

describe("status details", () => {
  it("are null where a value is not of its type, and raw has it all the same", () => {
    const sent = {
      inRelease: 7,
      inNextRelease: "yes",
      inCommit: 7,
      ignoreCount: 2 ** 31,
      ignoreWindow: 1.5,
      ignoreUserCount: "5",
      ignoreUserWindow: -(2 ** 31) - 1,
      ignoreDuration: null,
      ignoreUntil: "tomorrow",
      autoResolved: 1,
      actor: "Ada",
    };
    const unknown = Object.fromEntries(Object.keys(sent).map((name) => [name, null]));
    expect(statusDetailsOf(sent)).toEqual({ ...unknown, raw: sent });
  });

  it.each([
    ["2026-12-01T00:00:00.500000", "2026-12-01T00:00:00.500Z"],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000Z"],
    ["9999-12-31T23:59:59-10:00", null],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["0001-01-01T00:00:00+10:00", null],
  ])("end at %s: UTC, and in the years that Sentry has", (ignoreUntil, time) => {
    const expected = time === null ? null : Date.parse(time);
    expect(statusDetailsOf({ ignoreUntil }).ignoreUntil).toBe(expected);
  });

  it("have text that every database and encoding can hold, and raw has what was sent", () => {
    const name = "a\0b\ud800";
    const { inRelease, actor, raw } = statusDetailsOf({ inRelease: name, actor: { id: "7", name } });
    expect([inRelease, actor?.name, raw["inRelease"]]).toEqual(["a\ufffdb\ufffd", "a\ufffdb\ufffd", name]);
  });

  it.each<readonly [string, Json, object]>([
    [
      "that is an object",
      { id: "c0ffee", message: "Mend it", repository: { id: "1", name: "acme/checkout" }, author: null },
      { id: "c0ffee", message: "Mend it", repository: "acme/checkout" },
    ],
    [
      "as Sentry documents it",
      { repository: "acme/checkout", commit: "c0ffee" },
      { id: "c0ffee", message: null, repository: "acme/checkout" },
    ],
    ["that is a bare hash", "c0ffee", { id: "c0ffee", message: null, repository: null }],
  ])("read a commit %s", (_, inCommit, read) => {
    expect(statusDetailsOf({ inCommit }).inCommit).toEqual({ ...read, raw: inCommit });
  });

  it.each<Json>([[], { message: "no id" }, 7])("have no commit in %j", (inCommit) => {
    expect(statusDetailsOf({ inCommit }).inCommit).toBe(null);
  });

  it.each<readonly [JsonObject, string | null]>([
    [{ id: "7", name: "Ada", username: "ada@acme.test" }, "Ada"],
    [{ id: 7, name: null, username: "ada" }, "ada"],
    [{ id: 7, name: "", username: "ada" }, "ada"],
    [{ id: "7" }, "7"],
    [{ name: "Ada" }, null],
  ])("read the actor %j, who is a user", (actor, name) => {
    const expected = name === null ? null : { type: "USER", sentryId: "7", name };
    expect(statusDetailsOf({ actor }).actor).toEqual(expected);
  });
});
