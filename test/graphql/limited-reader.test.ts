import { expect, it } from "vitest";
import type { Viewer } from "../../src/domain/viewer.ts";
import { limitedReader } from "../../src/graphql/reading/limited-reader.ts";
import { createLoaders } from "../../src/graphql/reading/loaders.ts";
import type { Reader } from "../../src/store/reader.ts";
import { told } from "../store/deliveries.ts";
import { openTestStore } from "../store/open.ts";

/** What everything in the project that the viewer may not see has in it. */
const mark = "hidden";
const viewer: Viewer = { scope: "read", projects: new Set(["7"]) };

const page = { from: "first", after: null, before: null, limit: 10 } as const;

const ofHistory: readonly (readonly [string, (reader: Reader, issue: string) => Promise<unknown>])[] = [
  ["eventPages", (reader, issue) => reader.eventPages([issue], { ...page, actions: null })],
  [
    "transitionPagesOf",
    (reader, issue) => reader.transitionPagesOf([issue], { ...page, filter: {}, now: 0 }),
  ],
  ["transitionsOf", (reader, issue) => reader.transitionsOf([issue])],
  ["eventsOfDeliveries", (reader) => reader.eventsOfDeliveries(Array.from({ length: 99 }, (_, id) => id))],
];
const ofNow: typeof ofHistory = [
  ["issues", (reader, issue) => reader.issues([issue])],
  ["issueDetails", (reader, issue) => reader.issueDetails([issue])],
  ["rawIssues", (reader, issue) => reader.rawIssues([issue])],
];

/** `reader`, of which `move` comes after the first answer. */
function movingAfterOne(reader: Reader, move: () => Promise<unknown>): Reader {
  let hasMoved = false;
  const entries = Object.entries(reader).map(
    ([name, ask]: [string, (...args: never[]) => Promise<unknown>]) => [
      name,
      async (...args: never[]) => {
        const answer = await ask(...args);
        if (!hasMoved) {
          hasMoved = true;
          await move();
        }
        return answer;
      },
    ],
  );
  return Object.fromEntries(entries) as Reader;
}

it.each([
  ["leaves", [...ofNow, ...ofHistory]],
  // With its history it brings what happened before.
  ["comes", ofNow],
] as const)("what an issue shows elsewhere is not read while it %s", async (way, questions) => {
  await using store = await openTestStore();
  for (const [at, [name, ask]] of questions.entries()) {
    const issue = String(at + 1);
    const seen = told({ issue, at: 0, title: "open", lastSeen: -60 });
    const unseen = told({
      issue,
      at: way === "leaves" ? 60 : -60,
      action: "assigned",
      status: "resolved",
      count: way === "leaves" ? 2 : 0,
      title: mark,
      project: { id: "8", slug: mark, name: mark },
      more: { logger: mark, assignedTo: { type: "user", id: mark, name: mark } },
    });
    const [first, then] = way === "leaves" ? [seen, unseen] : [unseen, seen];
    await store.append(first);
    const reader = limitedReader(
      movingAfterOne(store.reader, () => store.append(then)),
      viewer,
    );
    const answer = [...((await ask(reader, issue)) as ReadonlyMap<unknown, unknown>)];
    expect([name, JSON.stringify(answer).includes(mark)]).toEqual([name, false]);
    const later = [
      ...((await ask(limitedReader(store.reader, viewer), issue)) as ReadonlyMap<unknown, unknown>),
    ];
    if (way === "comes") expect([name, later.length]).toEqual([name, 1]);
  }
});

it("an event whose issue leaves before that is read is to be asked for again", async () => {
  await using store = await openTestStore();
  await store.append(told({ at: 0 }));
  const project = { id: "8", slug: mark, name: mark };
  const reader = limitedReader(
    movingAfterOne(store.reader, () => store.append(told({ at: 60, action: "assigned", project }))),
    viewer,
  );
  const order = { field: "CURSOR", direction: "ASC" } as const;
  const { rows } = await reader.transitionPage({ ...page, order, filter: {}, now: 0 });
  expect(rows).toHaveLength(1);
  await expect(createLoaders(reader, 0).issueOf(rows[0]!.issueId)).rejects.toMatchObject({
    extensions: { code: "SERVICE_UNAVAILABLE" },
  });
});

it("a project that is forgotten before it is read by a count of its issues is to be asked for again", async () => {
  await using store = await openTestStore();
  await expect(createLoaders(store.reader, 0).countedProject("7")).rejects.toMatchObject({
    extensions: { code: "SERVICE_UNAVAILABLE" },
  });
});

it("a page from the end of a viewer's projects is the last of them", async () => {
  await using store = await openTestStore();
  for (const [at, slug] of ["a", "b", "c"].entries())
    await store.append(told({ issue: slug, at, project: { id: String(at), slug, name: slug } }));
  const reader = limitedReader(store.reader, { scope: "read", projects: new Set(["0", "1"]) });
  const { rows, more } = await reader.projectPage({ ...page, from: "last", limit: 1 });
  expect([rows.map(({ slug }) => slug), more]).toEqual([["b"], true]);
});
