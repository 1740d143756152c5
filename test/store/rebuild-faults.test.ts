import { describe, expect, it } from "vitest";
import { readBody } from "../../src/sentry/payload.ts";
import { unapplied } from "../../src/store/batch/batch.ts";
import { told, webhook } from "./deliveries.ts";
import { places, type Place } from "./places.ts";

/** What `rebuild` reads at once. */
const pageSize = 100;

/** A store whose first page ends with an issue, and whose second, without bodies, goes on with it. */
async function fill(place: Place): Promise<void> {
  await using store = await place.open();
  for (let index = 1; index < pageSize; index++) await store.append(webhook(`rubbish ${index}`));
  await store.append(told({ at: 0 }));
  await store.append(told({ action: "assigned", substatus: "ongoing", at: 60 }));
  await store.append(told({ action: "resolved", status: "resolved", at: 120 }));
  await place.ask(`update contents set body = null where delivery > ${pageSize}`);
}

const rows = (place: Place) =>
  place.ask(`select * from deliveries where id > ${pageSize} order by id`) as Promise<readonly object[]>;

async function history(place: Place) {
  await using store = await place.open();
  const pages = await store.reader.eventPages(["1"], {
    from: "first",
    after: null,
    before: null,
    limit: 10,
    actions: null,
  });
  return {
    events: pages.get("1")!.rows.map(({ id, transition }) => [id, transition]),
    issue: (await store.reader.issues(["1"])).get("1"),
    snapshot: (await store.reader.snapshots([pageSize + 1])).get(pageSize + 1),
  };
}

/** Rebuilds, with a fault of this program where the second page begins. */
async function rebuildWithFault(place: Place): Promise<readonly string[]> {
  const faults: string[] = [];
  let isArmed = false;
  await place.rebuild({
    read(body) {
      const reading = readBody(body);
      if (reading.is === "issue") {
        const { status } = reading.issue.state;
        Object.defineProperty(reading.issue.state, "status", {
          get() {
            if (isArmed) throw new Error("A fault.");
            return status;
          },
        });
      }
      return reading;
    },
    onProgress: (done) => void (isArmed = done === pageSize),
    onFault: (error) => void faults.push(String(error)),
  });
  return faults;
}

describe.each(places)(
  "rebuild on %s, of a delivery that it fails to apply and whose body is pruned,",
  (_, openPlace) => {
    it("keeps its facts, from which the next one derives what it tells", async () => {
      await using place = await openPlace();
      await fill(place);
      const [deliveries, before] = [await rows(place), await history(place)];
      expect(await rebuildWithFault(place)).toEqual(["Error: A fault."]);
      const [first, ...others] = await rows(place);
      const { position, outcome, reason, ...facts } = first as Readonly<Record<string, unknown>>;
      expect({ outcome, reason }).toEqual({ outcome: "QUARANTINED", reason: unapplied.reason });
      expect(deliveries[0]).toEqual(expect.objectContaining(facts));
      expect(Number(position)).toBeGreaterThan(0);
      expect(others).toHaveLength(1);
      const meanwhile = await history(place);
      expect(meanwhile.events.length).toBeLessThan(before.events.length);
      expect(meanwhile.snapshot).toEqual(before.snapshot);
      await place.rebuild();
      expect(await history(place)).toEqual(before);
    });

    it("lets the issue's history go on without it until then", async () => {
      await using place = await openPlace();
      await fill(place);
      await rebuildWithFault(place);
      const { length } = (await history(place)).events;
      {
        await using store = await place.open();
        const regressed = { status: "unresolved", substatus: "regressed", at: 180 };
        const { outcome } = await store.append(told({ action: "unresolved", ...regressed }));
        expect(outcome).toBe("APPLIED");
      }
      expect((await history(place)).events).toHaveLength(length + 1);
    });
  },
);
