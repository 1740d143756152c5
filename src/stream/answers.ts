import type { Answer } from "./answer.ts";

/** The newest answers, so that each is made once, for all who want it at the same time or soon after. */
export type Answers<One extends Answer> = {
  /** The answer of this name: at once where it is known, else as it is made, by `make` if nobody else makes it already. */
  readonly named: (name: string, make: () => Promise<One>) => One | Promise<One>;
};

/**
 * @param maxBytes of all answers together; the oldest go first. One that failed, if only partly, is not kept.
 * @param erased how often something was erased from the log: an answer that was made before may tell of it.
 */
export function createAnswers<One extends Answer>(maxBytes: number, erased: () => number): Answers<One> {
  const held = new Map<string, One>();
  const making = new Map<string, Promise<One>>();
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

  return {
    named(name, make) {
      if (erased() !== of) {
        held.clear();
        making.clear();
        bytes = 0;
        of = erased();
      }
      const known = held.get(name) ?? making.get(name);
      if (known !== undefined) return known;
      const made = make().then((answer) => {
        // Not of one that was begun before something was erased: by now another may be made in its place.
        if (making.get(name) !== made) return answer;
        making.delete(name);
        if (answer.failed === "nowhere") hold(name, answer);
        return answer;
      });
      making.set(name, made);
      return made;
    },
  };
}
