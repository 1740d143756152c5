import type { LogEntry } from "../../src/domain/event.ts";

/** A log entry with its position alone. */
export function entry(seq: number): LogEntry {
  // Followers look at nothing else in an entry.
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
    /** The oldest position that can be resumed after. */
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
