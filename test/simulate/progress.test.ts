import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { progressLine, showingProgress, type Progress } from "../../src/simulate/progress.ts";
import { createTally } from "../../src/simulate/tally.ts";

const tally = createTally();
tally.answered({ is: "answered", status: 202, word: "APPLIED", milliseconds: 4 });
tally.answered({ is: "failed", reason: "ECONNRESET" });
const halfway: Progress = { counts: { ...tally.counts(), sent: 1_200 }, elapsedMs: 2_000, share: 0.5 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is written within six seconds of work, and after it. */
async function writtenOn(screen: { readonly isTTY?: boolean; readonly columns?: number } | null) {
  const written: string[] = [];
  const { promise: work, resolve: finish } = Promise.withResolvers<string>();
  const target = screen === null ? null : { ...screen, write: (text: string) => written.push(text) };
  const shown = showingProgress(
    target,
    () => halfway,
    () => work,
  );
  await vi.advanceTimersByTimeAsync(6_000);
  const during = written.splice(0);
  finish("done");
  expect(await shown).toBe("done");
  await vi.advanceTimersByTimeAsync(6_000);
  return { during, after: written };
}

it("tells how far the run is", () => {
  expect(progressLine(halfway)).toBe(
    "████████████░░░░░░░░░░░░  50 %  1,200 sent  600/s  p99 4.0 ms  1 not kept  2.0 s",
  );
});

it("has no bar for a run without an end, and no latency before the first answer", () => {
  expect(progressLine({ counts: createTally().counts(), elapsedMs: 0, share: null })).toBe(
    "0 sent  0.0/s  0.0 s",
  );
});

it("keeps one line of a terminal up to date, within its width, and leaves it empty", async () => {
  const { during, after } = await writtenOn({ isTTY: true, columns: 40 });
  expect(during.length).toBe(60);
  expect(new Set(during)).toEqual(new Set([`\r\x1b[2K${progressLine(halfway).slice(0, 39)}`]));
  expect(after).toEqual(["\r\x1b[2K"]);
});

it("writes a line every five seconds where there is no terminal", async () => {
  expect(await writtenOn({})).toEqual({ during: [`${progressLine(halfway)}\n`], after: [] });
});

it("writes nothing without a screen", async () => {
  expect(await writtenOn(null)).toEqual({ during: [], after: [] });
});
