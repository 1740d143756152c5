import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assigneeCountsOf,
  durationFiguresOf,
  facetsOf,
  rankedCounts,
  shareOf,
} from "../../src/domain/statistics.ts";

describe("facets", () => {
  it("are known by the schema's words, largest first, then by key, null last", () => {
    const groups = [
      { count: 1, status: "unresolved", level: "error", priority: "high", substatus: "new", category: "b" },
      { count: 2, status: "ignored", level: null, priority: "urgent", substatus: null, category: null },
      { count: 1, status: "muted", level: "unknown", priority: null, substatus: "new", category: "a" },
      { count: 1, status: "resolved", level: "fatal", priority: "low", substatus: "odd", category: "B" },
    ];
    expect(facetsOf(groups, ["status", "substatus", "level", "priority", "category"])).toEqual({
      total: 5,
      status: [
        { key: "IGNORED", count: 2 },
        { key: "OTHER", count: 1 },
        { key: "RESOLVED", count: 1 },
        { key: "UNRESOLVED", count: 1 },
      ],
      substatus: [
        { key: "NEW", count: 2 },
        { key: null, count: 2 },
        { key: "OTHER", count: 1 },
      ],
      level: [
        { key: "UNKNOWN", count: 3 },
        { key: "ERROR", count: 1 },
        { key: "FATAL", count: 1 },
      ],
      priority: [
        { key: null, count: 3 },
        { key: "HIGH", count: 1 },
        { key: "LOW", count: 1 },
      ],
      category: [
        { key: null, count: 2 },
        { key: "B", count: 1 },
        { key: "a", count: 1 },
        { key: "b", count: 1 },
      ],
    });
  });

  it("have nothing but what was asked for", () => {
    expect(facetsOf([{ count: 3, level: "error" }], ["level"])).toEqual({
      total: 3,
      level: [{ key: "ERROR", count: 3 }],
    });
    expect(facetsOf([], [])).toEqual({ total: 0 });
  });

  it("add up what has one key", () => {
    expect(
      rankedCounts([
        { key: "a", count: 1 },
        { key: "b", count: 2 },
        { key: "a", count: 2 },
      ]),
    ).toEqual([
      { key: "a", count: 3 },
      { key: "b", count: 2 },
    ]);
  });
});

describe("assignees", () => {
  const user = (sentryId: string, name: string) => ({ type: "USER", sentryId, name, email: null }) as const;
  const team = { type: "TEAM", sentryId: "5", name: "core", email: null } as const;

  it("are counted by type and id, and shown as they were seen last", () => {
    expect(
      assigneeCountsOf([
        { assignee: user("5", "Ada"), count: 1, lastSeen: 10 },
        { assignee: user("5", "Ada Lovelace"), count: 1, lastSeen: 20 },
        { assignee: user("5", "A."), count: 1, lastSeen: null },
        { assignee: team, count: 3, lastSeen: 5 },
        { assignee: null, count: 3, lastSeen: 5 },
        { assignee: user("10", "Bob"), count: 3, lastSeen: 5 },
        { assignee: user("9", "Eve"), count: 4, lastSeen: 5 },
      ]),
    ).toEqual([
      { key: user("9", "Eve"), count: 4 },
      { key: user("10", "Bob"), count: 3 },
      { key: user("5", "Ada Lovelace"), count: 3 },
      { key: team, count: 3 },
      { key: null, count: 3 },
    ]);
  });

  it("are shown the same whichever of two seen at once comes first", () => {
    const groups = [
      { assignee: user("5", "Ada"), count: 1, lastSeen: 10 },
      { assignee: user("5", "Bea"), count: 1, lastSeen: 10 },
    ];
    expect(assigneeCountsOf(groups)).toEqual(assigneeCountsOf(groups.toReversed()));
  });
});

describe("durations", () => {
  const figuresOf = (seconds: readonly number[]) =>
    durationFiguresOf(Float64Array.from(seconds, (one) => one * 1000));
  const seconds = (...durations: number[]) => figuresOf(durations);

  it("are null when there are none", () => {
    expect(figuresOf([])).toEqual({ n: 0, seconds: null });
  });

  it("have percentiles by nearest rank", () => {
    expect(seconds(50, 15, 40, 20, 35)).toEqual({ n: 5, seconds: { mean: 32, p50: 35, p90: 50, p99: 50 } });
    expect(seconds(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).seconds).toEqual({ mean: 5.5, p50: 5, p90: 9, p99: 10 });
    expect(seconds(7).seconds).toEqual({ mean: 7, p50: 7, p90: 7, p99: 7 });
    expect(seconds(1, 2).seconds).toMatchObject({ p50: 1, p90: 2 });
  });

  it("are those of the durations in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 300, size: "max" }), (all) => {
        const figures = figuresOf(all);
        const sorted = all.toSorted((a, b) => a - b);
        const nearest = (percent: number) => sorted[Math.ceil((percent * all.length) / 100) - 1];
        expect(figures).toEqual({
          n: all.length,
          seconds: {
            mean: expect.closeTo(all.reduce((a, b) => a + b) / all.length, 9),
            p50: nearest(50),
            p90: nearest(90),
            p99: nearest(99),
          },
        });
      }),
    );
  });

  it("keep their milliseconds", () => {
    expect(seconds(0.25, 0.75).seconds).toEqual({ mean: 0.5, p50: 0.25, p90: 0.75, p99: 0.75 });
  });
});

describe("a share", () => {
  it("is a part of a whole, and null of nothing", () => {
    expect([shareOf(1, 4), shareOf(0, 4), shareOf(0, 0)]).toEqual([0.25, 0, null]);
  });
});
