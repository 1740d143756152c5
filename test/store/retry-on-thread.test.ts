import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { IssueFilter } from "../../src/domain/filter.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import type { Reader } from "../../src/store/reader.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { openRetryOnThread } from "../../src/store/sqlite/retry-on-thread.ts";
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
  insert into deliveries (id, position, received_at, sent_at, is_request_id_reused, outcome, sha256, bytes)
  values (1, 1, 1, 1, 0, 'APPLIED', x'00', 1);
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 600)
  insert into events (issue_id, delivery, role, version, place, source, action, kind, to_status, occurred_at, is_late,
    is_undone, committed_at, after_status, after_since, after_shown)
  select 1, 1, 'told', i, printf('%030d', i), 'REPORTED', 'ASSIGNED', 'OTHER', 'resolved', 1, 0, 0, 1, 'resolved', 1, 1 from n;
  insert into events (seq, issue_id, delivery, role, version, place, source, action, kind, to_status, occurred_at, is_late,
    is_undone, committed_at, after_status, after_since, after_shown)
  select 1000 + seq, 2, 1, 'report', version, place, source, action, null, null, occurred_at, is_late, is_undone, committed_at,
    after_status, after_since, after_shown from events;
`);
client.close();

const asked: string[] = [];
beforeEach(() => void (asked.length = 0));

/** Answers everything with an empty page. */
const elsewhere = new Proxy({} as Reader, {
  ownKeys: () => ["issuePage", "issueCount"],
  getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  get: (_, name) => async () => {
    asked.push(String(name));
    return { rows: [], more: false };
  },
});

const page = { limit: 2, from: "first", after: null, before: null, now: 0 } as const;

/** The ids of the first two issues under the filter, tried for so long. */
async function firstOf(filter: IssueFilter, forMs: number): Promise<readonly string[]> {
  using retrying = openRetryOnThread(file, elsewhere, { issueObjectOf }, forMs);
  const order = { field: "LAST_SEEN", direction: "DESC" } as const;
  const { rows } = await retrying.reader.issuePage({ ...page, filter, order });
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
    const retrying = openRetryOnThread(file, elsewhere, { issueObjectOf }, Infinity);
    retrying[Symbol.dispose]();
    const order = { field: "LAST_SEEN", direction: "DESC" } as const;
    await retrying.reader.issuePage({ ...page, filter: {}, order });
    expect(asked).toEqual(["issuePage"]);
  });

  it.each([
    ["that looks into texts by their index", { and: [{ search: "title" }] }],
    ["that is long", { title: { in: Array.from({ length: 200 }, (_, at) => `Title ${at}`) } }],
  ])("are asked for elsewhere at once: of a filter %s", async (_, filter) => {
    await firstOf(filter, Infinity);
    expect(asked).toEqual(["issuePage"]);
  });

  it("are those of issues and of transitions, what some issues have, and when the last delivery came; all else is asked for elsewhere", async () => {
    using retrying = openRetryOnThread(file, elsewhere, { issueObjectOf }, Infinity);
    for (const ask of mostlyQuick) await ask(retrying.reader);
    expect(await retrying.reader.lastDeliveryAt()).toBe(1);
    expect(asked).toEqual([]);
    await retrying.reader.issueCount({ filter: {}, now: 0 });
    expect(asked).toEqual(["issueCount"]);
  });

  it("are stopped in the midst of long histories, whatever is asked about those", async () => {
    using retrying = openRetryOnThread(file, elsewhere, { issueObjectOf }, -1);
    for (const ask of mostlyQuick) await ask(retrying.reader);
    expect(asked).toEqual([
      "transitionPage",
      "eventPages",
      "eventPages",
      "eventCounts",
      "eventCounts",
      "transitionPagesOf",
      "transitionCountsOf",
      "transitionsOf",
      "transitionedBefore",
    ]);
  });
});

const order = { field: "OCCURRED_AT", direction: "DESC" } as const;
const narrow = { kind: ["RESOLVED"] } as const;
const mostlyQuick: readonly ((reader: Reader) => Promise<unknown>)[] = [
  (reader) => reader.transitionPage({ ...page, filter: narrow, order }),
  (reader) => reader.eventPages(["1"], { ...page, limit: 600, actions: null }),
  (reader) => reader.eventPages(["1"], { ...page, actions: ["RESOLVED"] }),
  (reader) => reader.eventCounts(["1"], { actions: null }),
  (reader) => reader.eventCounts(["1"], { actions: ["RESOLVED"] }),
  (reader) => reader.transitionPagesOf(["1"], { ...page, filter: narrow }),
  (reader) => reader.transitionCountsOf(["1"], { filter: {}, now: 0 }),
  (reader) => reader.transitionsOf(["1"]),
  // The last of so many assignments.
  (reader) => reader.transitionedBefore([1_600]),
];
