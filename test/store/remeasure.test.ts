import fc from "fast-check";
import { expect, it } from "vitest";
import type { Facts } from "../../src/domain/delivery.ts";
import { addDelivery, deriveHistory, type Change } from "../../src/domain/history.ts";
import { PastNeededError } from "../../src/domain/walk-past.ts";
import { letGo } from "../../src/domain/walk.ts";
import { measure, type Measures } from "../../src/domain/measures.ts";
import { comparePlaces } from "../../src/domain/order.ts";
import { derived, remeasure } from "../../src/store/cached-history.ts";
import { anyDeliveries } from "../domain/deliveries.ts";
import { everyTrouble, lives } from "../domain/sentry-model.ts";

/** As they arrive, which may be in any order. */
const arrivals: fc.Arbitrary<readonly Facts[]> = fc
  .oneof(
    anyDeliveries(14),
    lives(everyTrouble)
      .map(({ deliveries }) => deliveries)
      .filter(({ length }) => length > 0),
  )
  .chain((all) => fc.shuffledSubarray([...all], { minLength: all.length }));

it("leaves each event with what is measured of it over the whole history, whatever came late", () => {
  fc.assert(
    fc.property(arrivals, fc.constantFrom(1, 2, 4, Infinity), (arrived, left) => {
      let held = derived([]);
      const rows = new Map<string, Measures>();
      for (const [i, facts] of arrived.entries()) {
        let change: Change;
        try {
          change = addDelivery(held.walk, facts);
        } catch (error) {
          if (!(error instanceof PastNeededError)) throw error;
          held = derived(arrived.slice(0, i));
          change = addDelivery(held.walk, facts);
        }
        for (const { supersedes } of change.entries)
          for (const { place } of supersedes) rows.delete(String(place));
        for (const [{ place }, measures] of remeasure(held, change)) rows.set(String(place), measures);
        for (const event of letGo(held.walk, left)) held.settled.add(event);
      }
      const { events } = deriveHistory(arrived);
      const expected = measure(events).measured;
      expect(rows).toEqual(new Map(events.map((event) => [String(event.place), expected.get(event)!])));
    }),
  );
});

it("gives nothing of what lies before the first change, but for the resolves that it may undo", () => {
  fc.assert(
    fc.property(arrivals, (arrived) => {
      const held = derived([]);
      for (const facts of arrived) {
        const change = addDelivery(held.walk, facts);
        const places = change.entries.flatMap(({ event, supersedes }) =>
          [event, ...supersedes].map(({ place }) => place),
        );
        for (const { place, transition } of remeasure(held, change).keys())
          if (places.every((changed) => comparePlaces(place, changed) < 0))
            expect(transition?.kind).toBe("RESOLVED");
      }
    }),
  );
});
