import { barOf, createStatusLine, type Screen } from "../terminal/progress.ts";
import { durationText } from "./duration.ts";
import type { Counts } from "./tally.ts";

/** The progress of a run. */
export type Progress = {
  readonly counts: Counts;
  readonly elapsedMs: number;
  /** From 0 to 1; null for a run without an end. */
  readonly share: number | null;
};

/**
 * Runs `work` and resolves with its result, showing progress meanwhile. On a terminal that is one line, updated in
 * place and removed at the end; elsewhere it is a line every five seconds. Without a screen nothing is shown.
 */
export async function showingProgress<Result>(
  screen: Screen | null,
  progress: () => Progress,
  work: () => Promise<Result>,
): Promise<Result> {
  if (screen === null) return work();
  const line = createStatusLine(screen);
  const timer = setInterval(() => line.show(progressLine(progress())), line.everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    line.clear();
  }
}

export function progressLine({ counts, elapsedMs, share }: Progress): string {
  const perSecond = elapsedMs > 0 ? (counts.sent / elapsedMs) * 1000 : 0;
  const p99 = counts.latency.percentile(0.99);
  return [
    ...(share === null ? [] : [barOf(share)]),
    `${counts.sent.toLocaleString("en")} sent`,
    `${perSecond.toFixed(perSecond < 100 ? 1 : 0)}/s`,
    ...(p99 === null ? [] : [`p99 ${p99.toFixed(1)} ms`]),
    ...(counts.notKept === 0 ? [] : [`${counts.notKept.toLocaleString("en")} not kept`]),
    durationText(elapsedMs),
  ].join("  ");
}
