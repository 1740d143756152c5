import { OverloadedError, ReadTimeoutError } from "../domain/failure.ts";
import { createRoundRobin } from "../domain/round-robin.ts";
import { whoAsks } from "./asked-by.ts";

/**
 * A queue of queries that wait for something to come free, such as a thread. Clients (`askedBy`) are served
 * round-robin.
 */
export type FairLine<Freed> = {
  /**
   * Resolves with what comes free for the caller.
   * @throws OverloadedError if too many wait, and this is the newest call of the client with the most.
   * @throws ReadTimeoutError if nothing came free in time.
   */
  readonly wait: () => Promise<Freed>;
  /**
   * Takes the next call out of the queue, and returns a function that gives it what came free, or a promise of that.
   * Undefined if none waits.
   */
  readonly next: () => ((freed: Freed | Promise<Freed>) => void) | undefined;
  /** Rejects all that wait. */
  readonly refuse: (error: Error) => void;
};

export type FairLineOptions = {
  /** The longest wait, in milliseconds. */
  readonly waitMs: number;
  /** Most that may wait; past this one is rejected. */
  readonly mostWaiting: number;
};

/** An empty queue, which belongs to nobody: its caller says with `next` what has come free. */
export function createFairLine<Freed>({ waitMs, mostWaiting }: FairLineOptions): FairLine<Freed> {
  const waiting = createRoundRobin<PromiseWithResolvers<Freed>>();
  return {
    wait() {
      const client = whoAsks();
      const turn = Promise.withResolvers<Freed>();
      waiting.add(client, turn);
      if (waiting.size > mostWaiting)
        waiting.lastOfMost()!.reject(new OverloadedError("Too many questions are waiting."));
      const timer = setTimeout(() => {
        // No effect on a call that was taken out already, and waits for a promise that `next` gave it.
        waiting.remove(client, turn);
        turn.reject(new ReadTimeoutError(`No turn came within ${waitMs} ms.`));
      }, waitMs);
      return turn.promise.finally(() => clearTimeout(timer));
    },
    next: () => waiting.next()?.resolve,
    refuse(error) {
      for (let one = waiting.next(); one !== undefined; one = waiting.next()) one.reject(error);
    },
  };
}
