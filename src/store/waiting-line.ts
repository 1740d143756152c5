import { OverloadedError, ReadTimeoutError } from "../domain/failure.ts";
import { createRound } from "../domain/round.ts";
import { whoAsks } from "./asked-by.ts";

/** Questions that wait for what answers them to be free. The clients that ask (`askedBy`) take turns. */
export type WaitingLine<Freed> = {
  /**
   * What comes free for the caller.
   * @throws OverloadedError where too many wait, of whom its client has most, and it came last.
   * @throws ReadTimeoutError where nothing came free in time.
   */
  readonly wait: () => Promise<Freed>;
  /** Takes the next out of the line, to be given what came free, or comes; undefined where nobody waits. */
  readonly next: () => ((freed: Freed | Promise<Freed>) => void) | undefined;
  /** Refuses all that wait. */
  readonly refuse: (error: Error) => void;
};

export type WaitingLineOptions = {
  /** How long one may wait. */
  readonly waitMs: number;
  /** Most that wait; past this one is refused. */
  readonly mostWaiting: number;
};

export function createWaitingLine<Freed>({ waitMs, mostWaiting }: WaitingLineOptions): WaitingLine<Freed> {
  const waiting = createRound<PromiseWithResolvers<Freed>>();
  return {
    wait() {
      const client = whoAsks();
      const turn = Promise.withResolvers<Freed>();
      waiting.add(client, turn);
      if (waiting.size > mostWaiting)
        waiting.lastOfMost()!.reject(new OverloadedError("Too many questions are waiting."));
      const timer = setTimeout(() => {
        // What comes to one that was taken out is still on its way, perhaps.
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
