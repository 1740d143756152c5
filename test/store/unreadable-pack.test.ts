import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../src/domain/event.ts";
import { packOf, packSize } from "../../src/store/pack.ts";
import type { Store } from "../../src/store/store.ts";
import { at, told } from "./deliveries.ts";
import { silentReport } from "./open.ts";
import { places, type Place } from "./places.ts";

/** By the clock, which is not the tests' own. */
const longAgo = -1_000_000_000;
const retention = { rawDays: 1, eventsDays: 1 };

describe.each(places)("a pack that cannot be read, on %s,", (_, openPlace) => {
  /** A place with a pack of issues "a" and "b"; behind it, not packed, an issue "closed", and one of "a". */
  async function prepared(): Promise<Place> {
    const place = await openPlace();
    await using store = await place.open();
    for (let index = 0; index < packSize; index++)
      await store.append(
        told({
          issue: index % 2 === 0 ? "a" : "b",
          at: longAgo + index,
          count: index,
          title: `title ${index}`,
          more: { metadata: { index } },
        }),
      );
    const closed = { issue: "closed", action: "resolved", status: "resolved" };
    await store.append(told({ ...closed, at: longAgo + 100 }));
    await store.append(told({ issue: "a", at: longAgo + 101, count: packSize }));
    await pack(place, packSize);
    return place;
  }

  /** Packs what all deliveries up to this one held. */
  async function pack(place: Place, last: number): Promise<void> {
    const held = await place.ask(`select * from contents where delivery <= ${last} order by delivery`);
    const rows = held.map(({ delivery, body, fields }) => ({
      delivery: Number(delivery),
      body: body as Buffer | null,
      fields: fields as string,
    }));
    const { first, dictionary, data } = packOf(rows);
    const values = [first, last, dictionary, data];
    await place.ask(`insert into packs (first, last, dictionary, data) values ($1, $2, $3, $4)`, values);
    await place.ask(`delete from contents where delivery <= ${last}`);
  }

  async function damage(place: Place): Promise<void> {
    const [pack] = await place.ask("select data from packs");
    const data = Buffer.from(pack!["data"] as Buffer).subarray(0, 50);
    await place.ask("update packs set data = $1", [data]);
  }

  const packs = async (place: Place) =>
    (await place.ask("select first, data from packs")).map(({ first, data }) => [
      Number(first),
      (data as Buffer).length,
    ]);
  const left = async (store: Store) =>
    [...(await store.reader.issues(["a", "b", "closed"])).keys()].toSorted();

  /** A store that tells what it cannot read. */
  async function openTelling(place: Place): Promise<Store & { readonly unreadable: readonly string[] }> {
    const unreadable: string[] = [];
    const contentUnreadable = ({ message }: Error) => void unreadable.push(message);
    const store = await place.open({ report: { ...silentReport(), contentUnreadable } });
    return { ...store, unreadable };
  }

  const logIn = (store: Store) => store.reader.entriesAfter(0, 1_000);
  async function logOf(place: Place) {
    await using store = await place.open();
    return await logIn(store);
  }

  /** Everything about the issues but where in the log it is. */
  async function known(place: Place) {
    await using store = await place.open();
    const ids = ["a", "b", "closed"];
    const page = { from: "first", after: null, before: null, limit: 100, actions: null } as const;
    const histories = [...(await store.reader.eventPages(ids, page)).values()];
    return {
      issues: await store.reader.issues(ids),
      details: await store.reader.issueDetails(ids),
      projects: await store.reader.projects(["7"]),
      histories: histories.map(({ rows }) => rows.map(({ id, transition }) => [id, transition])),
    };
  }

  it.each([
    ["it is damaged", damage, "Pack 1 is damaged."],
    [
      "a newer version compressed it",
      (place: Place) => place.ask("update packs set dictionary = 'newer'"),
      'Pack 1 is compressed with "newer", which this version does not have.',
    ],
  ])(
    "because %s stops none who follow the log: what its issue shows now stands for what a delivery in it showed",
    async (_, spoil, message) => {
      await using place = await prepared();
      const whole = await logOf(place);
      await spoil(place);
      await using store = await openTelling(place);
      const receipt = await store.append(
        told({ issue: "b", at: longAgo + 200, title: "now", count: 1_000, more: { level: "fatal" } }),
      );
      const entries = await logIn(store);
      const last = whole.findLast(({ event }) => event.issueId === "b")!.after;
      expect(entries.at(-1)).toMatchObject({
        event: { seq: receipt.position },
        before: { ...last, fields: { ...last.fields, title: "now", levelRaw: "fatal" } },
        after: { fields: { title: "now", count: 1_000 } },
      });
      const outline = ({ event, before, after }: LogEntry) => [
        event.seq,
        [before?.state, before?.fields.count, before?.fields.lastSeen],
        [after.state, after.fields.count, after.fields.lastSeen],
      ];
      expect(entries.slice(0, -1).map(outline)).toEqual(whole.map(outline));
      await store.reader.entriesAfter(0, 10);
      expect(store.unreadable).toEqual([message]);
    },
  );

  it("lets what it tells of be read but for what is in it", async () => {
    await using place = await prepared();
    await damage(place);
    await using store = await openTelling(place);
    expect([...(await store.reader.bodies([64, 65])).keys()]).toEqual([65]);
    expect([...(await store.reader.snapshots([64, 65])).keys()]).toEqual([65]);
    const raw = await store.reader.rawIssues(["a", "b"]);
    expect([raw.get("a"), raw.get("b")]).toEqual([expect.objectContaining({ id: "a" }), {}]);
  });

  it("is no reason to refuse what its issues are told of, nor does their project go with it", async () => {
    await using place = await prepared();
    await damage(place);
    await using store = await openTelling(place);
    const before = (await store.reader.issues(["b"])).get("b")!;
    const nameless = { issue: "b", project: null, at: longAgo + 200, title: "nameless" };
    const assigned = { action: "assigned", ...nameless };
    expect(await store.append(told(assigned))).toMatchObject({ outcome: "APPLIED" });
    const after = (await store.reader.issues(["b"])).get("b")!;
    expect(after.fields).toMatchObject({ title: "nameless", project: before.fields.project });
    expect((await logIn(store)).at(-1)!.after.fields.project).toEqual(before.fields.project);
    expect(store.unreadable).toContain("Pack 1 is damaged.");
  });

  it("may hold what a late delivery makes an issue's newest again", async () => {
    await using place = await prepared();
    const before = (await logOf(place)).findLast(({ event }) => event.issueId === "b")!.after;
    {
      await using store = await openTelling(place);
      const twice = {
        issue: "b",
        action: "assigned",
        lastSeen: longAgo + 60,
        title: "twice",
        requestId: "r",
      };
      await store.append(told({ ...twice, at: longAgo + 200 }));
      await damage(place);
      // The same one, so that it was sent before what the pack holds.
      expect(await store.append(told({ ...twice, at: longAgo + 62 }))).toMatchObject({
        outcome: "DUPLICATE",
      });
      const issue = (await store.reader.issues(["b"])).get("b");
      expect(issue).toEqual({ ...before, fields: { ...before.fields, title: "twice" } });
      expect((await logIn(store)).at(-1)).toMatchObject({ after: issue });
    }
    const after = await known(place);
    expect(await place.examine()).toHaveLength(1);
    await place.rebuild();
    expect(await known(place)).toEqual(after);
    expect(await place.examine()).toHaveLength(1);
  });

  it("stops no rebuild, which derives the same histories and issues and leaves it as it is", async () => {
    await using place = await prepared();
    const before = await known(place);
    await damage(place);
    const unreadable: string[] = [];
    const onUnreadable = ({ message }: Error) => void unreadable.push(message);
    await place.rebuild({ onUnreadable });
    expect(unreadable).toEqual(["Pack 1 is damaged."]);
    expect(await known(place)).toEqual(before);
    expect(await packs(place)).toEqual([[1, 50]]);
    const [finding, ...others] = await place.examine();
    expect(finding?.problem).toContain("What deliveries 1 to 64 held cannot be read");
    expect(others).toEqual([]);
    await place.rebuild();
    expect(await known(place)).toEqual(before);
  });

  it("does not keep from those who follow the log that an issue was forgotten", async () => {
    await using place = await prepared();
    {
      await using maintenance = await place.openMaintenance();
      await maintenance.forgetIssue("a", at(0));
    }
    const [entry] = (await logOf(place)).slice(-1);
    await place.ask("delete from packs");
    await pack(place, entry!.event.delivery);
    await damage(place);
    expect((await logOf(place)).at(-1)).toEqual(entry);
  });

  it("is no more trouble than a snapshot that is damaged, which rebuild reads again from its body", async () => {
    await using place = await prepared();
    const whole = await logOf(place);
    await place.ask(`update contents set fields = '{"title' where delivery = ${packSize + 1}`);
    {
      await using store = await openTelling(place);
      expect(await logIn(store)).toEqual(whole);
      expect(store.unreadable).toEqual(["What delivery 65 shows of its issue is damaged."]);
    }
    await place.rebuild();
    expect(await place.examine()).toEqual([]);
  });

  it("does not stop retention, which leaves it as it is and goes on behind it", async () => {
    await using place = await prepared();
    await damage(place);
    const failures: unknown[] = [];
    const report = { ...silentReport(), notDropped: (error: unknown) => void failures.push(error) };
    await using store = await place.open({ report, retention });
    await expect.poll(() => left(store)).toEqual(["a", "b"]);
    await expect.poll(async () => (await store.reader.bodies([packSize + 2])).size).toBe(0);
    expect(await packs(place)).toEqual([[1, 50]]);
    expect(failures).toEqual([]);
  });

  it("is emptied when an issue is forgotten that it may hold something of, and goes with the last of them", async () => {
    await using place = await prepared();
    await damage(place);
    await using maintenance = await place.openMaintenance();
    expect(await maintenance.forgetIssue("a", at(0))).toBe(true);
    expect(await packs(place)).toEqual([[1, 0]]);
    expect(await maintenance.forgetIssue("b", at(0))).toBe(true);
    expect(await packs(place)).toEqual([]);
  });

  it("because a newer version compressed it is never changed: that is reported, and closed issues go on being dropped", async () => {
    await using place = await prepared();
    await place.ask("update packs set dictionary = 'newer'");
    const before = await packs(place);
    const failure = Promise.withResolvers<unknown>();
    {
      await using store = await place.open({
        report: { ...silentReport(), notDropped: failure.resolve },
        retention,
      });
      expect(String(await failure.promise)).toContain('Pack 1 is compressed with "newer"');
      await expect.poll(() => left(store)).toEqual(["a", "b"]);
    }
    await using maintenance = await place.openMaintenance();
    await expect(maintenance.forgetIssue("a", at(0))).rejects.toThrow('Pack 1 is compressed with "newer"');
    expect(await packs(place)).toEqual(before);
  });
});
