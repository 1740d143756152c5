import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import { createBell, type Bell } from "./bell.ts";

/** The newest entries of the log in memory, in order and without a gap, so that most followers never read the store. */
export type Window = {
  /** The position of the newest entry that was added, or the position that the window began at. */
  readonly newest: Seq;
  /** Rings after entries were added, and after `skipTo`. */
  readonly bell: Bell;
  /** Takes entries that follow `newest` directly. */
  readonly add: (entries: readonly LogEntry[]) => void;
  /** Forgets everything and begins again at a position; does nothing if that is `newest`. It must not be smaller. */
  readonly skipTo: (position: Seq) => void;
  /** Forgets the entries about one issue. */
  readonly forget: (issueId: string) => void;
  /** How often it has forgotten anything. Something that was read from the log before may have been erased since. */
  readonly forgotten: number;
  /** Counts one more follower, until the result is disposed. */
  readonly join: () => Disposable;
  /** How many followers there are. Without any, entries need not be added. */
  readonly followers: number;
  /**
   * Up to `limit` entries after a position, oldest first; empty at the end of the log. Null if the window no longer
   * reaches back that far: ask the store.
   */
  readonly after: (position: Seq, limit: number) => readonly LogEntry[] | null;
};

/** @param size how many of the newest entries are held at least; up to twice as many may be. */
export function createWindow(begin: Seq, size: number): Window {
  const bell = createBell();
  /** Everything after this position is held. */
  let reachesBackTo = begin;
  let newest = begin;
  let entries: LogEntry[] = [];
  let followers = 0;
  let forgotten = 0;

  return {
    get newest() {
      return newest;
    },
    bell,
    add(more) {
      if (more.length === 0) return;
      entries.push(...more);
      newest = more.at(-1)!.event.seq;
      // Cut rarely, so that an entry is moved once on average, not each time entries are added.
      if (entries.length > 2 * size) {
        const cut = entries.length - size;
        reachesBackTo = entries[cut - 1]!.event.seq;
        entries = entries.slice(cut);
      }
      bell.ring();
    },
    skipTo(position) {
      if (position === newest) return;
      entries = [];
      forgotten += 1;
      newest = position;
      reachesBackTo = position;
      // Somebody may have begun to follow while the end of the log was being read.
      bell.ring();
    },
    forget(issueId) {
      entries = entries.filter(({ event }) => event.issueId !== issueId);
      forgotten += 1;
    },
    get forgotten() {
      return forgotten;
    },
    join() {
      followers += 1;
      let isIn = true;
      return {
        [Symbol.dispose]: () => {
          if (isIn) followers -= 1;
          isIn = false;
        },
      };
    },
    get followers() {
      return followers;
    },
    after(position, limit) {
      if (position < reachesBackTo) return null;
      const start = firstAfter(entries, position);
      return entries.slice(start, start + limit);
    },
  };
}

/** The index of the first entry after the position. */
export function firstAfter(entries: readonly LogEntry[], position: Seq): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.event.seq <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
