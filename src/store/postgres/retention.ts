import type { Erasing } from "../erase.ts";
import type { Retention } from "../retention.ts";

/** How often it is looked for what is too old. */
const everyMs = 60_000;

/** Between two steps, so that batches that wait are written first. */
const betweenMs = 50;

/** Drops what is too old, step by step. Every replica looks for it, and finds what the others have left. */
export function startRetention(
  steps: Pick<Erasing, "dropBodies" | "dropClosedIssues">,
  { rawDays, eventsDays }: Retention,
  { now, failed }: { readonly now: () => number; readonly failed: (error: unknown) => void },
): AsyncDisposable {
  if (rawDays === null && eventsDays === null) return { [Symbol.asyncDispose]: async () => {} };
  const dueFor = (days: number) => now() - days * 86_400_000;
  let isOver = false;
  let turning = Promise.resolve();
  let timer: NodeJS.Timeout;

  async function turn(): Promise<void> {
    let dropped = 0;
    try {
      if (rawDays !== null) dropped += await steps.dropBodies(dueFor(rawDays), now());
      if (eventsDays !== null) dropped += await steps.dropClosedIssues(dueFor(eventsDays));
    } catch (error) {
      failed(error);
    }
    if (!isOver) plan(dropped > 0 ? betweenMs : everyMs);
  }
  function plan(afterMs: number): void {
    timer = setTimeout(() => (turning = turn()), afterMs);
    timer.unref();
  }
  plan(betweenMs);
  return {
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      clearTimeout(timer);
      await turning;
    },
  };
}
