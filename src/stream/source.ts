import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Reader } from "../store/reader.ts";
import { firstAfter, type Window } from "./window.ts";

/** What follows a position: entries in log order, and the position up to which they are all. */
export type Part = { readonly entries: readonly LogEntry[]; readonly upTo: Seq };

/** The log as followers read it: the window, and the store behind it. */
export type Source = {
  readonly window: Window;
  /**
   * Some of what follows a position, as far as the window has come. At once where the window has it, and then without
   * entries only at the end of the log; null where the log no longer has it.
   * @throws StorageUnavailableError when the store cannot be read.
   */
  readonly after: (position: Seq) => Part | Promise<Part | null>;
};

export type SourceOptions = {
  readonly window: Window;
  readonly log: Pick<Reader, "bounds" | "entriesAfter">;
  /** Most entries in one part. */
  readonly pageSize?: number;
  /** Most pages of the store held in memory. */
  readonly maxPages?: number;
};

/** Entries of the store, and the position that those who read them must have reached: what came before may be gone. */
type Page = { readonly entries: readonly LogEntry[]; readonly oldest: Seq };

/**
 * What lies behind the window is read in pages that begin at multiples of `pageSize`, and each is read once for all who
 * ask for it at about the same time: ten thousand that come back after a restart want the same few pages. All are read
 * anew once an issue was forgotten.
 */
export function createSource({ window, log, pageSize = 256, maxPages = 16 }: SourceOptions): Source {
  /** Those asked for last come last. */
  const pages = new Map<string, Promise<Page>>();
  let { forgotten } = window;

  function pageFrom(first: Seq): Promise<Page> {
    // They may hold entries about an issue that nothing is to be told of any more.
    if (window.forgotten !== forgotten) pages.clear();
    ({ forgotten } = window);
    // The newest page still grows: what is read of it counts only until the log does.
    const key = window.newest >= first + pageSize ? String(first) : `${first} at ${window.newest}`;
    const page = pages.get(key) ?? readPage(first);
    pages.delete(key);
    pages.set(key, page);
    page.catch(() => pages.get(key) === page && pages.delete(key));
    if (pages.size > maxPages) pages.delete(pages.keys().next().value!);
    return page;
  }

  async function readPage(first: Seq): Promise<Page> {
    const entries = await log.entriesAfter(first, pageSize);
    // Afterwards: what is deleted while we read is then known to be.
    const { oldest } = await log.bounds();
    return { entries: entries.filter(({ event }) => event.seq <= first + pageSize), oldest };
  }

  async function behindWindow(after: Seq): Promise<Part | null> {
    for (let position = after; ;) {
      const held = window.after(position, pageSize);
      if (held !== null) return { entries: held, upTo: held.at(-1)?.event.seq ?? position };
      const first = Math.floor(position / pageSize) * pageSize;
      // Taken before the reading: what commits meanwhile may be in the page or not.
      const end = Math.min(first + pageSize, window.newest);
      const page = await pageFrom(first);
      if (position < page.oldest) return null;
      const entries = page.entries.slice(firstAfter(page.entries, position), firstAfter(page.entries, end));
      if (entries.length > 0) return { entries, upTo: end };
      position = end;
    }
  }

  return {
    window,
    after(position) {
      const entries = window.after(position, pageSize);
      if (entries === null) return behindWindow(position);
      return { entries, upTo: entries.at(-1)?.event.seq ?? position };
    },
  };
}
