import { describe, expect, it } from "vitest";
import { told } from "./deliveries.ts";
import { places } from "./places.ts";

const refusing = {
  SQLite: `create trigger refused before insert on events when new.issue_id = 'refused'
    begin select raise(abort, 'It is refused.'); end`,
  PostgreSQL: "alter table events add constraint refused check (issue_id <> 'refused')",
};

describe.each(places)("a delivery whose values %s refuses", (database, openPlace) => {
  it("is kept without being applied, and keeps none beside it from being applied", async () => {
    await using place = await openPlace();
    await using store = await place.open();
    await place.ask(refusing[database]);
    const receipts = await Promise.all(["1", "refused", "2"].map((issue) => store.append(told({ issue }))));
    expect(receipts.map(({ outcome }) => outcome)).toEqual(["APPLIED", "QUARANTINED", "APPLIED"]);
    expect([...(await store.reader.issues(["1", "refused", "2"])).keys()].toSorted()).toEqual(["1", "2"]);
    expect((await store.reader.bodies(receipts.map(({ delivery }) => delivery))).size).toBe(3);
  });
});
