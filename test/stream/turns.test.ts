import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createTurns } from "../../src/stream/turns.ts";

/** How many steps of `ms` each are done in each of so many turns. */
async function stepsInTurns(most: number, ms: number, count: number): Promise<readonly number[]> {
  const clock = { now: 1_000 };
  const turns = createTurns({ most, shareMs: 2, now: () => clock.now });
  const done: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    let steps = 0;
    for (;;) {
      steps += 1;
      clock.now += ms;
      const pause = turns.step();
      if (pause === null) continue;
      await pause;
      break;
    }
    done.push(steps);
  }
  return done;
}

it("a turn has so many steps at most", async () => {
  expect(await stepsInTurns(4, 0, 3)).toEqual([5, 5, 5]);
});

it("a turn has fewer steps where each takes long", async () => {
  // What the first takes is told by the second.
  expect(await stepsInTurns(256, 5, 3)).toEqual([2, 2, 2]);
  expect(await stepsInTurns(256, 0.5, 2)).toEqual([5, 5]);
});

it("steps of another turn do not count", async () => {
  const turns = createTurns({ most: 1, shareMs: 2, now: () => 0 });
  expect(turns.step()).toBeNull();
  await setImmediate();
  expect(turns.step()).toBeNull();
  expect(turns.step()).toBeInstanceOf(Promise);
});
