import fc from "fast-check";
import { expect, it } from "vitest";
import type { Facts } from "../../src/domain/delivery.ts";
import { addDelivery, deriveHistory, type Change } from "../../src/domain/history.ts";
import { PastNeededError } from "../../src/domain/walk-past.ts";
import { letGo, startWalk } from "../../src/domain/walk.ts";
import { measure, type Measures } from "../../src/domain/measures.ts";
import { catchUp, derived, remeasure } from "../../src/store/cached-history.ts";
import { anyDeliveries } from "../domain/deliveries.ts";
import { everyTrouble, lives } from "../domain/sentry-model.ts";

/** As they arrive, in the order of sending or in any other, and which of two replicas takes each. */
const arrivals = fc
  .oneof(
    anyDeliveries(14),
    lives(everyTrouble)
      .map(({ deliveries }) => deliveries)
      .filter(({ length }) => length > 0),
  )
  .chain((all) =>
    fc.record({
      arrived: fc.oneof(fc.constant(all), fc.shuffledSubarray([...all], { minLength: all.length })),
      takers: fc.array(fc.constantFrom(0, 1), { minLength: all.length, maxLength: all.length }),
    }),
  );

/** Takes deliveries, and of those that another took learns when it takes the next. It holds the newest `left` stops. */
function createReplica(left: number) {
  let held = derived([]);
  let known = 0;

  function add(facts: Facts, before: readonly Facts[]) {
    catchUp(held, before.slice(known));
    const change = addDelivery(held.walk, facts);
    return { change, measured: remeasure(held, change) };
  }

  return {
    take(facts: Facts, before: readonly Facts[]) {
      let taken: ReturnType<typeof add>;
      try {
        taken = add(facts, before);
      } catch (error) {
        if (!(error instanceof PastNeededError)) throw error;
        held = derived(before);
        known = before.length;
        taken = add(facts, before);
      }
      known = before.length + 1;
      for (const event of letGo(held.walk, left)) held.settled.add(event);
      return taken;
    },
  };
}

it("tells of a delivery what it would if it had written those of the others, too", () => {
  fc.assert(
    fc.property(arrivals, fc.constantFrom(1, 2, 4, Infinity), ({ arrived, takers }, left) => {
      const whole = startWalk([]);
      const replicas = [createReplica(left), createReplica(left)];
      const rows = new Map<string, Measures>();
      for (const [i, facts] of arrived.entries()) {
        const expected: Change = addDelivery(whole, facts);
        const { change, measured } = replicas[takers[i]!]!.take(facts, arrived.slice(0, i));
        expect(change).toEqual(expected);
        for (const { supersedes } of change.entries)
          for (const { place } of supersedes) rows.delete(String(place));
        for (const [{ place }, measures] of measured) rows.set(String(place), measures);
      }
      const { events } = deriveHistory(arrived);
      const expected = measure(events).measured;
      expect(rows).toEqual(new Map(events.map((event) => [String(event.place), expected.get(event)!])));
    }),
  );
});
