import type { Seq } from "../domain/cursor.ts";
import { forgottenRole, type LogEntry } from "../domain/event.ts";
import type { Report } from "../observability/report.ts";
import type { Reader } from "../store/reader.ts";
import type { Bell } from "./bell.ts";
import { createWindow, type Window } from "./window.ts";

type TailOptions = {
  readonly log: Pick<Reader, "bounds" | "entriesAfter">;
  /** Rung after commits; the tail then reads at once. */
  readonly bell: Bell;
  readonly report: Pick<Report, "tailFailed">;
  /** Longest pause between two reads while nobody rings: a ring is only a hint. */
  readonly pollMs: number;
  /** The `size` of the window. */
  readonly windowSize: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

/** The one reader of the log in this process. */
export type Tail = AsyncDisposable & {
  /** What followers read. */
  readonly window: Window;
  /** Milliseconds since the tail last saw the end of the log. */
  readonly lagMs: () => number;
};

const pageSize = 500;

/** Starts reading at the end of the log. Those who want earlier entries read them from the store. */
export async function startTail({
  log,
  bell,
  report,
  pollMs,
  windowSize,
  now = performance.now.bind(performance),
}: TailOptions): Promise<Tail> {
  const { newest } = await log.bounds();
  const window = createWindow(newest, windowSize);
  const stop = new AbortController();
  let atEndSince = now();

  async function readOn(): Promise<void> {
    while (!stop.signal.aborted) {
      // Counted before the read, so that a commit between the read and the wait still wakes us.
      const heard = bell.rings;
      const page = await readPage(window.newest);
      for (const { event } of page ?? []) if (event.role === forgottenRole) window.forget(event.issueId);
      if (page !== null) window.add(page);
      if (page !== null && page.length < pageSize) atEndSince = now();
      if (page === null || page.length < pageSize) await bell.after(heard, stop.signal, pollMs);
    }
  }

  /** The next entries. Without followers none: the window skips to the end of the log. Null if the read fails. */
  async function readPage(after: Seq): Promise<readonly LogEntry[] | null> {
    try {
      if (window.followers > 0) return await entriesAfter(after);
      window.skipTo((await log.bounds()).newest);
      return [];
    } catch (error) {
      report.tailFailed(error);
      return null;
    }
  }

  async function entriesAfter(after: Seq): Promise<readonly LogEntry[]> {
    const page = await log.entriesAfter(after, pageSize);
    const last = page.at(-1)?.event.seq ?? after;
    if (last === after + page.length) return page;
    // Positions are missing: something was erased. If it was dropped for its age, followers that had not come to it
    // must be told so. After the skip, neither the window nor the log has what follows their positions.
    const { oldest } = await log.bounds();
    if (oldest <= after) return page;
    window.skipTo(oldest);
    return log.entriesAfter(oldest, pageSize);
  }

  const reading = readOn();
  return {
    window,
    lagMs: () => now() - atEndSince,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await reading;
    },
  };
}
