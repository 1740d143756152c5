import { describe, expect, it } from "vitest";
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
      await store.append(told({ issue: index % 2 === 0 ? "a" : "b", at: longAgo + index, count: index }));
    const closed = { issue: "closed", action: "resolved", status: "resolved" };
    await store.append(told({ ...closed, at: longAgo + 100 }));
    await store.append(told({ issue: "a", at: longAgo + 101, count: packSize }));
    const held = await place.ask(`select * from contents where delivery <= ${packSize} order by delivery`);
    const rows = held.map(({ delivery, body, fields }) => ({
      delivery: Number(delivery),
      body: body as Buffer,
      fields: fields as string,
    }));
    const { first, last, dictionary, data } = packOf(rows);
    await place.ask(`insert into packs (first, last, dictionary, data) values ($1, $2, $3, $4)`, [
      first,
      last,
      dictionary,
      data,
    ]);
    await place.ask(`delete from contents where delivery <= ${packSize}`);
    return place;
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

  it("does not stop retention, which leaves it as it is and goes on behind it", async () => {
    await using place = await prepared();
    await damage(place);
    const failures: unknown[] = [];
    const report = { ...silentReport(), storeFailed: (error: unknown) => void failures.push(error) };
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
        report: { ...silentReport(), storeFailed: failure.resolve },
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
