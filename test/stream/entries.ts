import type { LogEntry } from "../../src/domain/event.ts";

/** Entries of a log, as far as those who follow it look at them: the position. */
export function entry(seq: number): LogEntry {
  // Followers carry entries without looking into them.
  return { event: { seq } } as LogEntry;
}

export const entries = (from: number, to: number): LogEntry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => entry(from + index));

export const seqs = (found: readonly LogEntry[] | null): number[] | null =>
  found?.map(({ event }) => event.seq) ?? null;

/** A log in memory that counts how often it is read. */
export function memoryLog(stored: LogEntry[] = []) {
  return {
    stored,
    reads: 0,
    /** Nothing before this can be resumed after. */
    oldest: 0,
    async bounds() {
      return { epoch: "e", newest: stored.at(-1)?.event.seq ?? 0, oldest: this.oldest };
    },
    async entriesAfter(after: number, limit: number): Promise<readonly LogEntry[]> {
      this.reads += 1;
      return stored.filter(({ event }) => event.seq > after).slice(0, limit);
    },
  };
}
