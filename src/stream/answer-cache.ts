import type { Answer } from "./operation.ts";
import type { For, FairQueue, Work } from "./fair-queue.ts";

/** Whoever asks for an answer. */
export type Asker = {
  readonly whom: For;
  /** False while it does not want the answer. If it wants it after all, it asks again. */
  readonly isWaiting: () => boolean;
};

/** A cache of the newest answers: each is made once for all who want it at the same time or soon after. */
export type AnswerCache<One extends Answer> = {
  /**
   * The answer of this name: at once if it is cached, else a promise. `make` is called in the answer's turn, unless the
   * answer is being made already. The promise gives null if none of those who asked was waiting when the turn came, and
   * rejects as `make` does.
   */
  readonly named: (name: string, make: () => Promise<One>, asker: Asker) => One | Promise<One | null>;
};

type Making<One> = {
  readonly askers: Asker[];
  readonly work: Work;
  readonly answer: Promise<One | null>;
};

/**
 * @param maxBytes of all cached answers together; the oldest are dropped first. One that failed, even partly, is not
 * cached.
 * @param erased how often something was erased from the log. All earlier answers are dropped then: they may tell of it.
 * @param queue where each answer waits to be made.
 */
export function createAnswerCache<One extends Answer>(
  maxBytes: number,
  erased: () => number,
  queue: FairQueue,
): AnswerCache<One> {
  const held = new Map<string, One>();
  const making = new Map<string, Making<One>>();
  let bytes = 0;
  let of = erased();

  function hold(name: string, answer: One): void {
    held.set(name, answer);
    bytes += answer.bytes;
    for (const [oldest, { bytes: freed }] of held) {
      if (bytes <= maxBytes) break;
      held.delete(oldest);
      bytes -= freed;
    }
  }

  function makingOf(name: string, make: () => Promise<One>): Making<One> {
    const askers: Asker[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<One | null>();

    /** False if something was erased after it was asked for: by now another may be made in its place. */
    function leave(): boolean {
      return making.get(name) === one && making.delete(name);
    }

    const work: Work = {
      isWanted: () => askers.some(({ isWaiting }) => isWaiting()),
      async begin() {
        try {
          const answer = await make();
          if (leave() && answer.failed === "nowhere") hold(name, answer);
          resolve(answer);
        } catch (error) {
          // A fault of ours: those who asked get the rejection.
          leave();
          reject(error);
        }
      },
      drop() {
        leave();
        resolve(null);
      },
    };
    const one: Making<One> = { askers, work, answer: promise };
    making.set(name, one);
    return one;
  }

  return {
    named(name, make, asker) {
      if (erased() !== of) {
        held.clear();
        making.clear();
        bytes = 0;
        of = erased();
      }
      const known = held.get(name);
      if (known !== undefined) return known;
      const one = making.get(name) ?? makingOf(name, make);
      one.askers.push(asker);
      queue.add(one.work, asker.whom);
      return one.answer;
    },
  };
}
