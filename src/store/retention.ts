import type { Erasing } from "./erase.ts";

/** How long things are kept, in days; null for ever. */
export type Retention = { readonly rawDays: number | null; readonly eventsDays: number | null };

export type RetentionOptions = {
  /** How long after a step that found something the next one comes, so that batches that wait are written first. */
  readonly betweenMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Told why a step failed; it is tried again. It is not to throw. */
  readonly failed: (error: unknown) => void;
};

/** How often it is looked for what is too old. */
const everyMs = 60_000;
/** When it is first looked for what a command has left, where nothing is ever too old: a start has other things to do. */
const firstMs = 2_000;
const dayMs = 86_400_000;

/**
 * Drops what is too old, step by step, and what a command set aside and was broken off. Whoever has the store looks for it,
 * and finds what the others have left.
 * @param retention null where nothing is to be erased.
 */
export function startRetention(
  steps: Pick<Erasing, "dropBodies" | "dropClosedIssues" | "eraseSetAside">,
  retention: Retention | null,
  { betweenMs, now, failed }: RetentionOptions,
): AsyncDisposable {
  if (retention === null) return { [Symbol.asyncDispose]: async () => {} };
  const { rawDays, eventsDays } = retention;
  let isOver = false;
  let turning = Promise.resolve();
  let timer: NodeJS.Timeout;

  /** A step that fails keeps no other one from being taken. */
  async function taken(step: Promise<number>): Promise<number> {
    try {
      return await step;
    } catch (error) {
      failed(error);
      return 0;
    }
  }
  async function dropDue(): Promise<number> {
    let dropped = 0;
    if (rawDays !== null) dropped += await taken(steps.dropBodies(now() - rawDays * dayMs, now()));
    if (eventsDays !== null) dropped += await taken(steps.dropClosedIssues(now() - eventsDays * dayMs));
    return dropped;
  }
  async function turn(): Promise<void> {
    let dropped = await taken(steps.eraseSetAside());
    if (dropped === 0) dropped = await dropDue();
    if (!isOver) plan(dropped > 0 ? betweenMs : everyMs);
  }
  function plan(afterMs: number): void {
    timer = setTimeout(() => (turning = turn()), afterMs);
    timer.unref();
  }
  plan(rawDays === null && eventsDays === null ? firstMs : betweenMs);
  return {
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      clearTimeout(timer);
      await turning;
    },
  };
}
