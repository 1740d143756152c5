import { createFairLine, type FairLineOptions } from "./fair-line.ts";

type SemaphoreOptions = FairLineOptions & {
  /** Most slots that are taken at once. */
  readonly atOnce: number;
};

/** A semaphore: a few callers hold a slot at once, the others wait in line. */
export type Semaphore = {
  /**
   * Takes a slot, or waits for one. Disposing frees it; it must be disposed once.
   * @throws as `FairLine.wait` does.
   */
  readonly take: () => Promise<Disposable>;
};

/** All slots are free at first. */
export function createSemaphore({ atOnce, ...options }: SemaphoreOptions): Semaphore {
  const line = createFairLine<void>(options);
  let taken = 0;
  return {
    async take() {
      if (taken < atOnce) taken += 1;
      // A slot that is freed is passed on to the next in line.
      else await line.wait();
      return {
        [Symbol.dispose]() {
          const next = line.next();
          if (next === undefined) taken -= 1;
          else next();
        },
      };
    },
  };
}
