import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { IssueFilter } from "../../src/domain/filter.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import type { Reader } from "../../src/store/reader.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { openTrying } from "../../src/store/sqlite/trying.ts";
import { temporaryFolder } from "./open.ts";

const folder = temporaryFolder();
const file = join(folder.path, "issuewire.db");
afterAll(() => folder[Symbol.dispose]());

// More than lie between two questions whether to go on.
const { client } = openWriter(file);
client.exec(`
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 600)
  insert into issues (sentry_id, shown, last_seq, title, title_folded, status, status_since, count, user_count, last_seen, rest, details)
  select i, 1, 1, 'A title', 'a title', 'unresolved', i, i, i, i, '{"project":null}', '{}' from n;
`);
client.close();

const asked: string[] = [];
beforeEach(() => void (asked.length = 0));

const elsewhere = {
  issuePage: async () => {
    asked.push("issuePage");
    return { rows: [], more: false };
  },
  transitionPage: async () => {
    asked.push("transitionPage");
    return { rows: [], more: false };
  },
  issueCount: async () => asked.push("issueCount"),
} as unknown as Reader;

const page = { limit: 2, from: "first", after: null, before: null, now: 0 } as const;

/** The ids of the first two issues under the filter, tried for so long. */
async function firstOf(filter: IssueFilter, forMs: number): Promise<readonly string[]> {
  using trying = openTrying(file, elsewhere, { issueObjectOf }, forMs);
  const order = { field: "LAST_SEEN", direction: "DESC" } as const;
  const { rows } = await trying.reader.issuePage({ ...page, filter, order });
  return rows.map(({ sentryId }) => sentryId);
}

describe("pages that are tried here", () => {
  it.each([
    ["of everything", {}, ["600", "599"]],
    ["of a filter that is followed in order", { count: { lt: 300 } }, ["299", "298"]],
    ["of a filter that few pass", { status: { eq: "UNRESOLVED" }, count: { lt: 3 } }, ["2", "1"]],
  ] as const)("are answered here in time: %s", async (_, filter, ids) => {
    expect(await firstOf(filter, Infinity)).toEqual(ids);
    expect(asked).toEqual([]);
  });

  it("have their time from when they are asked for", async () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1_000_000);
    try {
      expect(await firstOf({ count: { lt: 300 } }, 1)).toEqual(["299", "298"]);
    } finally {
      now.mockRestore();
    }
    expect(asked).toEqual([]);
  });

  it("are asked for elsewhere once they have had their time", async () => {
    expect(await firstOf({ count: { lt: 300 } }, -1)).toEqual([]);
    expect(asked).toEqual(["issuePage"]);
  });

  it("are asked for elsewhere once it is closed", async () => {
    const trying = openTrying(file, elsewhere, { issueObjectOf }, Infinity);
    trying[Symbol.dispose]();
    const order = { field: "LAST_SEEN", direction: "DESC" } as const;
    await trying.reader.issuePage({ ...page, filter: {}, order });
    expect(asked).toEqual(["issuePage"]);
  });

  it.each([
    ["that looks into texts by their index", { and: [{ search: "title" }] }],
    ["that is long", { title: { in: Array.from({ length: 200 }, (_, at) => `Title ${at}`) } }],
  ])("are asked for elsewhere at once: of a filter %s", async (_, filter) => {
    await firstOf(filter, Infinity);
    expect(asked).toEqual(["issuePage"]);
  });

  it("are those of issues and of transitions; all else is asked for elsewhere", async () => {
    using trying = openTrying(file, elsewhere, { issueObjectOf }, Infinity);
    const order = { field: "OCCURRED_AT", direction: "DESC" } as const;
    await trying.reader.transitionPage({ ...page, filter: { kind: ["RESOLVED"] }, order });
    expect(asked).toEqual([]);
    await trying.reader.issueCount({ filter: {}, now: 0 });
    expect(asked).toEqual(["issueCount"]);
  });
});
