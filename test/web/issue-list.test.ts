import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  changed,
  compareIssues,
  createIssueList,
  rowsPerPage,
  type IssueListState,
} from "../../src/web/client/issue-list.ts";
import type { IssueOrder } from "../../src/web/client/operations/issue-list.ts";
import type { ListedIssue } from "../../src/web/client/operations/shapes.ts";
import { connectionOfPage } from "./connection.ts";

const newestFirst: IssueOrder = { field: "LAST_SEEN", direction: "DESC" };

/** An issue that was last seen so many seconds after some moment; null for never. */
function issue(id: string, seen: number | null, more: Partial<ListedIssue> = {}): ListedIssue {
  return {
    id,
    sentryId: id,
    shortId: null,
    title: id,
    culprit: null,
    status: "UNRESOLVED",
    statusRaw: "unresolved",
    substatus: null,
    substatusRaw: null,
    statusSince: "2026-11-01T00:00:00.000Z",
    level: "ERROR",
    levelRaw: "error",
    priority: null,
    count: 1,
    userCount: 1,
    firstSeen: null,
    lastSeen: seen === null ? null : new Date(1_800_000_000_000 + seen * 1000).toISOString(),
    assignee: null,
    ...more,
  };
}

function listOf(issues: readonly ListedIssue[], more: Partial<IssueListState> = {}): IssueListState {
  return {
    rows: issues.map((one) => ({ issue: one, cursor: `at ${one.id}`, change: null, changes: 0 })),
    total: issues.length,
    hasNext: false,
    hasPrevious: false,
    isLoading: false,
    error: null,
    told: { entered: 0, updated: 0, left: 0 },
    ...more,
  };
}

const change = (kind: "ENTERED" | "UPDATED" | "LEFT", one: ListedIssue) => ({
  cursor: "c",
  kind,
  issue: one,
});
const idsOf = ({ rows }: IssueListState) => rows!.map(({ issue: { id } }) => id);
const full = Array.from({ length: rowsPerPage }, (_, index) => issue(`i${index}`, 1000 - index));

describe("a list of issues", () => {
  it("puts an issue that enters where it belongs, and counts it", () => {
    const list = changed(
      listOf([issue("a", 30), issue("b", 10)]),
      change("ENTERED", issue("c", 20)),
      newestFirst,
    );
    expect(idsOf(list)).toEqual(["a", "c", "b"]);
    expect(list.total).toBe(3);
    expect(list.rows![1]).toMatchObject({ change: "entered", cursor: null });
  });

  it("moves an issue whose place changes, and forgets its cursor", () => {
    const list = changed(
      listOf([issue("a", 30), issue("b", 10)]),
      change("UPDATED", issue("b", 40)),
      newestFirst,
    );
    expect(idsOf(list)).toEqual(["b", "a"]);
    expect(list.rows![0]).toMatchObject({ change: "updated", cursor: null });
    expect(list.total).toBe(2);
  });

  it("replaces an issue that stays where it is, and keeps its cursor", () => {
    const titled = issue("b", 10, { title: "new" });
    const list = changed(listOf([issue("a", 30), issue("b", 10)]), change("UPDATED", titled), newestFirst);
    expect(list.rows![1]).toEqual({ issue: titled, cursor: "at b", change: "updated", changes: 1 });
  });

  it("shows that an issue left, and takes it back when it enters again", () => {
    const left = changed(
      listOf([issue("a", 30), issue("b", 10)]),
      change("LEFT", issue("a", 30)),
      newestFirst,
    );
    expect(left.rows![0]).toMatchObject({ change: "left" });
    expect(left.total).toBe(1);
    const back = changed(left, change("ENTERED", issue("a", 30)), newestFirst);
    expect(back.rows![0]).toMatchObject({ change: "entered", changes: 2 });
    expect(back.total).toBe(2);
  });

  it("sorts an issue that left and entered again by what it became meanwhile", () => {
    const before = listOf([issue("a", 30), issue("b", 20), issue("c", 10)]);
    const left = changed(before, change("LEFT", issue("c", 40)), newestFirst);
    expect(idsOf(left)).toEqual(["a", "b", "c"]);
    expect(idsOf(changed(left, change("ENTERED", issue("c", 40)), newestFirst))).toEqual(["c", "a", "b"]);
    const older = changed(before, change("LEFT", issue("a", 5)), newestFirst);
    expect(idsOf(changed(older, change("ENTERED", issue("d", 15)), newestFirst))).toEqual([
      "a",
      "b",
      "d",
      "c",
    ]);
  });

  it("pushes the last row of a full page to the next one", () => {
    const list = changed(listOf(full), change("ENTERED", issue("new", 5000)), newestFirst);
    expect(list.rows).toHaveLength(rowsPerPage);
    expect(idsOf(list)[0]).toBe("new");
    expect(list.hasNext).toBe(true);
  });

  it("has room for as many as have left, seen or not", () => {
    const left = changed(listOf(full), change("LEFT", full[3]!), newestFirst);
    const list = changed(left, change("ENTERED", issue("new", 5000)), newestFirst);
    expect(list.hasNext).toBe(false);
    expect(idsOf(list)).toHaveLength(rowsPerPage + 1);
  });

  it("leaves out what belongs before or behind its page, but counts it", () => {
    const middle = listOf(full, { hasPrevious: true, hasNext: true, total: 200 });
    for (const seen of [5000, -5000]) {
      const list = changed(middle, change("ENTERED", issue("new", seen)), newestFirst);
      expect(idsOf(list)).toEqual(idsOf(middle));
      expect(list.total).toBe(201);
    }
  });

  it("takes nothing in on a later page on which no row is left to say what belongs there", () => {
    const empty = listOf([], { hasPrevious: true, total: 50 });
    const left = changed(
      listOf([issue("a", 30)], { hasPrevious: true, total: 51 }),
      change("LEFT", issue("a", 30)),
      newestFirst,
    );
    for (const before of [empty, left]) {
      const list = changed(before, change("ENTERED", issue("new", 5000)), newestFirst);
      expect(idsOf(list)).toEqual(idsOf(before));
      expect(list.total).toBe(51);
    }
  });

  it("keeps the only row of a later page that moves on, and lets go of one that moves back", () => {
    const last = listOf([issue("a", 30)], { hasPrevious: true });
    expect(idsOf(changed(last, change("UPDATED", issue("a", 20)), newestFirst))).toEqual(["a"]);
    expect(idsOf(changed(last, change("UPDATED", issue("a", 40)), newestFirst))).toEqual([]);
  });

  it("leaves out what belongs before a later page also where a row that left stands before it", () => {
    const later = listOf([issue("a", 30), issue("b", 20)], { hasPrevious: true });
    const left = changed(later, change("LEFT", issue("a", 30)), newestFirst);
    expect(idsOf(changed(left, change("ENTERED", issue("new", 5000)), newestFirst))).toEqual(["a", "b"]);
  });

  it("lets go of a row that moves to another page", () => {
    const middle = listOf(full, { hasPrevious: true, hasNext: true });
    expect(idsOf(changed(middle, change("UPDATED", issue("i7", 5000)), newestFirst))).not.toContain("i7");
  });
});

describe("the order of issues", () => {
  const sorted = (issues: readonly ListedIssue[], order: IssueOrder) =>
    issues.toSorted((one, other) => compareIssues(one, other, order)).map(({ id }) => id);

  it("has nulls last either way, and Sentry's id among equals in the same direction", () => {
    const issues = [issue("a", null), issue("b", 10), issue("c", 10), issue("d", 20), issue("e", null)];
    expect(sorted(issues, newestFirst)).toEqual(["d", "c", "b", "e", "a"]);
    expect(sorted(issues, { field: "LAST_SEEN", direction: "ASC" })).toEqual(["b", "c", "d", "a", "e"]);
  });

  it("takes priorities by their rank", () => {
    const issues = [issue("a", 1, { priority: "LOW" }), issue("b", 1, { priority: "HIGH" }), issue("c", 1)];
    expect(sorted(issues, { field: "PRIORITY", direction: "DESC" })).toEqual(["b", "a", "c"]);
  });
});

describe("a page of issues that was not followed for a while", () => {
  const request = { filter: {}, order: newestFirst, page: null };
  let asked: string[];

  beforeEach(() => {
    asked = [];
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.stubGlobal(
      "fetch",
      async (_url: string, { body, signal }: { readonly body: string; readonly signal: AbortSignal }) => {
        asked.push(/(?:query|subscription) (\w+)/.exec(body)![1]!);
        if (body.includes("query IssuePage"))
          return Response.json({
            data: { feed: { cursor: "here" }, issues: { edges: [], totalCount: 0, pageInfo: {} } },
          });
        const stream = new ReadableStream({
          start: (controller) => signal.addEventListener("abort", () => controller.error(signal.reason)),
        });
        return new Response(stream, { headers: { "content-type": "text/event-stream" } });
      },
    );
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it.each([
    [59_000, ["IssueChanged"]],
    [61_000, ["IssuePage", "IssueChanged"]],
  ])(
    "after %i ms asks for %j, whether it was elsewhere, paused, or paused from the start",
    async (ms, next) => {
      const connection = connectionOfPage();
      const list = createIssueList(connection);
      const begin = async (go: () => void, operations: readonly string[]) => {
        asked = [];
        go();
        await vi.waitFor(() => expect(asked).toEqual(operations));
      };
      const pass = () => vi.setSystemTime(Date.now() + ms);

      await begin(() => list.show(request), ["IssuePage", "IssueChanged"]);
      list.rest();
      pass();
      await begin(() => list.show(request), next);

      await begin(() => list.show({ ...request, filter: { search: "a" } }), ["IssuePage", "IssueChanged"]);
      connection.isPaused.set(true);
      pass();
      await begin(() => connection.isPaused.set(false), next);

      list.rest();
      connection.isPaused.set(true);
      await begin(() => list.show({ ...request, filter: { search: "b" } }), ["IssuePage"]);
      await vi.waitFor(() => expect(list.state.get().isLoading).toBe(false));
      pass();
      await begin(() => connection.isPaused.set(false), next);
      list.rest();
    },
  );
});
