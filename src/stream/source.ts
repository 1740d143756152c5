import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Reader } from "../store/reader.ts";
import { createPages, type Page } from "./pages.ts";
import { firstAfter, type Window } from "./window.ts";

/** What follows a position: entries in log order, and the position up to which they are complete. */
export type Part = { readonly entries: readonly LogEntry[]; readonly upTo: Seq };

/** The log as followers read it: the window, and the store behind it. */
export type Source = {
  readonly window: Window;
  /**
   * Some of the entries after a position, as far as the window has come. Returned at once, without a promise, if the
   * window has them; then no entries means the end of the log. Null if the log no longer has them, or if `done` was
   * called for the reader meanwhile. `by` identifies the reader: the same object each time.
   * @throws StorageUnavailableError if the store cannot be read.
   */
  readonly after: (position: Seq, by: object) => Part | Promise<Part | null>;
  /** The reader reads no further for now: nothing more is read for it, and other readers do not wait for it. */
  readonly done: (by: object) => void;
};

type SourceOptions = {
  readonly window: Window;
  readonly log: Pick<Reader, "bounds" | "entriesAfter">;
  /** Most entries in one part. */
  readonly pageSize?: number;
  /** Most pages of the store held in memory. */
  readonly maxPages?: number;
};

/**
 * Entries older than the window are read in pages that begin at multiples of `pageSize`, so that ten thousand readers
 * that come back after a restart want the same few pages.
 */
export function createSource({ window, log, pageSize = 256, maxPages = 16 }: SourceOptions): Source {
  const forgotten = () => window.forgotten;
  const { page, done } = createPages({ log, size: pageSize, mostHeld: maxPages, forgotten });

  function pageFrom(first: Seq, by: object): Promise<Page | null> {
    // The newest page still grows: it has another name whenever the log has grown, and is then read again.
    const isWhole = window.newest >= first + pageSize;
    return page(isWhole ? String(first) : `${first} at ${window.newest}`, first, by);
  }

  async function behindWindow(after: Seq, by: object): Promise<Part | null> {
    for (let position = after; ;) {
      const held = window.after(position, pageSize);
      if (held !== null) return { entries: held, upTo: held.at(-1)?.event.seq ?? position };
      const first = Math.floor(position / pageSize) * pageSize;
      // Taken before the read: what is committed meanwhile may be in the page or not.
      const end = Math.min(first + pageSize, window.newest);
      const page = await pageFrom(first, by);
      if (page === null || position < page.oldest) return null;
      const all = page.entries;
      const [from, to] = [firstAfter(all, position), firstAfter(all, end)];
      // A whole page is the same array for all who read it.
      const entries = from === 0 && to === all.length ? all : all.slice(from, to);
      if (entries.length > 0) return { entries, upTo: end };
      position = end;
    }
  }

  return {
    window,
    done,
    after(position, by) {
      const entries = window.after(position, pageSize);
      if (entries === null) return behindWindow(position, by);
      done(by);
      return { entries, upTo: entries.at(-1)?.event.seq ?? position };
    },
  };
}
