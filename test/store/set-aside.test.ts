import { describe, expect, it } from "vitest";
import { mostInStep } from "../../src/store/erase/portion.ts";
import type { Maintenance } from "../../src/store/maintenance.ts";
import type { Store } from "../../src/store/store.ts";
import { at, told } from "./deliveries.ts";
import { places, type Place } from "./places.ts";

/** By the clock, which is not the tests' own. */
const longAgo = -1_000_000_000;
const many = mostInStep + 10;
const page = { filter: {}, now: 0, limit: 10, from: "first", after: null, before: null } as const;

/** A store with so many deliveries about issue 1, which is closed, that no step may erase them all, and one about issue 2. */
async function fill(store: Store): Promise<void> {
  await store.append(told({ issue: "2", at: longAgo }));
  await Promise.all(
    Array.from({ length: many }, (_, index) =>
      store.append(
        told({ action: "resolved", status: "resolved", at: longAgo + index, count: index, title: "secret" }),
      ),
    ),
  );
}

async function countOf(place: Place, table: string): Promise<number> {
  const [row] = await place.ask(`select count(*) as rows from ${table}`);
  return Number(row!["rows"]);
}

/** How many deliveries each step erases that is taken until there are none left. */
async function eraseAll(maintenance: Maintenance): Promise<readonly number[]> {
  const steps: number[] = [];
  for (let more = await maintenance.eraseSetAside(); more > 0; more = await maintenance.eraseSetAside())
    steps.push(more);
  return steps;
}

describe.each(places)("an issue with more deliveries than one step may erase, on %s,", (_, openPlace) => {
  it("is gone at once when it is forgotten, and what they held in steps", async () => {
    await using place = await openPlace();
    await using store = await place.open();
    await fill(store);
    await using maintenance = await place.openMaintenance();
    expect(await maintenance.forgetIssue("1", at(0))).toBe(true);

    const { reader } = store;
    expect([...(await reader.issues(["1", "2"])).keys()]).toEqual(["2"]);
    expect((await reader.deliveryPage(page)).rows.map(({ id }) => id)).toEqual([1]);
    expect(await reader.deliveryCount(page)).toBe(1);
    expect([...(await reader.deliveries([1, 2, many])).keys()]).toEqual([1]);
    expect(await reader.outcomeCounts({ since: 0 })).toMatchObject({ APPLIED: 1, IGNORED: 0 });
    const entries = await reader.entriesAfter(0, 1_000);
    expect(entries.map(({ event }) => [event.issueId, event.role])).toEqual([
      ["2", "report"],
      ["1", "forgotten"],
    ]);
    // With the one that tells that it was forgotten.
    expect(await countOf(place, "contents")).toBe(1 + many + 1);

    expect(await eraseAll(maintenance)).toEqual([mostInStep, 10]);
    expect(await countOf(place, "contents")).toBe(2);
    expect(await countOf(place, "deliveries")).toBe(2);
  });

  it("leaves nothing of its deliveries in their rows, but where what they held is", async () => {
    await using place = await openPlace();
    await using store = await place.open();
    await fill(store);
    await using maintenance = await place.openMaintenance();
    await maintenance.forgetIssue("1", at(0));
    const [row] = await place.ask("select * from deliveries where id = 2");
    const left = Object.entries(row!).filter(([, value]) => value !== null);
    expect(left.map(([name]) => name).toSorted()).toEqual([
      "bytes",
      "id",
      "is_request_id_reused",
      "outcome",
      "position",
      "reason",
      "received_at",
      "sent_at",
      "sha256",
    ]);
  });

  it("begins anew with a webhook that comes between two steps, of which nothing is erased", async () => {
    await using place = await openPlace();
    await using store = await place.open();
    await fill(store);
    await using maintenance = await place.openMaintenance();
    await maintenance.forgetIssue("1", at(0));
    await maintenance.eraseSetAside();
    const again = await store.append(told({ issue: "1", at: longAgo, title: "new" }));
    expect(again.outcome).toBe("APPLIED");
    expect(await eraseAll(maintenance)).toEqual([10]);
    expect((await store.reader.issues(["1"])).get("1")).toMatchObject({ fields: { title: "new" } });
    expect(await store.reader.eventCounts(["1"], { actions: null })).toEqual(new Map([["1", 1]]));
    expect((await store.reader.bodies([again.delivery])).size).toBe(1);
  });

  it("does not come back where everything is derived again between two steps", async () => {
    await using place = await openPlace();
    {
      await using store = await place.open();
      await fill(store);
      await using maintenance = await place.openMaintenance();
      await maintenance.forgetIssue("1", at(0));
    }
    await place.rebuild();
    await using maintenance = await place.openMaintenance();
    expect(await maintenance.findIssue("1")).toBe(null);
    expect(await eraseAll(maintenance)).toEqual([mostInStep, 10]);
  });

  it("is erased by a gateway where a command was broken off, though nothing is ever too old", async () => {
    await using place = await openPlace();
    {
      await using store = await place.open();
      await fill(store);
      await using maintenance = await place.openMaintenance();
      await maintenance.forgetIssue("1", at(0));
    }
    await using _store = await place.open({ retention: { rawDays: null, eventsDays: null } });
    await expect.poll(() => countOf(place, "contents")).toBe(2);
    expect(await countOf(place, "deliveries")).toBe(2);
  });

  it("goes alone when it has been closed for too long, by itself and whole", async () => {
    await using place = await openPlace();
    {
      await using store = await place.open();
      await fill(store);
      await store.append(told({ issue: "3", at: longAgo + 1, action: "resolved", status: "resolved" }));
      await using maintenance = await place.openMaintenance();
      expect(await maintenance.dropClosedIssues(at(0))).toBe(1);
      expect(await maintenance.findIssue("1")).toBe(null);
      expect(await maintenance.findIssue("3")).toBe("3");
    }
    await using _store = await place.open({ retention: { rawDays: null, eventsDays: 1 } });
    await expect.poll(() => countOf(place, "contents")).toBe(1);
    expect(await countOf(place, "deliveries")).toBe(1);
  });
});
