import { setTimeout } from "node:timers/promises";
import type pg from "pg";
import { calledBy } from "../called-by.ts";
import type { Reader } from "../reader.ts";
import { codeOf, lockNotAvailable } from "./error.ts";
import { connectTo } from "./prepare.ts";
import { hasTextIndex, makeTextIndexBeside, mayMakeTextIndex } from "./search.ts";
import { beginUnhurried } from "./unhurried.ts";

export type TextIndexOptions = {
  readonly pool: pg.Pool;
  /** A connection that is not yet connected. */
  readonly connection: () => pg.Client;
  /** Held by the one replica that makes it. */
  readonly lock: bigint;
  /** Called once it is there. */
  readonly found: () => Promise<void>;
  /** It is missing, and is made now. */
  readonly making: () => void;
  /** It could not be made; it is not tried again by this replica. */
  readonly failed: (error: unknown) => void;
  /** How often it is looked for while it is missing. */
  readonly everyMs?: number;
};

export type TextIndex = AsyncDisposable & {
  readonly isThere: () => boolean;
  /** What `make` makes, and makes anew once the index is there: its questions are other ones then. */
  readonly readerBy: (make: (hasSearch: boolean) => Reader) => Reader;
};

/**
 * Looks for the index of the issues' texts, and has it made where it is missing, as where `pg_trgm` was installed after the
 * tables were made. That may take minutes, in which all others go on: those who search try every issue's row until then.
 */
export async function startTextIndex(options: TextIndexOptions): Promise<TextIndex> {
  const { pool, connection, lock, found, making, failed, everyMs = 60_000 } = options;
  const stop = new AbortController();
  let isThere = false;
  const remade: (() => void)[] = [];

  async function look(): Promise<void> {
    isThere = await hasTextIndex(pool);
    if (!isThere) return;
    for (const remake of remade) remake();
    await found();
  }

  /** False where there is no use in trying again. */
  async function tryToMake(): Promise<boolean> {
    await using opened = new AsyncDisposableStack();
    const holding = connection();
    const client = connection();
    const leave = () => Promise.all([holding.end(), client.end()]).then(() => {});
    opened.defer(leave);
    const leaveAtOnce = () => void leave().catch(() => {});
    stop.signal.addEventListener("abort", leaveAtOnce);
    opened.defer(() => stop.signal.removeEventListener("abort", leaveAtOnce));
    try {
      // In a transaction, for behind a pooler a session's lock would be anybody's. Without values: a question that has some
      // keeps its moment of the store until the next one, and the index would wait for whoever sees such a moment.
      await connectTo(holding);
      await beginUnhurried(holding);
      const had = await holding.query(`select where pg_try_advisory_xact_lock(${lock})`);
      if (had.rowCount === 0) return true;
      await connectTo(client);
      if (!(await mayMakeTextIndex(client))) return false;
      making();
      await makeTextIndexBeside(client);
      return true;
    } catch (error) {
      if (stop.signal.aborted) return false;
      // Somebody reads or vacuums the table for long, or goes on making the index for one that is gone.
      if (codeOf(error) === lockNotAvailable) return true;
      failed(error);
      return false;
    }
  }

  async function haveItMade(): Promise<void> {
    let mayTry = true;
    while (!isThere && !stop.signal.aborted) {
      if (mayTry) mayTry = await tryToMake();
      // A store that is away now is asked again; others tell of it.
      await look().catch(() => {});
      if (!isThere) await setTimeout(everyMs, undefined, { signal: stop.signal }).catch(() => {});
    }
  }

  await look();
  const made = isThere ? null : haveItMade();
  return {
    isThere: () => isThere,
    readerBy(make) {
      let reader = make(isThere);
      remade.push(() => (reader = make(true)));
      return calledBy(reader, (_ask, args, name) => {
        const ask = reader[name] as (...args: readonly unknown[]) => Promise<unknown>;
        return ask(...args);
      });
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await made;
    },
  };
}
