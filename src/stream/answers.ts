import type { Seq } from "../domain/cursor.ts";
import type { Answer } from "./answer.ts";

/** The newest answers, so that whoever replays what others have just been told need not have it made again. */
export type Answers<One extends Answer> = {
  readonly get: (group: number, seq: Seq) => One | undefined;
  readonly add: (group: number, seq: Seq, answer: One) => void;
};

/** @param maxBytes of all answers together; the oldest go first. */
export function createAnswers<One extends Answer>(maxBytes: number): Answers<One> {
  const held = new Map<string, One>();
  let bytes = 0;
  return {
    get: (group, seq) => held.get(`${group}.${seq}`),
    add(group, seq, answer) {
      held.set(`${group}.${seq}`, answer);
      bytes += answer.bytes;
      for (const [key, oldest] of held) {
        if (bytes <= maxBytes) break;
        held.delete(key);
        bytes -= oldest.bytes;
      }
    },
  };
}
