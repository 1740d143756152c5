import type { LogBounds, Reader } from "../store/reader.ts";
import type { Bell } from "./bell.ts";

type RecentBoundsOptions = {
  readonly log: Pick<Reader, "bounds">;
  /** Rings after commits of this process. */
  readonly committed: Pick<Bell, "rings">;
  /** How long a read is reused while nobody rings, in milliseconds: another process may have written. */
  readonly withinMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

/**
 * The log's bounds, at most a moment old, for those who begin to follow it. They include whatever this process has
 * committed. If ten thousand come back at once, the store is asked fifty times a second, not ten thousand times.
 */
export function createRecentBounds({
  log,
  committed,
  withinMs = 20,
  now = performance.now.bind(performance),
}: RecentBoundsOptions): () => Promise<LogBounds> {
  let read: { readonly bounds: Promise<LogBounds>; readonly rings: number; readonly at: number } | null =
    null;
  return () => {
    if (read !== null && read.rings === committed.rings && now() - read.at < withinMs) return read.bounds;
    const reading = { bounds: log.bounds(), rings: committed.rings, at: now() };
    read = reading;
    reading.bounds.catch(() => {
      if (read === reading) read = null;
    });
    return reading.bounds;
  };
}
