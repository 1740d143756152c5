import { LRUCache } from "lru-cache";
import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Reader } from "../store/reader.ts";

/** Entries of the store. Those who read them must have reached `oldest`: what came before it may be gone. */
export type Page = { readonly entries: readonly LogEntry[]; readonly oldest: Seq };

/** Pages of the log, read from the store one after the other. */
export type Pages = {
  /**
   * The page of this name, which begins after the position `first`. The reader `by` then asks for the next page or
   * calls `done`. Null if everyone who waits for the page is done before it is read.
   * @throws StorageUnavailableError if the store cannot be read.
   */
  readonly page: (name: string, first: Seq, by: object) => Promise<Page | null>;
  /** The reader no longer waits for a page, and does not ask for the one after the page that it was given. */
  readonly done: (by: object) => void;
};

type PagesOptions = {
  readonly log: Pick<Reader, "bounds" | "entriesAfter">;
  /** Most entries in a page. */
  readonly size: number;
  /** Most pages that are cached. */
  readonly mostHeld: number;
  /** How often anything was forgotten. Pages that were read before the last time must not be told. */
  readonly forgotten: () => number;
  /** How long to wait at most for those who were given a page, in milliseconds. */
  readonly patienceMs?: number;
};

type Wanted = {
  readonly name: string;
  readonly first: Seq;
  /** Those who wait for it. Once there are none, it is no longer wanted. */
  readonly by: Set<object>;
  readonly answer: PromiseWithResolvers<Page | null>;
};

/**
 * Reads each page once for all who ask for it at about the same time, and lets the event loop turn between two.
 *
 * If a thousand subscribers resumed at a thousand positions and each read on from its own, each page would be read a
 * thousand times. So pages are read in one direction, as an elevator moves: the next one is the first further on that
 * anybody wants; after the last, reading starts again with the one furthest back. Before it moves on, those who were
 * just given a page have a moment to ask for the next, so that they go on together. A subscriber that resumes behind
 * the present page waits for the next round: turning back for each of them, reading would never arrive.
 *
 * With that alone, one subscriber that reads the whole log would hold up everyone further on. So after each page on the
 * way, the wanted page nearest the end is read as well: whoever has least left is served first, and those on the way
 * wait for one more page in each step.
 */
export function createPages({ log, size, mostHeld, forgotten, patienceMs = 500 }: PagesOptions): Pages {
  const held = new LRUCache<string, Page>({ max: mostHeld });
  let heldSince = forgotten();
  const wanted = new Map<string, Wanted>();
  /** The page that each reader waits for. */
  const waiting = new Map<object, Wanted>();
  let isReading = false;
  /** The first position of the page that was read last on the way through the log; -1 before any. */
  let at: Seq = -1;
  /** Those who were given a page in this step and have not come back yet. */
  let given = new Set<object>();
  let allBack = Promise.withResolvers<void>();

  function onTheWay(): Wanted | undefined {
    const next = firstAfter(at) ?? firstAfter(-1);
    at = next?.first ?? at;
    return next;
  }

  function firstAfter(position: Seq): Wanted | undefined {
    let found: Wanted | undefined;
    for (const one of wanted.values())
      if (one.first > position && (found === undefined || one.first < found.first)) found = one;
    return found;
  }

  function nearestEnd(): Wanted | undefined {
    let found: Wanted | undefined;
    for (const one of wanted.values()) if (found === undefined || one.first > found.first) found = one;
    return found;
  }

  async function readOn(): Promise<void> {
    isReading = true;
    while (wanted.size > 0) {
      await give(onTheWay);
      await give(nearestEnd);
      await whileGiven();
    }
    isReading = false;
  }

  async function give(next: () => Wanted | undefined): Promise<void> {
    await new Promise(setImmediate);
    const one = next();
    if (one === undefined) return;
    const { name, by, answer } = one;
    try {
      const page = await read(one);
      if (by.size === 0) return;
      held.set(name, page);
      given = given.union(by);
      answer.resolve(page);
    } catch (error) {
      if (by.size === 0) return;
      answer.reject(error);
    }
    for (const reader of by) waiting.delete(reader);
    wanted.delete(name);
  }

  async function whileGiven(): Promise<void> {
    if (given.size === 0) return;
    allBack = Promise.withResolvers();
    const late = setTimeout(allBack.resolve, patienceMs);
    await allBack.promise;
    clearTimeout(late);
    given = new Set();
  }

  function done(by: object): void {
    if (given.delete(by) && given.size === 0) allBack.resolve();
    const one = waiting.get(by);
    if (one === undefined) return;
    waiting.delete(by);
    one.by.delete(by);
    if (one.by.size > 0) return;
    wanted.delete(one.name);
    one.answer.resolve(null);
  }

  /** Reads the page again if anything was forgotten meanwhile, unless nobody wants it any more. */
  async function read({ first, by }: Wanted): Promise<Page> {
    for (;;) {
      const before = forgotten();
      const entries = await log.entriesAfter(first, size);
      // Read after the entries, so that it covers what is deleted during that read.
      const { oldest } = await log.bounds();
      if (forgotten() === before || by.size === 0) return { entries, oldest };
    }
  }

  function dropForgotten(): void {
    if (forgotten() !== heldSince) held.clear();
    heldSince = forgotten();
  }

  return {
    done,
    page(name, first, by) {
      done(by);
      dropForgotten();
      const known = held.get(name);
      if (known !== undefined) return Promise.resolve(known);
      const one = wanted.get(name) ?? { name, first, by: new Set(), answer: Promise.withResolvers() };
      one.by.add(by);
      wanted.set(name, one);
      waiting.set(by, one);
      if (!isReading) void readOn();
      return one.answer.promise;
    },
  };
}
