import { describe, expect, it } from "vitest";
import { transitionKinds, type TransitionKind } from "../../src/domain/event.ts";
import { flowOf, type FlowChange } from "../../src/domain/flow.ts";

/** Three buckets of ten milliseconds, from 0. */
const buckets = [0, 10, 20].map((start) => ({ start, end: start + 10 }));
/** So many transitions of one kind, which open so many issues more than they close. */
const change = (kind: TransitionKind, opening: number, count = 1): FlowChange => ({
  counts: new Map([[kind, count]]),
  opening,
});
const nothing: FlowChange = { counts: new Map(), opening: 0 };
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
    const all = { counts: new Map(transitionKinds.map((kind, index) => [kind, 2 ** index])), opening: 0 };
    const flow = flowOf(buckets, [nothing, nothing, all, nothing], { openNow: 7, now: 100 });
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

  it("reckons back from now over what each bucket opened and closed", () => {
    const changes = [change("OPENED", 1), change("OPENED", 1), nothing, nothing];
    const flow = flowOf(buckets, changes, { openNow: 2, now: 100 });
    expect(flow.map(({ openAtEnd }) => openAtEnd)).toEqual([1, 2, 2]);
  });

  it("reckons back from now over what occurred after the period", () => {
    const changes = [change("OPENED", 3, 3), change("RESOLVED", -2, 2), nothing, change("OPENED", 9, 9)];
    const flow = flowOf(buckets, changes, { openNow: 10, now: 100 });
    expect(flow.map(({ openAtEnd }) => openAtEnd)).toEqual([3, 1, 1]);
    expect(flow.map(({ opened }) => opened)).toEqual([3, 0, 0]);
  });

  it("leaves what is open now, for a bucket that ends now or later, whatever is dated ahead of the clock", () => {
    const changes = [nothing, nothing, change("OPENED", 1), nothing];
    const flow = flowOf(buckets, changes, { openNow: 4, now: 20 });
    expect(flow.map(({ openAtEnd }) => openAtEnd)).toEqual([3, 4, 4]);
  });
});
