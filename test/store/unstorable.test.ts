import { describe, expect, it } from "vitest";
import type { Reader } from "../../src/store/reader.ts";
import { told } from "./deliveries.ts";
import { openTestStore } from "./open.ts";
import { openTestPostgres } from "./open-postgres.ts";

/** Text that clients may send and nothing stored can have: a driver would take the second for what is stored. */
const unstorable = ["\0", "\uD800", "a\uDC00b"];
/** What the store has instead of a lone surrogate. */
const stored = "\uFFFD";

const page = { from: "first", after: null, before: null, limit: 10 } as const;
const order = { field: "LAST_SEEN", direction: "DESC" } as const;

const questions: readonly (readonly [string, (reader: Reader, text: string) => Promise<unknown>])[] = [
  ["issues", async (reader, text) => (await reader.issues([text])).size],
  ["issueByShortId", async (reader, text) => ((await reader.issueByShortId(text)) === null ? 0 : 1)],
  ["issueDetails", async (reader, text) => (await reader.issueDetails([text])).size],
  ["rawIssues", async (reader, text) => (await reader.rawIssues([text])).size],
  ["projects", async (reader, text) => (await reader.projects([text])).size],
  ["projectBySlug", async (reader, text) => ((await reader.projectBySlug(text)) === null ? 0 : 1)],
  ["eventPages", async (reader, text) => (await reader.eventPages([text], { ...page, actions: null })).size],
  ["eventCounts", async (reader, text) => (await reader.eventCounts([text], { actions: null })).size],
  ["transitionsOf", async (reader, text) => (await reader.transitionsOf([text])).size],
  [
    "transitionPagesOf",
    async (reader, text) => (await reader.transitionPagesOf([text], { ...page, filter: {}, now: 0 })).size,
  ],
  [
    "issueCountsOf",
    async (reader, text) => (await reader.issueCountsOf([text], { filter: {}, now: 0 })).size,
  ],
  [
    "issuePagesOf",
    async (reader, text) => (await reader.issuePagesOf([text], { ...page, order, filter: {}, now: 0 })).size,
  ],
  ["deliveryCount", (reader, text) => reader.deliveryCount({ filter: { issueSentryId: text }, now: 0 })],
  [
    "deliveryCount by resource",
    async (reader, text) =>
      (await reader.deliveryCount({ filter: { resource: [text, "issue"] }, now: 0 })) - 1,
  ],
  ["issueDetails of projects", async (reader, text) => (await reader.issueDetails(["1"], [text])).size],
  ["rawIssues of projects", async (reader, text) => (await reader.rawIssues(["1"], [text])).size],
  ["assignees", async (reader, text) => (await reader.assignees("USER", [text])).size],
  ["assignees of projects", async (reader, text) => (await reader.assignees("USER", [stored], [text])).size],
  [
    "issueByShortId of projects",
    async (reader, text) => ((await reader.issueByShortId(stored, [text])) === null ? 0 : 1),
  ],
  [
    "projectBySlug of projects",
    async (reader, text) => ((await reader.projectBySlug(stored, [text])) === null ? 0 : 1),
  ],
  ["eventsById", async (reader, text) => (await reader.eventsById([text, `1.${text}`])).size],
  ...(["sentryId", "shortId", "title", "culprit", "category", "platform"] as const).map(
    (name) =>
      [
        `a filter on ${name}`,
        (reader: Reader, text: string) => reader.issueCount({ filter: { [name]: { in: [text] } }, now: 0 }),
      ] as const,
  ),
];

describe.each([
  ["SQLite", openTestStore],
  ["PostgreSQL", openTestPostgres],
] as const)("text that nothing stored can have, on %s,", (_, openStore) => {
  it("finds nothing, and fails nothing, by whatever key", async () => {
    await using store = await openStore();
    const more = { shortId: stored, culprit: stored, issueCategory: stored, platform: stored };
    const project = { id: stored, slug: stored, name: stored };
    await store.append(told({ title: stored, project, more }));
    for (const [question, ask] of questions)
      for (const text of unstorable) expect([question, await ask(store.reader, text)]).toEqual([question, 0]);
    expect(await store.reader.issueByShortId(stored)).not.toBeNull();
  });

  it("in a cursor is a place like any other", async () => {
    await using store = await openStore();
    await store.append(told());
    for (const sentryId of unstorable) {
      const { rows } = await store.reader.issuePage({
        ...page,
        order,
        filter: {},
        now: 0,
        after: { value: null, sentryId },
      });
      expect(rows).toEqual([]);
      const projects = await store.reader.projectPage({ ...page, after: [sentryId, sentryId] });
      expect(projects.more).toBe(false);
    }
  });
});
