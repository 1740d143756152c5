import { erasing, type Erasing } from "../erase.ts";
import type { Retention } from "../retention.ts";
import * as tables from "../tables/sqlite.ts";
import type { Connection } from "./connection.ts";
import { codeOf, isBusy } from "./error.ts";

/** How often it is looked for what is too old. */
const everyMs = 60_000;

/** Between two slices, so that batches that wait are written first. */
const betweenMs = 20;

export type RetentionEvents = {
  /** A slice was committed. */
  readonly dropped: () => void;
  /** Issues were erased: what is in memory of histories may be of one of them. */
  readonly erased: () => void;
  /** A slice could not be dropped, for a reason other than another process's lock; it is tried again. */
  readonly failed: (error: unknown) => void;
};

/** Drops what is too old, slice by slice, on the thread that writes: a batch that comes meanwhile waits for one slice. */
export function startRetention(
  connection: Connection,
  retention: Retention,
  { dropped, erased, failed }: RetentionEvents,
): Disposable {
  const { rawDays, eventsDays } = retention;
  if (rawDays === null && eventsDays === null) return { [Symbol.dispose]: () => {} };
  const steps = erasing({ db: connection.db, tables });
  const dueFor = (days: number) => Date.now() - days * 86_400_000;
  let timer: NodeJS.Timeout;

  async function dropSome(): Promise<number> {
    const bodies =
      rawDays === null
        ? 0
        : await inTransaction(connection, steps, ({ dropBodies }) => dropBodies(dueFor(rawDays), Date.now()));
    const issues =
      eventsDays === null
        ? 0
        : await inTransaction(connection, steps, ({ dropClosedIssues }) =>
            dropClosedIssues(dueFor(eventsDays)),
          );
    if (issues > 0) erased();
    if (bodies + issues > 0) dropped();
    return bodies + issues;
  }
  async function turn(): Promise<void> {
    let done = 0;
    try {
      done = await dropSome();
    } catch (error) {
      if (codeOf(error) === null) throw error;
      if (!isBusy(error)) failed(error);
    }
    plan(done > 0 ? betweenMs : everyMs);
  }
  function plan(afterMs: number): void {
    timer = setTimeout(() => void turn(), afterMs);
    timer.unref();
  }
  plan(betweenMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** One step in a transaction of its own. SQLite answers at once, so nothing else happens on this thread meanwhile. */
export async function inTransaction<Result>(
  { client }: Connection,
  steps: Erasing,
  step: (steps: Erasing) => Promise<Result>,
): Promise<Result> {
  client.exec("begin immediate");
  try {
    const result = await step(steps);
    client.exec("commit");
    return result;
  } finally {
    if (client.inTransaction) client.exec("rollback");
  }
}
