import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Reader } from "../store/reader.ts";
import type { Window } from "./window.ts";

export type FollowOptions = {
  readonly window: Window;
  readonly log: Pick<Reader, "entriesAfter">;
  /** Most entries read at once. */
  readonly pageSize: number;
};

/**
 * Every entry after `after`, then every entry as it is logged, until `return()` or the signal. Null starts with the
 * next entry.
 *
 * There is no catch-up mode: a follower is a position in the log, and being live means being at its end. A slow
 * consumer reads later, instead of filling a buffer.
 */
export function follow(
  after: Seq | null,
  options: FollowOptions,
  signal?: AbortSignal,
): AsyncIterableIterator<LogEntry> {
  const stop = new AbortController();
  const following = options.window.join();
  const end = () => {
    following[Symbol.dispose]();
    stop.abort();
  };
  if (signal?.aborted) end();
  else signal?.addEventListener("abort", end, { once: true });
  // The position is taken now and not at the first `next()`: what commits in between belongs to the stream.
  const entries = readOn(after ?? options.window.newest, options, stop.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => entries.next(),
    // A generator sees `return()` only once its pending await settles, and ours may wait for hours for the next entry;
    // aborting first settles it.
    async return() {
      signal?.removeEventListener("abort", end);
      end();
      return entries.return(undefined);
    },
  };
}

async function* readOn(after: Seq, { window, log, pageSize }: FollowOptions, signal: AbortSignal) {
  let position = after;
  while (!signal.aborted) {
    // Counted before the read, so that an entry added between the read and the wait still wakes us.
    const heard = window.bell.rings;
    const page = window.after(position, pageSize) ?? (await log.entriesAfter(position, pageSize));
    for (const entry of page) {
      if (signal.aborted) return;
      yield entry;
      position = entry.event.seq;
    }
    if (page.length === 0) await window.bell.after(heard, signal);
  }
}
