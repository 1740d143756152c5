import { describe, expect, it } from "vitest";
import type { LoggedEvent } from "../../src/domain/event.ts";
import type { IssueFilter, TransitionFilter } from "../../src/domain/filter.ts";
import type { Issue, Project } from "../../src/domain/issue.ts";
import { at, told, webhook } from "./deliveries.ts";
import { silentReport } from "./open.ts";
import type { Report } from "../../src/observability/report.ts";
import type { Maintenance } from "../../src/store/maintenance.ts";
import {
  issueOrderFields,
  type DeliveryFilter,
  type Page,
  type PageRequest,
  type TransitionKey,
} from "../../src/store/reader.ts";
import type { Store } from "../../src/store/store.ts";

const first = { from: "first", after: null, before: null, limit: 50 } as const;
const history = { ...first, actions: null } as const;

function shortly(event: LoggedEvent): string {
  const { transition } = event;
  const state = (one: { readonly status: string; readonly substatus: string | null }) =>
    one.substatus === null ? one.status : `${one.status}/${one.substatus}`;
  const change =
    transition === null
      ? ""
      : ` ${transition.from === null ? "" : state(transition.from)}→${state(transition.to)}`;
  return `${event.source} ${event.action}${change}`;
}

/** The whole list. Fails unless pages of two add up to it from either end. */
async function pagesOf<Row, Key>(
  page: (request: PageRequest<Key>) => Promise<Page<Row>>,
  keyOf: (row: Row) => Key,
): Promise<readonly Row[]> {
  const { rows } = await page(first);
  const [forth, back]: [Row[], Row[]] = [[], []];
  for (let after: Key | null = null; forth.length < rows.length; after = keyOf(forth.at(-1)!)) {
    const part = await page({ from: "first", limit: 2, after, before: null });
    forth.push(...part.rows);
    expect(part.more).toBe(forth.length < rows.length);
  }
  for (let before: Key | null = null; back.length < rows.length; before = keyOf(back[0]!)) {
    const part = await page({ from: "last", limit: 2, after: null, before });
    back.unshift(...part.rows);
    expect(part.more).toBe(back.length < rows.length);
  }
  expect([forth, back]).toEqual([rows, rows]);
  return rows;
}

export type ContractOptions = {
  readonly report?: Report;
  readonly maxWaiting?: number;
};

/** What a store must do on every database. `maintain` opens a store for commands beside the open one. */
export function storeContract<Opened extends Store>(
  database: string,
  open: (options?: ContractOptions) => Promise<Opened>,
  maintain: (store: Opened) => Promise<Maintenance>,
): void {
  describe(`a store on ${database}`, () => {
    it("keeps a delivery byte for byte and answers with its id, its outcome and the log's position", async () => {
      await using store = await open();
      const delivery = told({ at: 5, requestId: "a".repeat(32), idempotencyKey: "key" });
      expect(await store.append(delivery)).toEqual({ delivery: 1, outcome: "APPLIED", position: 1 });
      expect([...(await store.reader.bodies([1]))]).toEqual([[1, delivery.body]]);
      expect((await store.reader.deliveries([1])).get(1)).toEqual({
        id: 1,
        position: 1,
        receivedAt: at(5),
        sentAt: at(5),
        resource: "issue",
        action: "created",
        requestId: "a".repeat(32),
        isRequestIdReused: false,
        idempotencyKey: "key",
        installationId: "7c9e2b14-51f0-4a3a-9d0e-6b5b0f7e21aa",
        outcome: "APPLIED",
        reason: null,
        repeatOf: null,
        bytes: delivery.body.length,
      });
    });

    it("answers a page that was asked for before as of now: for this limit, this filter and this moment", async () => {
      await using store = await open();
      for (const id of [1, 2, 3]) await store.append(told({ issue: String(id), at: id }));
      const page = async (
        direction: "ASC" | "DESC",
        limit: number,
        filter: IssueFilter = {},
        now = at(3),
      ) => {
        const order = { field: "LAST_SEEN", direction } as const;
        const { rows } = await store.reader.issuePage({ ...first, order, filter, now, limit });
        return rows.map(({ sentryId }) => sentryId).join(" ");
      };
      const ofLastSecond: IssueFilter = {
        lastSeen: { gte: { fromNow: { months: 0, milliseconds: -1_000 } } },
      };
      for (const _ of [1, 2]) {
        expect(await page("DESC", 2)).toBe("3 2");
        expect(await page("DESC", 1)).toBe("3");
        expect(await page("ASC", 2)).toBe("1 2");
        expect(await page("ASC", 9, ofLastSecond)).toBe("2 3");
        expect(await page("ASC", 9, ofLastSecond, at(2))).toBe("1 2 3");
      }
      await store.append(told({ issue: "4", at: 4 }));
      expect(await page("DESC", 2)).toBe("4 3");
    });

    it("shows the project that an issue was said to be of, though later deliveries do not name it", async () => {
      await using store = await open();
      const renamed = { id: "7", slug: "web-new", name: "Web" };
      await store.append(told({ at: 0, project: null }));
      await store.append(told({ action: "assigned", at: 10, count: 2, project: renamed }));
      await store.append(told({ action: "resolved", status: "resolved", at: 20, count: 3, project: null }));
      // Taken before the others, so the name that it gives the project is out of date.
      await store.append(told({ action: "assigned", at: 22, lastSeen: 5, count: 2 }));
      await store.append(told({ action: "unresolved", at: 30, count: 4, project: null }));
      const slugs = (all: readonly Issue[]) => all.map(({ fields }) => fields.project?.slug ?? null);
      const log = await store.reader.entriesAfter(0, 100);
      expect(slugs(log.map(({ after }) => after))).toEqual([null, ...Array<string>(4).fill("web-new")]);
      expect(slugs(log.flatMap(({ before }) => before ?? []))).toEqual([
        null,
        ...Array<string>(3).fill("web-new"),
      ]);
      expect(slugs([(await store.reader.issues(["1"])).get("1")!])).toEqual(["web-new"]);
      const filter: IssueFilter = { project: { slug: { eq: "web-new" } } };
      const order = { field: "LAST_SEEN", direction: "DESC" } as const;
      expect((await store.reader.issuePage({ ...first, order, filter, now: at(99) })).rows).toHaveLength(1);
    });

    it("shows a project that is named late, with an entry that says so", async () => {
      await using store = await open();
      await store.append(told({ at: 0, project: null }));
      const resolved = { action: "resolved", status: "resolved", project: null, count: 3 } as const;
      await Promise.all([
        store.append(told({ ...resolved, at: 20 })),
        store.append(told({ issue: "2", at: 20 })),
      ]);
      const late = await store.append(told({ action: "assigned", at: 21, lastSeen: 10, count: 2 }));
      expect((await store.reader.issues(["1"])).get("1")).toMatchObject({
        shown: 2,
        state: { status: "resolved" },
        fields: { count: 3, project: { sentryId: "7", slug: "web", name: "Web" } },
      });
      const [entry] = await store.reader.entriesAfter(late.position! - 1, 9);
      expect([entry!.before!.fields.project, entry!.after.fields.project?.slug]).toEqual([null, "web"]);
    });

    it("derives the issue, its events and its project", async () => {
      await using store = await open();
      await store.append(told({ at: 0 }));
      await store.append(told({ action: "resolved", status: "resolved", at: 60, count: 3 }));
      const issue = (await store.reader.issues(["1"])).get("1");
      expect(issue).toMatchObject({
        sentryId: "1",
        state: { status: "resolved", substatus: null },
        statusSince: at(60),
        shown: 2,
        fields: { title: "TypeError: x is undefined", count: 3, project: { slug: "web" }, lastSeen: at(60) },
      });
      const events = (await store.reader.eventPages(["1"], history)).get("1")!;
      expect(events.rows.map(shortly)).toEqual([
        "REPORTED CREATED →unresolved/new",
        "REPORTED RESOLVED unresolved/new→resolved",
      ]);
      expect(events.rows.map(({ id, seq, isLate }) => ({ id, seq, isLate }))).toEqual([
        { id: "1.report", seq: 1, isLate: false },
        { id: "2.report", seq: 2, isLate: false },
      ]);
      expect((await store.reader.projects(["7"])).get("7")).toEqual({
        sentryId: "7",
        slug: "web",
        name: "Web",
        platform: null,
      });
    });

    it("takes deliveries that wait together into one transaction, in the order in which they came", async () => {
      const written: number[] = [];
      const report = {
        ...silentReport(),
        committed: (size: { deliveries: number }) => written.push(size.deliveries),
      };
      await using store = await open({ report });
      const receipts = await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.append(told({ issue: String(index), at: index }))),
      );
      expect(written).toEqual([50]);
      expect(receipts.map(({ delivery }) => delivery)).toEqual(receipts.map((_, index) => index + 1));
      expect(receipts.map(({ position }) => position)).toEqual(receipts.map((_, index) => index + 1));
    });

    it("refuses more than may wait, at once, and keeps the others", async () => {
      await using store = await open({ maxWaiting: 2 });
      const kept = [store.append(told({ issue: "1" })), store.append(told({ issue: "2" }))];
      await expect(store.append(told({ issue: "3" }))).rejects.toThrow("More than 2 deliveries wait");
      expect((await Promise.all(kept)).map(({ outcome }) => outcome)).toEqual(["APPLIED", "APPLIED"]);
    });

    it("enters a correction as a new entry and takes what it replaces out of the history", async () => {
      await using store = await open();
      await store.append(told({ at: 0 }));
      // The assignment shows a resolve that no webhook has told yet.
      await store.append(told({ action: "assigned", status: "resolved", at: 60 }));
      await store.append(told({ action: "resolved", status: "resolved", at: 61, lastSeen: 60 }));
      const log = await store.reader.entriesAfter(0, 100);
      expect(
        log.map(({ event }) => [event.seq, shortly(event), event.supersedes, event.supersededBy]),
      ).toEqual([
        [1, "REPORTED CREATED →unresolved/new", null, null],
        [2, "INFERRED RESOLVED unresolved/new→resolved", null, 4],
        [3, "REPORTED ASSIGNED", null, null],
        [4, "REPORTED RESOLVED unresolved/new→resolved", 2, null],
      ]);
      const replaced = await store.reader.replacedBy([1, 4]);
      expect([...replaced].map(([seq, events]) => [seq, events.map((event) => event.seq)])).toEqual([
        [4, [2]],
      ]);
      const events = (await store.reader.eventPages(["1"], history)).get("1")!;
      expect(events.rows.map(({ seq }) => seq)).toEqual([1, 4, 3]);
      expect((await store.reader.eventsById(["3.told", "2.before"])).size).toBe(2);
    });

    it.each([
      ["one after the other", false],
      ["in one transaction", true],
    ])("replaces a change by one that is entered behind what has its place now, %s", async (_, together) => {
      await using store = await open();
      const deliveries = [
        told({ action: "assigned", status: "ignored", at: 3, lastSeen: 0 }),
        told({ action: "archived", status: "ignored", at: 4 }),
        // Newer than the snapshot of the assignment, which therefore shows nothing.
        told({ action: "unresolved", substatus: "ongoing", at: 1 }),
      ];
      if (together) await Promise.all(deliveries.map(store.append));
      else for (const delivery of deliveries) await store.append(delivery);
      const log = await store.reader.entriesAfter(0, 100);
      expect(
        log.map(({ event }) => [event.id, shortly(event), event.supersedes, event.supersededBy]),
      ).toEqual([
        ["1.report", "REPORTED ASSIGNED →ignored", null, 5],
        ["2.report", "REPORTED ARCHIVED", null, 5],
        ["3.report", "REPORTED UNRESOLVED →unresolved/ongoing", null, null],
        ["1.report.1", "REPORTED ASSIGNED", null, null],
        ["2.report.1", "REPORTED ARCHIVED unresolved/ongoing→ignored", 1, null],
      ]);
      const replaced = await store.reader.replacedBy(log.map(({ event }) => event.seq));
      expect([...replaced].map(([seq, events]) => [seq, events.map((event) => event.seq)])).toEqual([
        [5, [1, 2]],
      ]);
      const events = (await store.reader.eventPages(["1"], history)).get("1")!;
      expect(events.rows.map(({ seq }) => seq)).toEqual([3, 4, 5]);
    });

    it("says how it was resolved of the resolve alone, not of what only the snapshot of its webhook shows", async () => {
      await using store = await open();
      await store.append(told({ at: 0 }));
      const archived = { status: "ignored", substatus: "archived_forever" } as const;
      await store.append(told({ action: "resolved", resolutionType: "now", ...archived, at: 60 }));
      const log = await store.reader.entriesAfter(0, 100);
      expect(log.map(({ event }) => [shortly(event), event.resolutionType])).toEqual([
        ["REPORTED CREATED →unresolved/new", null],
        ["REPORTED RESOLVED unresolved/new→resolved", "now"],
        ["INFERRED ARCHIVED resolved→ignored/archived_forever", null],
      ]);
      const { rows } = (await store.reader.eventPages(["1"], history)).get("1")!;
      expect(rows.map(({ resolutionType }) => resolutionType)).toEqual([null, "now", null]);
    });

    it("shows each entry with the issue before and after it", async () => {
      await using store = await open();
      await store.append(told({ at: 0 }));
      await store.append(told({ issue: "2", at: 1 }));
      await store.append(told({ action: "unresolved", substatus: "regressed", at: 60, count: 9 }));
      const log = await store.reader.entriesAfter(0, 100);
      expect(
        log.map(({ before, after }) => [
          before && [before.state.status, before.state.substatus, before.fields.count],
          [after.state.status, after.state.substatus, after.fields.count],
        ]),
      ).toEqual([
        [null, ["unresolved", "new", 1]],
        [null, ["unresolved", "new", 1]],
        [
          ["unresolved", "new", 1],
          ["resolved", null, 9],
        ],
        [
          ["resolved", null, 9],
          ["unresolved", "regressed", 9],
        ],
      ]);
    });

    it("reads the log in pages", async () => {
      await using store = await open();
      for (let index = 1; index <= 5; index += 1) await store.append(told({ issue: String(index) }));
      const seqs = async (after: number, limit: number) =>
        (await store.reader.entriesAfter(after, limit)).map(({ event }) => event.seq);
      expect(await seqs(0, 2)).toEqual([1, 2]);
      expect(await seqs(2, 2)).toEqual([3, 4]);
      expect(await seqs(4, 2)).toEqual([5]);
      expect(await store.reader.bounds()).toMatchObject({ newest: 5, oldest: 0 });
    });

    it("keeps what is not about an issue, and says what it was", async () => {
      await using store = await open();
      const comment = webhook({ action: "created", data: { comment: "hi" } });
      const rubbish = webhook("not JSON");
      expect([(await store.append(comment)).outcome, (await store.append(rubbish)).outcome]).toEqual([
        "IGNORED",
        "QUARANTINED",
      ]);
      const { rows } = await store.reader.deliveryPage({ ...first, filter: {}, now: 0 });
      expect(rows.map(({ outcome, position }) => [outcome, position])).toEqual([
        ["QUARANTINED", 0],
        ["IGNORED", 0],
      ]);
      expect(rows.every(({ reason }) => reason !== null)).toBe(true);
      expect((await store.reader.bodies([2])).get(2)).toEqual(Buffer.from("not JSON"));
    });

    it.each([
      ["one after the other", false],
      ["in one transaction", true],
    ])("knows the same request again, about an issue or not, %s", async (_, together) => {
      await using store = await open();
      const requestId = "b".repeat(32);
      const comment = (letter: string) =>
        webhook({ action: "created", data: { comment: "hi" } }, { requestId: letter.repeat(32) });
      const deliveries = [
        told({ requestId }),
        told({ requestId }),
        ...["c", "d", "d", "c", "e"].map(comment),
      ];
      const receipts = [];
      if (together) receipts.push(...(await Promise.all(deliveries.map(store.append))));
      else for (const delivery of deliveries) receipts.push(await store.append(delivery));
      expect(receipts.map(({ outcome }) => outcome)).toEqual([
        "APPLIED",
        "DUPLICATE",
        "IGNORED",
        "IGNORED",
        "DUPLICATE",
        "DUPLICATE",
        "IGNORED",
      ]);
      const found = await store.reader.deliveries([1, 2, 3, 4, 5, 6, 7]);
      // The same bytes under another Request-ID repeat the first delivery with them.
      expect([...found.values()].map(({ repeatOf }) => repeatOf)).toEqual([null, 1, null, 3, 4, 3, 3]);
    });

    it.each([
      ["one after the other", false],
      ["in one transaction", true],
    ])("looks for a request among the newest with its body and the first, %s", async (_, together) => {
      await using store = await open();
      const comment = (request: number) =>
        webhook({ action: "x", data: { y: 1 } }, { requestId: String(request).padStart(32, "0") });
      const requests = [...Array.from({ length: 130 }, (_, n) => n), 0, 1, 129, 31, 35];
      const receipts = [];
      if (together) receipts.push(...(await Promise.all(requests.map(comment).map(store.append))));
      else for (const request of requests) receipts.push(await store.append(comment(request)));
      expect(receipts.slice(129).map(({ outcome }) => outcome)).toEqual([
        "IGNORED",
        "DUPLICATE",
        "IGNORED",
        "DUPLICATE",
        "IGNORED",
        "DUPLICATE",
      ]);
      const found = await store.reader.deliveries([130, 131, 132, 133, 134, 135]);
      expect([...found.values()].map(({ repeatOf }) => repeatOf)).toEqual([1, 1, 1, 130, 1, 36]);
    });

    it("takes other bytes under a known Request-ID for another delivery, and flags it", async () => {
      await using store = await open();
      const requestId = "b".repeat(32);
      await store.append(told({ requestId }));
      const other = await store.append(told({ requestId, action: "resolved", status: "resolved", at: 9 }));
      expect(other.outcome).toBe("APPLIED");
      await store.append(told({ requestId }));
      const found = await store.reader.deliveries([1, 2, 3]);
      expect([...found.values()].map((one) => [one.isRequestIdReused, one.repeatOf])).toEqual([
        [false, null],
        [true, null],
        [false, 1],
      ]);
    });

    it("says UNCHANGED of a delivery in which nothing is new", async () => {
      await using store = await open();
      await store.append(told({ action: "resolved", status: "resolved", at: 60, lastSeen: 0 }));
      const again = told({
        action: "resolved",
        status: "resolved",
        at: 90,
        lastSeen: 0,
        requestId: "d".repeat(32),
      });
      // Other bytes, so this is no repeat: it is the webhook of another installation.
      const body = Buffer.from(Buffer.from(again.body).toString().replace("7c9e2b14", "11111111"));
      const receipt = await store.append({ ...again, body, sha256: "0".repeat(64) });
      expect(receipt).toEqual({ delivery: 2, outcome: "UNCHANGED", position: 1 });
      expect((await store.reader.deliveries([2])).get(2)?.reason).not.toBeNull();
    });

    it("finds events by their own ids, however many are asked for at once", async () => {
      await using store = await open();
      await store.append(told());
      const ids = Array.from({ length: 10_000 }, (_, index) => `${index + 1}.report`);
      expect([...(await store.reader.eventsById(ids)).keys()]).toEqual(["1.report"]);
    });

    it.each([
      ["one after the other", false],
      ["in one transaction", true],
    ])("numbers the versions of an event that is corrected more than once, %s", async (_, together) => {
      await using store = await open();
      // Each late delivery changes the state that the resolve came from, so its event is entered again.
      const late = [
        told({ action: "assigned", substatus: "ongoing", at: 60 }),
        told({ action: "assigned", substatus: "escalating", at: 70 }),
      ];
      // It shows that the issue is open again, which is a second event of the same delivery.
      await store.append(told({ action: "resolved", substatus: "regressed", at: 90 }));
      if (together) await Promise.all(late.map(store.append));
      else for (const delivery of late) await store.append(delivery);
      const log = await store.reader.entriesAfter(0, 100);
      const resolves = log.filter(({ event }) => event.delivery === 1);
      expect(resolves.map(({ event }) => [event.id, event.supersedes !== null])).toEqual([
        ["1.report", false],
        ["1.after", false],
        ["1.report.1", true],
        ["1.report.2", true],
      ]);
    });

    it("does not take an older delivery of another title for the issue's present one", async () => {
      await using store = await open();
      await store.append(told({ action: "resolved", status: "resolved", at: 90, title: "new" }));
      await store.append(told({ at: 0, title: "old" }));
      const issue = (await store.reader.issues(["1"])).get("1")!;
      expect([issue.fields.title, issue.state.status, issue.shown]).toEqual(["new", "resolved", 1]);
      expect((await store.reader.issueByShortId("WEB-1"))?.sentryId).toBe("1");
    });

    it("reads assignees as the issue seen last shows them, of all projects or of some", async () => {
      await using store = await open();
      for (const [issue, project, lastSeen, type, id, name] of [
        ["1", "7", 5, "user", "17", "Bo"],
        ["2", "7", 9, "user", "17", "Bodil"],
        ["3", "8", 7, "user", "17", "B."],
        ["4", "8", 8, "team", "17", "payments"],
      ] as const)
        await store.append(
          told({
            issue,
            lastSeen,
            project: { id: project, slug: `web-${project}`, name: "Web" },
            more: { assignedTo: { type, id, name, email: "bo@lumen.example" } },
          }),
        );
      const named = async (...asked: Parameters<typeof store.reader.assignees>) =>
        [...(await store.reader.assignees(...asked))].map(([id, { name, email }]) => [id, name, email]);
      expect(await named("USER", ["17", "18"])).toEqual([["17", "Bodil", "bo@lumen.example"]]);
      expect(await named("USER", ["17"], ["8"])).toEqual([["17", "B.", "bo@lumen.example"]]);
      expect(await named("TEAM", ["17"], ["8", "9"])).toEqual([["17", "payments", null]]);
      expect(await named("TEAM", ["17"], ["7"])).toEqual([]);
      expect(await named("TEAM", [])).toEqual([]);
    });

    it("lists the issues of several projects, in every order and from either end, as it lists those of each", async () => {
      await using store = await open();
      const projects = ["7", "8"].map((id) => ({ id, slug: `web-${id}`, name: "Web" }));
      for (const [index, priority] of ["low", null, "high", "urgent", "medium", "high"].entries())
        for (const project of projects) {
          const issue = `${project.id}${index}`;
          const more = index === 3 ? { priority, firstSeen: null, lastSeen: null } : { priority };
          await store.append(told({ issue, project, at: index, count: 9 - index, more }));
        }
      for (const field of issueOrderFields)
        for (const direction of ["ASC", "DESC"] as const)
          for (const from of ["first", "last"] as const) {
            const request = { ...first, from, limit: 4, order: { field, direction }, now: 0 };
            const together = await store.reader.issuePagesOf(["7", "8"], { ...request, filter: {} });
            for (const { id } of projects) {
              const filter: IssueFilter = { project: { sentryId: { eq: id } } };
              expect(together.get(id)).toEqual(await store.reader.issuePage({ ...request, filter }));
            }
          }
    });

    it.each([
      ["one after the other", false],
      ["in one transaction", true],
    ])("calls a project as the delivery did that was sent last, %s", async (_, together) => {
      await using store = await open();
      const named = (issue: string, name: string, second: number) =>
        told({ issue, at: second, project: { id: "7", slug: "web", name } });
      // Of two sent in the same second, the later one to arrive.
      const latest = [named("2", "newer", 20), named("3", "newest", 20)];
      const deliveries = [named("1", "old", 10), ...latest, named("4", "older", 0)];
      if (together) await Promise.all(deliveries.map(store.append));
      else for (const delivery of deliveries) await store.append(delivery);
      expect((await store.reader.projects(["7"])).get("7")).toMatchObject({ name: "newest" });
    });

    it.each([
      ["a snapshot that was taken before", { action: "assigned", at: 105, lastSeen: 90, count: 2 }],
      ["the webhook of the issue's creation, sent again", { at: 600, lastSeen: 0 }],
    ])("does not call a project as %s does", async (_, older) => {
      await using store = await open();
      const project = { id: "7", slug: "shop", name: "Shop" };
      await store.append(told({ action: "assigned", at: 100, count: 3, project }));
      await store.append(told({ ...older, project: { ...project, slug: "web", name: "Web" } }));
      expect((await store.reader.projects(["7"])).get("7")).toMatchObject({ slug: "shop", name: "Shop" });
    });

    it("knows a project that only a snapshot from before names, until another delivery names it", async () => {
      await using store = await open();
      await store.append(told({ action: "assigned", at: 100, count: 3 }));
      const other = { id: "8", slug: "shop", name: "Shop" };
      await store.append(told({ action: "assigned", at: 105, lastSeen: 90, count: 2, project: other }));
      const named = async () => (await store.reader.projects(["8"])).get("8")?.slug;
      expect(await named()).toBe("shop");
      await store.append(told({ issue: "2", at: 10, project: { ...other, slug: "shop-eu" } }));
      expect(await named()).toBe("shop-eu");
    });

    it("measures what an event ended though it is entered again after many that changed nothing", async () => {
      await using store = await open();
      const archived = { action: "ignored", status: "ignored", count: 2, project: null } as const;
      await store.append(told({ at: 0, project: null }));
      // So many that a history in memory drops its beginning.
      for (let index = 0; index <= 30; index += 1)
        await store.append(told({ ...archived, at: 60, requestId: String(index).padStart(32, "0") }));
      const late = { action: "ignored", status: "ignored", at: 62, lastSeen: 30 };
      expect(await store.append(told(late))).toMatchObject({ outcome: "APPLIED", position: 3 });
      const asked = { filter: {}, now: at(1000), period: { from: at(0), to: at(500) } };
      expect(await store.reader.timeInStatus(asked)).toMatchObject({ UNRESOLVED: { n: 1 } });
    });

    it("counts what happened in the project that its issue is in now, though that has the slug of the one before", async () => {
      await using store = await open();
      const project = { id: "8", slug: "web", name: "Web" };
      await store.append(told({ project: { ...project, id: "7" } }));
      await store.append(told({ action: "assigned", at: 10, count: 2, project }));
      const shareIn = (id: string) => {
        const filter: IssueFilter = { project: { sentryId: { eq: id } } };
        return store.reader.inferredShare({ filter, period: { from: at(0), to: at(20) }, now: at(20) });
      };
      expect([await shareIn("7"), await shareIn("8")]).toEqual([null, 0]);
    });

    it("lists the projects by slug, in pages and from either end, and finds one by the slug that it has", async () => {
      await using store = await open();
      const projects = ["b", "a", "d", "c", "e"].map((slug, at) => ({
        id: String(9 - at),
        slug,
        name: slug,
      }));
      for (const [at, project] of projects.entries())
        await store.append(told({ issue: String(at), at, project }));
      // The slug of an earlier project, which another one has from now on.
      await store.append(told({ issue: "9", at: 9, project: { id: "10", slug: "c", name: "later" } }));
      const found = await pagesOf<Project, readonly [string, string]>(
        (page) => store.reader.projectPage(page),
        ({ slug, sentryId }) => [slug, sentryId],
      );
      expect(found.map(({ sentryId }) => sentryId)).toEqual(["8", "9", "10", "6", "7", "5"]);
      expect(await store.reader.projectCount()).toBe(6);
      expect(await store.reader.projectBySlug("c")).toMatchObject({ sentryId: "10", name: "later" });
      expect(await store.reader.projectBySlug("C")).toBe(null);
      expect(await store.reader.projectBySlug("c", ["9", "6"])).toMatchObject({ sentryId: "6" });
      expect(await store.reader.projectBySlug("c", [])).toBe(null);
    });

    it("reads what issues show, and finds the one that last had a short id, of all projects or of some", async () => {
      await using store = await open();
      const projectOf = (id: string) => ({ id, slug: `web-${id}`, name: "Web" });
      for (const [issue, project, at, lastSeen] of [
        ["1", "7", 10, 0],
        ["2", "7", 5, 4],
        ["3", "8", 20, 0],
      ] as const)
        await store.append(
          told({ issue, at, lastSeen, project: projectOf(project), more: { shortId: "WEB-0" } }),
        );
      const found = async (projects?: readonly string[]) =>
        (await store.reader.issueByShortId("WEB-0", projects))?.sentryId ?? null;
      expect([await found(), await found(["7"]), await found(["7", "8"]), await found(["9"])]).toEqual([
        "3",
        "1",
        "3",
        null,
      ]);
      expect(await found([])).toBe(null);
      for (const asked of [store.reader.issueDetails, store.reader.rawIssues]) {
        expect([...(await asked(["1", "3"], ["7", "9"])).keys()]).toEqual(["1"]);
        expect((await asked(["1", "3"], [])).size).toBe(0);
      }
    });

    it("reads of an issue the details that the newest delivery shows", async () => {
      await using store = await open();
      const more = (numComments: number) => ({ numComments, permalink: `https://a.example/${numComments}` });
      await store.append(told({ more: more(1) }));
      await store.append(told({ action: "assigned", at: 10, count: 2, more: more(2) }));
      await store.append(told({ action: "assigned", at: 5, count: 1, more: more(3) }));
      expect((await store.reader.issueDetails(["1"])).get("1")).toMatchObject(more(2));
    });

    it("lists and counts the transitions of a filter, in every order, in pages and from either end", async () => {
      await using store = await open();
      const resolved = { action: "resolved", status: "resolved", count: 2 } as const;
      for (const [issue, at] of [
        ["1", 30],
        ["2", 10],
        ["3", 20],
      ] as const)
        await store.append(told({ issue, at }));
      await store.append(told({ ...resolved, issue: "3", at: 25 }));
      await store.append(told({ ...resolved, issue: "1", at: 35 }));
      await store.append(told({ issue: "1", action: "assigned", status: "resolved", at: 40, count: 3 }));
      const now = at(99);
      const { reader } = store;
      const listed = async (field: "OCCURRED_AT" | "CURSOR", direction: "ASC" | "DESC") => {
        const order = { field, direction } as const;
        const found = await pagesOf<LoggedEvent, TransitionKey>(
          (page) => reader.transitionPage({ ...page, filter: {}, order, now }),
          ({ occurredAt, place, seq }) => ({ occurredAt, place, seq }),
        );
        return found.map(({ seq }) => seq);
      };
      expect(await listed("CURSOR", "ASC")).toEqual([1, 2, 3, 4, 5]);
      expect(await listed("CURSOR", "DESC")).toEqual([5, 4, 3, 2, 1]);
      expect(await listed("OCCURRED_AT", "ASC")).toEqual([2, 3, 4, 1, 5]);
      expect(await listed("OCCURRED_AT", "DESC")).toEqual([5, 1, 4, 3, 2]);
      expect(await reader.transitionCount({ filter: {}, now })).toBe(5);

      const filter: TransitionFilter = { kind: ["RESOLVED"], issue: { sentryId: { in: ["1", "2"] } } };
      const order = { field: "CURSOR", direction: "ASC" } as const;
      const { rows } = await reader.transitionPage({ ...first, filter, order, now });
      expect(rows.map(({ seq }) => seq)).toEqual([5]);
      expect(await reader.transitionCount({ filter, now })).toBe(1);
      expect([...(await reader.transitionCountsOf(["1", "2", "3"], { filter: {}, now }))]).toEqual(
        expect.arrayContaining([
          ["1", 2],
          ["2", 1],
          ["3", 2],
        ]),
      );
      expect([...(await reader.transitionCountsOf(["1", "3"], { filter, now }))]).toEqual([["1", 1]]);
    });

    it("lists transitions of one issue at one time in history order, whichever the log has first", async () => {
      await using store = await open();
      const regressed = { status: "unresolved", substatus: "regressed", lastSeen: 20, count: 2 } as const;
      await store.append(told({ at: 10 }));
      await store.append(told({ ...regressed, action: "unresolved", at: 20 }));
      // It tells what the delivery before has shown, so its event is entered after that delivery's.
      await store.append(told({ ...regressed, action: "resolved", at: 25 }));
      for (const direction of ["ASC", "DESC"] as const) {
        const order = { field: "OCCURRED_AT", direction } as const;
        const found = await pagesOf<LoggedEvent, TransitionKey>(
          (page) => store.reader.transitionPage({ ...page, filter: {}, order, now: at(99) }),
          ({ occurredAt, place, seq }) => ({ occurredAt, place, seq }),
        );
        const listed = found.map(({ seq, transition }) => [transition?.kind, seq]);
        expect(direction === "ASC" ? listed : listed.toReversed()).toEqual([
          ["OPENED", 1],
          ["RESOLVED", 4],
          ["REOPENED", 3],
        ]);
      }
    });

    it("answers a read transaction from one moment", async () => {
      await using store = await open();
      await store.append(told({ issue: "1" }));
      await using reading = await store.readTransaction();
      expect((await reading.bounds()).newest).toBe(1);
      await store.append(told({ issue: "2" }));
      expect((await reading.issues(["1", "2"])).size).toBe(1);
      expect((await store.reader.issues(["1", "2"])).size).toBe(2);
    });

    it("counts the feed by outcome", async () => {
      await using store = await open();
      await store.append(told({ at: 0 }));
      await store.append(webhook("rubbish", { at: 10 }));
      const none = { APPLIED: 0, UNCHANGED: 0, DUPLICATE: 0, IGNORED: 0, QUARANTINED: 0 };
      expect(await store.reader.outcomeCounts({ since: at(5) })).toEqual({ ...none, QUARANTINED: 1 });
    });

    it("knows no last delivery before the first", async () => {
      await using store = await open();
      expect(await store.reader.lastDeliveryAt()).toBe(null);
    });

    it("takes for the last delivery the one that came last, though the clock was ahead before", async () => {
      await using store = await open();
      await store.append(told({ issue: "1", at: 1_000 }));
      await store.append(told({ issue: "2", at: 10 }));
      expect(await store.reader.lastDeliveryAt()).toBe(at(10));
    });

    it("does not count what tells that an issue was forgotten as received", async () => {
      await using store = await open();
      await store.append(told({ issue: "1", at: 0 }));
      await store.append(told({ issue: "2", at: 1 }));
      {
        await using maintenance = await maintain(store);
        expect(await maintenance.forgetIssue("2", at(10))).toBe(true);
      }
      expect(await store.reader.lastDeliveryAt()).toBe(at(0));
      const none = { APPLIED: 0, UNCHANGED: 0, DUPLICATE: 0, IGNORED: 0, QUARANTINED: 0 };
      expect(await store.reader.outcomeCounts({ since: at(-1) })).toEqual({ ...none, APPLIED: 1 });
    });

    it("takes what tells that an issue was forgotten for no delivery", async () => {
      await using store = await open();
      await store.append(webhook({ action: "created", data: { comment: 1 } }, { at: 0 }));
      await store.append(told({ issue: "2", at: 1 }));
      {
        await using maintenance = await maintain(store);
        expect(await maintenance.forgetIssue("2", at(10))).toBe(true);
      }
      const { reader } = store;
      expect([...(await reader.deliveries([1, 2, 3])).keys()]).toEqual([1]);
      const filters: readonly DeliveryFilter[] = [
        {},
        { outcome: ["IGNORED"] },
        { receivedAt: { gte: { at: at(-1) } } },
      ];
      for (const filter of filters) {
        const asked = { filter, now: 0 };
        const page = { ...asked, limit: 10, from: "first", after: null, before: null } as const;
        expect((await reader.deliveryPage(page)).rows.map(({ id }) => id)).toEqual([1]);
        expect(await reader.deliveryCount(asked)).toBe(1);
      }
    });

    it("gives the raw issue as Sentry sent it", async () => {
      await using store = await open();
      await store.append(told({ more: { brandNew: { nested: [1, null] } } }));
      expect((await store.reader.rawIssues(["1"])).get("1")).toMatchObject({
        id: "1",
        brandNew: { nested: [1, null] },
      });
    });

    it("says what history holds just before an event", async () => {
      await using store = await open();
      await store.append(told({ at: 0 }));
      await store.append(told({ action: "assigned", at: 30 }));
      await store.append(told({ action: "resolved", status: "resolved", at: 60 }));
      const before = await store.reader.before([1, 2, 3]);
      expect([...before].map(([seq, event]) => [seq, event.seq])).toEqual([
        [2, 1],
        [3, 2],
      ]);
      expect([...(await store.reader.transitionedBefore([1, 2, 3]))]).toEqual([
        [2, at(0)],
        [3, at(0)],
      ]);
    });
  });
}
