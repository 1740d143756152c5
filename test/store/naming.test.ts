import { describe, expect, it } from "vitest";
import { at, told, webhook } from "./deliveries.ts";
import { places, type Place } from "./places.ts";

/** Two issues with three deliveries, and one that is about none. */
async function fill(place: Place): Promise<void> {
  await using store = await place.open();
  await store.append(told({ issue: "1", at: 0 }));
  await store.append(told({ issue: "1", action: "assigned", at: 60 }));
  await store.append(told({ issue: "2", at: 120 }));
  await store.append(webhook("rubbish", { at: 180 }));
}

describe.each(places)("doctor on %s, of deliveries that an earlier version received,", (_, openPlace) => {
  it("tells once of how many it is not known whether they name a project, until they are rebuilt", async () => {
    await using place = await openPlace();
    await fill(place);
    expect(await place.examine()).toEqual([]);
    // As the migration that adds the column leaves it.
    await place.ask("update deliveries set names_project = null");
    expect(await place.examine()).toEqual([
      {
        problem: expect.stringContaining("received 3 deliveries of 2 issues"),
        remedy: expect.stringContaining("rebuild"),
      },
    ]);
    await place.rebuild();
    expect(await place.examine()).toEqual([]);
  });

  it("is content once they are rebuilt without their bodies too", async () => {
    await using place = await openPlace();
    await fill(place);
    {
      await using maintenance = await place.openMaintenance();
      expect(await maintenance.dropBodies(at(1_000), Infinity)).toBeGreaterThan(0);
    }
    await place.ask("update deliveries set names_project = null where issue_id = '2'");
    expect(await place.examine()).toEqual([
      expect.objectContaining({ problem: expect.stringContaining("received 1 delivery of 1 issue ") }),
    ]);
    await place.rebuild();
    expect(await place.examine()).toEqual([]);
  });
});
