import { describe, expect, it } from "vitest";
import { transitionKinds } from "../../src/domain/event.ts";
import { flowOf, type FlowGroup } from "../../src/domain/flow.ts";

/** Three buckets of ten milliseconds, from 0. */
const buckets = [0, 10, 20].map((start) => ({ start, end: start + 10 }));
const group = (at: number, kind: FlowGroup["kind"], opening: number, count = 1): FlowGroup => ({
  at,
  kind,
  count,
  opening,
});
const none = {
  opened: 0,
  resolved: 0,
  archived: 0,
  regressed: 0,
  escalated: 0,
  reopened: 0,
  unarchived: 0,
};

describe("flow", () => {
  it("counts each kind in the bucket in which it occurred, and leaves empty buckets empty", () => {
    const flow = flowOf(
      buckets,
      transitionKinds.map((kind, index) => group(20, kind, 0, 2 ** index)),
      { openNow: 7, now: 100 },
    );
    expect(flow).toEqual([
      { start: 0, end: 10, ...none, openAtEnd: 7 },
      { start: 10, end: 20, ...none, openAtEnd: 7 },
      {
        start: 20,
        end: 30,
        opened: 1 + 2,
        resolved: 4,
        archived: 8,
        regressed: 32,
        reopened: 64,
        unarchived: 128,
        escalated: 256,
        openAtEnd: 7,
      },
    ]);
  });

  it("counts what occurs at the end of a bucket in the next one", () => {
    const flow = flowOf(buckets, [group(9, "OPENED", 1), group(10, "OPENED", 1)], { openNow: 2, now: 100 });
    expect(flow.map(({ opened }) => opened)).toEqual([1, 1, 0]);
    expect(flow.map(({ openAtEnd }) => openAtEnd)).toEqual([1, 2, 2]);
  });

  it("reckons back from now over what occurred after the period", () => {
    const groups = [group(5, "OPENED", 3, 3), group(15, "RESOLVED", -2, 2), group(30, "OPENED", 9, 9)];
    const flow = flowOf(buckets, groups, { openNow: 10, now: 100 });
    expect(flow.map(({ openAtEnd }) => openAtEnd)).toEqual([3, 1, 1]);
    expect(flow.map(({ opened }) => opened)).toEqual([3, 0, 0]);
  });

  it("leaves what is open now, for a bucket that ends now or later, whatever is dated ahead of the clock", () => {
    const flow = flowOf(buckets, [group(25, "OPENED", 1)], { openNow: 4, now: 20 });
    expect(flow.map(({ openAtEnd }) => openAtEnd)).toEqual([3, 4, 4]);
  });
});
