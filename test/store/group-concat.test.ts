import { describe, expect, it } from "vitest";
import { transitionKinds } from "../../src/domain/event.ts";
import { countsIn, markedNumbersIn, numbersIn } from "../../src/store/sqlite/group-concat.ts";

describe("a text of many values", () => {
  it("holds numbers, the same ones again, and large ones", () => {
    expect([...numbersIn("0,12,12,9007199254740991")]).toEqual([0, 12, 12, 9_007_199_254_740_991]);
  });

  it("holds numbers in groups, by the mark after each", () => {
    const groups = markedNumbersIn("0u,12r,7u,9007199254740991o", "uro");
    expect(groups.map((group) => [...group])).toEqual([[0, 7], [12], [9_007_199_254_740_991]]);
    expect(markedNumbersIn("", "ab")).toEqual([new Float64Array(), new Float64Array()]);
  });

  it("holds words, each as often as it is there", () => {
    const text = transitionKinds
      .flatMap((kind, index) => Array.from({ length: index }, () => kind))
      .join(",");
    expect(countsIn(text, transitionKinds)).toEqual(
      new Map(transitionKinds.map((kind, index) => [kind, index])),
    );
    expect(countsIn("", ["A"])).toEqual(new Map([["A", 0]]));
  });

  it("is refused with words that it would take for each other", () => {
    const alike = ["Aa", "BB"];
    expect(() => countsIn("", alike)).toThrow("cannot be told from each other");
  });
});
