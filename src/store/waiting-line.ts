import { ReadTimeoutError, StorageUnavailableError } from "../domain/failure.ts";

/** Questions that wait for what answers them to be free, first come, first served. */
export type WaitingLine<Freed> = {
  /**
   * What comes free for the caller.
   * @throws StorageUnavailableError at once where too many wait.
   * @throws ReadTimeoutError where nothing came free in time.
   */
  readonly wait: () => Promise<Freed>;
  /** Takes the first out of the line, to be given what came free, or comes; undefined where nobody waits. */
  readonly next: () => ((freed: Freed | Promise<Freed>) => void) | undefined;
  /** Refuses all that wait. */
  readonly refuse: (error: Error) => void;
};

export type WaitingLineOptions = {
  /** How long one may wait. */
  readonly waitMs: number;
  /** Most that wait; past this a question is refused as if the store were away. */
  readonly mostWaiting: number;
};

export function createWaitingLine<Freed>({ waitMs, mostWaiting }: WaitingLineOptions): WaitingLine<Freed> {
  const waiting: PromiseWithResolvers<Freed>[] = [];
  return {
    wait() {
      if (waiting.length >= mostWaiting)
        return Promise.reject(new StorageUnavailableError("Too many questions are waiting."));
      const turn = Promise.withResolvers<Freed>();
      waiting.push(turn);
      const timer = setTimeout(() => {
        // What comes to one that was taken out is still on its way, perhaps.
        const place = waiting.indexOf(turn);
        if (place !== -1) waiting.splice(place, 1);
        turn.reject(new ReadTimeoutError(`No turn came within ${waitMs} ms.`));
      }, waitMs);
      return turn.promise.finally(() => clearTimeout(timer));
    },
    next: () => waiting.shift()?.resolve,
    refuse(error) {
      for (const { reject } of waiting.splice(0)) reject(error);
    },
  };
}
