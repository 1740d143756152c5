import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { checkPosition } from "../../src/graphql/paging/position.ts";

const bounds = { epoch: "e1", newest: 9, oldest: 4 };

describe("checkPosition", () => {
  it.each([4, 5, 9])("resumes after %i, within what is still there", (seq) => {
    expect(checkPosition(cursorOf({ epoch: "e1", seq }), bounds)).toEqual({ is: "resumable", seq });
  });

  it.each([
    ["CURSOR_AHEAD", cursorOf({ epoch: "e1", seq: 10 })],
    ["CURSOR_EXPIRED", cursorOf({ epoch: "e1", seq: 3 })],
    ["EPOCH_CHANGED", cursorOf({ epoch: "e0", seq: 5 })],
    // An epoch that is gone says nothing about where in this one.
    ["EPOCH_CHANGED", cursorOf({ epoch: "e0", seq: 99 })],
    // An epoch that another version may have made.
    ["EPOCH_CHANGED", cursorOf({ epoch: "E1", seq: 5 })],
    ["EPOCH_CHANGED", cursorOf({ epoch: "0b9b1d0e-53f5-4d1c-9f0e-2f6f6d1d7c11", seq: 5 })],
    ["EPOCH_CHANGED", cursorOf({ epoch: "_".repeat(64), seq: Number.MAX_SAFE_INTEGER })],
    ["CURSOR_INVALID", "garbage"],
    ["CURSOR_INVALID", ""],
    ["CURSOR_INVALID", "9"],
    ...[
      "v1.e1.-1",
      "v1.e1.05",
      "v1.e1.5 ",
      " v1.e1.5",
      "v1.é1.5",
      "v1.e1.e1.5",
      "v1..5",
      "v2.e1.5",
      `v1.e1.${2 ** 53}`,
      `v1.${"e".repeat(65)}.5`,
    ].map((text) => ["CURSOR_INVALID", Buffer.from(text).toString("base64url")]),
    // Other texts that hold the same bytes, as far as they are read.
    ...["=", "\n", "\u0100", "*"].map((end) => [
      "CURSOR_INVALID",
      `${cursorOf({ epoch: "e1", seq: 5 })}${end}`,
    ]),
    ["CURSOR_INVALID", `*${cursorOf({ epoch: "e1", seq: 5 })}`],
  ])("says %s of %j", (code, cursor) => {
    expect(checkPosition(cursor, bounds)).toEqual({ is: "refused", code });
  });

  it("resumes at the beginning of an empty log", () => {
    expect(checkPosition(cursorOf({ epoch: "e1", seq: 0 }), { epoch: "e1", newest: 0, oldest: 0 })).toEqual({
      is: "resumable",
      seq: 0,
    });
  });
});
