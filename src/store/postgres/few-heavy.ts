import { isHeavy, readerThat } from "../heavy.ts";
import type { Reader } from "../reader.ts";
import { createWaitingLine, type WaitingLineOptions } from "../waiting-line.ts";

export type FewHeavyOptions = WaitingLineOptions & {
  /** Most heavy questions that are asked at once. */
  readonly atOnce: number;
};

/**
 * The same reader, of whose heavy questions few are asked at once. Each keeps one of the server's cores busy and a
 * connection taken for up to seconds, and batches of webhooks and quick questions need some too.
 */
export function fewHeavy(reader: Reader, { atOnce, ...options }: FewHeavyOptions): Reader {
  const line = createWaitingLine<void>(options);
  let asked = 0;

  async function ask(name: keyof Reader, args: readonly unknown[]): Promise<unknown> {
    if (asked < atOnce) asked += 1;
    // Whoever leaves gives its turn on.
    else await line.wait();
    try {
      // The same arguments, for the same question.
      return await (reader[name] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
    } finally {
      const next = line.next();
      if (next === undefined) asked -= 1;
      else next();
    }
  }

  return readerThat(reader, (name, args) => (isHeavy(name, args) ? ask(name, args) : null));
}
