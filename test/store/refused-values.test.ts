import { describe, expect, it } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import type { Report } from "../../src/observability/report.ts";
import { told } from "./deliveries.ts";
import { silentReport } from "./open.ts";
import { places } from "./places.ts";

const refusing = {
  SQLite: `create trigger refused before insert on events when new.issue_id = 'refused'
    begin select raise(abort, 'It is refused.'); end`,
  PostgreSQL: "alter table events add constraint refused check (issue_id <> 'refused')",
};

/** Has the database fail for an issue, as it would for any that it has no room for. */
const failing = {
  SQLite: [
    `create trigger broken before insert on events when new.issue_id = 'broken' begin select json('{'); end`,
  ],
  PostgreSQL: [
    `create function fail() returns trigger language plpgsql
     as $$ begin raise exception 'No room.' using errcode = '53100'; end $$`,
    `create trigger broken before insert on events for each row when (new.issue_id = 'broken')
     execute function fail()`,
  ],
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

  it("does not keep it a secret what was kept before another one of the batch failed", async () => {
    await using place = await openPlace();
    let rings = 0;
    const kept = { deliveries: 0, entries: 0 };
    const report: Report = {
      ...silentReport(),
      committed({ deliveries, entries }) {
        kept.deliveries += deliveries;
        kept.entries += entries;
      },
    };
    await using store = await place.open({ report, onCommit: () => (rings += 1) });
    await place.ask(refusing[database]);
    for (const statement of failing[database]) await place.ask(statement);
    const answers = await Promise.allSettled(
      ["1", "refused", "broken"].map((issue) => store.append(told({ issue }))),
    );
    expect(answers.at(-1)).toMatchObject({ reason: expect.any(StorageUnavailableError) });
    expect([...(await store.reader.issues(["1", "refused", "broken"])).keys()]).toEqual(["1"]);
    expect(kept).toEqual({ deliveries: 2, entries: 1 });
    expect(rings).toBeGreaterThan(0);
  });
});
