import { afterEach, expect, it, vi } from "vitest";
import { createProgressBar } from "../../src/terminal/progress.ts";

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  [1, 4, "25"],
  [0, 0, "100"],
])("a bar shows %d of %d as %s %", (done, total, percent) => {
  vi.useFakeTimers({ toFake: ["performance"] });
  const shown: string[] = [];
  using bar = createProgressBar("copying", { write: (text) => shown.push(text) });
  bar.update(done, total);
  expect(shown).toEqual([]);
  vi.advanceTimersByTime(5_000);
  bar.update(done, total);
  expect(shown.join("")).toContain(`${percent} %`);
});
