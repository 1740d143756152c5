import { calledBy } from "../called-by.ts";
import { isHeavy } from "../heavy.ts";
import type { Reader } from "../reader.ts";
import { createWaitingLine, type WaitingLineOptions } from "../waiting-line.ts";

export type FewHeavyOptions = WaitingLineOptions & {
  /** Most heavy questions that are asked at once. */
  readonly atOnce: number;
};

/**
 * Makes readers of which few heavy questions are asked at once, counted together. Each keeps one of the server's cores busy
 * and a connection taken for up to seconds, and batches of webhooks and quick questions need some too.
 */
export function createFewHeavy({ atOnce, ...options }: FewHeavyOptions): (reader: Reader) => Reader {
  const line = createWaitingLine<void>(options);
  let asked = 0;

  async function inTurn(ask: () => Promise<unknown>): Promise<unknown> {
    if (asked < atOnce) asked += 1;
    // Whoever leaves gives its turn on.
    else await line.wait();
    try {
      return await ask();
    } finally {
      const next = line.next();
      if (next === undefined) asked -= 1;
      else next();
    }
  }

  return (reader) =>
    calledBy(reader, (ask, args, name) => (isHeavy(name, args) ? inTurn(() => ask(...args)) : ask(...args)));
}
