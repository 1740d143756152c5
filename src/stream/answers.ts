import type { Answer } from "./answer.ts";
import type { For, Line, Work } from "./line.ts";

/** Whoever asks for an answer. */
export type Asker = {
  readonly whom: For;
  /** False while it does not want the answer: it asks again if it does after all. */
  readonly isWaiting: () => boolean;
};

/** The newest answers, so that each is made once, for all who want it at the same time or soon after. */
export type Answers<One extends Answer> = {
  /**
   * The answer of this name: at once where it is known, else as it is made, by `make` if nobody else has it made already.
   * Null where nobody who has asked for it was waiting when it was to be begun.
   */
  readonly named: (name: string, make: () => Promise<One>, asker: Asker) => One | Promise<One | null>;
};

type Making<One> = {
  readonly askers: Asker[];
  readonly work: Work;
  readonly answer: Promise<One | null>;
};

/**
 * @param maxBytes of all answers together; the oldest go first. One that failed, if only partly, is not kept.
 * @param erased how often something was erased from the log: an answer that was made before may tell of it.
 * @param line in which each waits to be made.
 */
export function createAnswers<One extends Answer>(
  maxBytes: number,
  erased: () => number,
  line: Line,
): Answers<One> {
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

    /** False for one that was asked for before something was erased: by now another may be made in its place. */
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
          // A fault of ours, for those who asked to hear of.
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
      line.add(one.work, asker.whom);
      return one.answer;
    },
  };
}
