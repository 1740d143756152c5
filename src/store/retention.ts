import { dayMs } from "../domain/calendar.ts";
import type { Erasing } from "./erase/erasing.ts";

/** How long things are kept, in days; null for ever. */
export type Retention = { readonly rawDays: number | null; readonly eventsDays: number | null };

type RetentionOptions = {
  /** The delay after a step that found something, so that waiting batches are written first. */
  readonly betweenMs: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Called with the error of a failed step, which is tried again. Must not throw. */
  readonly failed: (error: unknown) => void;
};

/** The delay before the next look, once nothing is due. */
const everyMs = 60_000;
/**
 * The delay before the first look if nothing ever expires, but a command may have left something: startup comes first.
 */
const firstMs = 2_000;
/**
 * Erases, step by step, what is too old, and what an interrupted command had set aside. Every gateway on a store does
 * so, and finds what the others have left.
 * @param retention null if nothing is to be erased.
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

  /** Returns 0 for a step that fails, so that the others are taken. */
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
