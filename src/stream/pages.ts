import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Reader } from "../store/reader.ts";

/** Entries of the store, and the position that those who read them must have reached: what came before may be gone. */
export type Page = { readonly entries: readonly LogEntry[]; readonly oldest: Seq };

/** Pages of the log, read from the store one after the other. */
export type Pages = {
  /** The page of this name, which begins after a position. @throws StorageUnavailableError when the store cannot be read. */
  readonly page: (name: string, first: Seq) => Promise<Page>;
};

export type PagesOptions = {
  readonly log: Pick<Reader, "bounds" | "entriesAfter">;
  /** Entries in one. */
  readonly size: number;
  /** Most held in memory once they are read. */
  readonly mostHeld: number;
  /** How often anything was forgotten: nothing that was read before the last time is to be told. */
  readonly forgotten: () => number;
};

type Wanted = { readonly first: Seq; readonly answer: PromiseWithResolvers<Page> };

/**
 * Each page is read once for all who ask for it at about the same time, and everything else has its turn between two.
 *
 * A thousand who come back at a thousand places, each reading on from its own, would read each page a thousand times. So
 * the page furthest back is read first: whoever is behind catches up with those before it, and from there they read the
 * same. Every other page is the one that has been asked for the longest, so that nobody waits for ever for those who come
 * later and further back.
 */
export function createPages({ log, size, mostHeld, forgotten }: PagesOptions): Pages {
  /** Those asked for last come last. */
  const held = new Map<string, Page>();
  let heldSince = forgotten();
  /** Those asked for first come first. */
  const wanted = new Map<string, Wanted>();
  let isReading = false;
  let count = 0;

  function next(): readonly [string, Wanted] {
    const [longest, ...others] = wanted;
    if ((count += 1) % 2 === 0) return longest!;
    return others.reduce((one, other) => (other[1].first < one[1].first ? other : one), longest!);
  }

  async function readOn(): Promise<void> {
    isReading = true;
    while (wanted.size > 0) {
      await new Promise(setImmediate);
      const [name, { first, answer }] = next();
      try {
        const page = await read(first);
        hold(name, page);
        wanted.delete(name);
        answer.resolve(page);
      } catch (error) {
        wanted.delete(name);
        answer.reject(error);
      }
    }
    isReading = false;
  }

  async function read(first: Seq): Promise<Page> {
    for (;;) {
      const before = forgotten();
      const entries = await log.entriesAfter(first, size);
      // Afterwards: what is deleted while we read is then known to be.
      const { oldest } = await log.bounds();
      if (forgotten() === before) return { entries, oldest };
    }
  }

  function hold(name: string, page: Page): void {
    held.delete(name);
    held.set(name, page);
    if (held.size > mostHeld) held.delete(held.keys().next().value!);
  }

  function dropForgotten(): void {
    if (forgotten() !== heldSince) held.clear();
    heldSince = forgotten();
  }

  return {
    page(name, first) {
      dropForgotten();
      const known = held.get(name);
      if (known !== undefined) {
        hold(name, known);
        return Promise.resolve(known);
      }
      const waited = wanted.get(name);
      if (waited !== undefined) return waited.answer.promise;
      const answer = Promise.withResolvers<Page>();
      wanted.set(name, { first, answer });
      if (!isReading) void readOn();
      return answer.promise;
    },
  };
}
