import type { Seq } from "../domain/cursor.ts";
import { forgottenRole, type LogEntry } from "../domain/event.ts";
import type { Report } from "../observability/report.ts";
import type { Reader } from "../store/reader.ts";
import type { Bell } from "./bell.ts";
import { createWindow, type Window } from "./window.ts";

export type TailOptions = {
  readonly log: Pick<Reader, "bounds" | "entriesAfter">;
  /** Rung after commits; the tail then reads at once. */
  readonly bell: Bell;
  readonly report: Pick<Report, "tailFailed">;
  /** How long the log is left unread when nobody rings: a ring is only a hint, reading is the truth. */
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

/** Starts reading at the end of the log. What came before is read from the store by those who want it. */
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

  /** The next entries, where there is anybody to read them; else only where the log ends by now. */
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
    // Something was erased. Where it was dropped for its age, whoever has not come to it yet is to be told so: none of them is
    // in the window any more, and the log has no longer what follows their positions.
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
