import { describe, expect, it } from "vitest";
import { faultsOf, slopeOf } from "../../bench/soak/check.ts";

const log = [2, 5, 9, 12];
const none = { gaps: 0, duplicates: 0, strays: 0 };
const told = (...seqs: readonly number[]) => faultsOf({ group: 0, from: 2, to: 12, seqs }, log);

describe("what the soak compares", () => {
  it("is what a follower was told with what followed the position where it began", () => {
    expect(told(5, 9, 12)).toEqual(none);
    // What came after the comparison was begun is no fault.
    expect(told(5, 9, 12, 14)).toEqual(none);
  });

  it.each([
    ["an entry that it never got", told(5, 12), { ...none, gaps: 1 }],
    ["the last one that it never got", told(5, 9), { ...none, gaps: 1 }],
    ["an entry that it got again", told(5, 9, 9, 12), { ...none, duplicates: 1 }],
    ["one that it got too late", told(9, 5, 12), { ...none, strays: 1 }],
    ["one of another group", told(5, 7, 9, 12), { ...none, strays: 1 }],
    ["one of before", told(2, 5, 9, 12), { ...none, strays: 1 }],
  ])("finds %s", (_, found, faults) => expect(found).toEqual(faults));

  it("says how fast something grows", () => {
    expect(slopeOf([0, 1, 2, 3].map((at) => ({ at, value: 10 + 3 * at })))).toBeCloseTo(3);
    expect(slopeOf([{ at: 1, value: 7 }])).toBe(0);
  });
});
