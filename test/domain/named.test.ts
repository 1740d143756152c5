import { describe, expect, it } from "vitest";
import { deriveHistory, type Change } from "../../src/domain/history.ts";
import { arrivals, historyOf, sent } from "./scenario.ts";

const nameless = { namesProject: false } as const;

/** What a change shows before and after: the delivery that the snapshot is of, and the one that names its project. */
const shownBy = ({ shown, shownBefore, named, namedBefore }: Change) => [
  [shownBefore, namedBefore],
  [shown, named],
];

describe("the delivery that names an issue's project", () => {
  it("is the one whose snapshot is shown, where that does", () => {
    const changes = arrivals(sent("09:00", "created", "unresolved"), sent("10:00", "resolved", "resolved"));
    expect(changes.map(shownBy)).toEqual([
      [
        [null, null],
        [1, 1],
      ],
      [
        [1, 1],
        [2, 2],
      ],
    ]);
  });

  it("stays the one that did, where a later one does not, and is none until one has", () => {
    const changes = arrivals(
      sent("09:00", "created", "unresolved", nameless),
      sent("10:00", "resolved", "resolved"),
      sent("11:00", "unresolved", "unresolved/regressed", nameless),
    );
    expect(changes.map(({ shown, named }) => [shown, named])).toEqual([
      [1, null],
      [2, 2],
      [3, 2],
    ]);
  });

  it("may come late, with an entry that tells of it, and is the same in whatever order they come", () => {
    const created = sent("09:00", "created", "unresolved", { lastSeen: "08:59", ...nameless });
    const resolved = sent("10:00", "resolved", "resolved", { lastSeen: "09:59", ...nameless });
    const stale = sent("10:00:05", "assigned", "unresolved", { lastSeen: "09:30" });
    historyOf(created, resolved, stale);
    const change = arrivals(created, resolved, stale)[2]!;
    expect(shownBy(change)).toEqual([
      [2, null],
      [2, 3],
    ]);
    expect(change.entries.length).toBeGreaterThan(0);
    expect(deriveHistory([{ ...created, delivery: 1 }]).named).toBeNull();
  });
});
