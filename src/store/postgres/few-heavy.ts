import { ReadTimeoutError, StorageUnavailableError } from "../../domain/failure.ts";
import { isHeavy, readerThat } from "../heavy.ts";
import type { Reader } from "../reader.ts";

export type FewHeavyOptions = {
  /** Most heavy questions that are asked at once. */
  readonly atOnce: number;
  /** How long one may wait for its turn. */
  readonly waitMs: number;
  /** Most that wait; past this one is refused as if the store were away. */
  readonly mostWaiting: number;
};

/**
 * The same reader, of whose heavy questions few are asked at once. Each keeps one of the server's cores busy and a
 * connection taken for up to seconds, and batches of webhooks and quick questions need some too.
 */
export function fewHeavy(reader: Reader, { atOnce, waitMs, mostWaiting }: FewHeavyOptions): Reader {
  const waiting: PromiseWithResolvers<void>[] = [];
  let asked = 0;

  async function enter(): Promise<void> {
    if (asked < atOnce) {
      asked += 1;
      return;
    }
    if (waiting.length >= mostWaiting) throw new StorageUnavailableError("Too many questions are waiting.");
    const turn = Promise.withResolvers<void>();
    waiting.push(turn);
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(turn), 1);
      turn.reject(new ReadTimeoutError(`No turn came within ${waitMs} ms.`));
    }, waitMs);
    await turn.promise.finally(() => clearTimeout(timer));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) asked -= 1;
    // Its turn is this one's.
    else next.resolve();
  }

  async function ask(name: keyof Reader, args: readonly unknown[]): Promise<unknown> {
    await enter();
    try {
      // The same arguments, for the same question.
      return await (reader[name] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
    } finally {
      leave();
    }
  }

  return readerThat(reader, (name, args) => (isHeavy(name, args) ? ask(name, args) : null));
}
