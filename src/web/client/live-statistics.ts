import { ask, mayPass } from "./ask.ts";
import { createCell, type Cell } from "./cell.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import { keepTrying } from "./keep-trying.ts";
import {
  statisticsChanged,
  statisticsNow,
  type Statistics,
  type StatisticsVariables,
} from "./operations/statistics.ts";

export type StatisticsState =
  | { readonly is: "loading" }
  | { readonly is: "failed"; readonly message: string }
  | { readonly is: "ready"; readonly figures: Statistics };

/** How often they are read again: no event tells that something left their period because time passed. */
const ageAfterMs = 60_000;

/** The statistics, kept up to date as they change and as time passes, until they are disposed. */
export type LiveStatistics = Disposable & { readonly state: Cell<StatisticsState> };

export function openStatistics(variables: StatisticsVariables, connection: Connection): LiveStatistics {
  const state = createCell<StatisticsState>({ is: "loading" });
  const running = new AbortController();
  const { signal } = running;

  /** While the page rests, the statistics are read once, and then stand still. */
  async function showOnce(): Promise<void> {
    try {
      const { issueStats } = await ask(statisticsNow, variables, signal);
      state.set({ is: "ready", figures: issueStats });
    } catch (error) {
      // They come once they are followed.
      if (!mayPass(error)) throw error;
    }
  }

  async function showAndFollow(succeeded: () => void): Promise<void> {
    if (connection.isResting()) await showOnce();
    for (;;) {
      const aged = new AbortController();
      const aging = setTimeout(() => aged.abort(), ageAfterMs);
      try {
        await followChanges(AbortSignal.any([signal, aged.signal]), succeeded);
      } catch (error) {
        signal.throwIfAborted();
        if (!aged.signal.aborted) throw error;
      } finally {
        clearTimeout(aging);
      }
    }
  }

  /** The subscription begins with the present statistics. */
  async function followChanges(until: AbortSignal, heard: () => void): Promise<void> {
    const changes = follow(statisticsChanged, variables, {
      after: null,
      cursorOf: () => null,
      connection,
      signal: until,
      heard,
    });
    for await (const { issueStatsChanged } of changes) state.set({ is: "ready", figures: issueStatsChanged });
  }

  keepTrying(showAndFollow, {
    connection,
    signal,
    failed: (message) => state.set({ is: "failed", message }),
  });
  return { state, [Symbol.dispose]: () => running.abort() };
}
