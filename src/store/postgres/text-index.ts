import { setTimeout } from "node:timers/promises";
import type pg from "pg";
import { wrapMethods } from "../wrap-methods.ts";
import type { Reader } from "../reader.ts";
import { codeOf, lockNotAvailable } from "./error.ts";
import { connectTo } from "./prepare.ts";
import { hasTextIndex, makeTextIndexBeside, mayMakeTextIndex } from "./search.ts";
import { beginWithoutTimeouts } from "./without-timeouts.ts";

type TextIndexOptions = {
  readonly pool: pg.Pool;
  /** A connection that is not yet connected. */
  readonly connection: () => pg.Client;
  /** Held by the one replica that creates the index. */
  readonly lock: bigint;
  /** Called once the index is there. */
  readonly found: () => Promise<void>;
  /** Called if it is missing and is created now. */
  readonly making: () => void;
  /** Called if it could not be created; this replica does not try again. */
  readonly failed: (error: unknown) => void;
  /** How often it is looked for while it is missing. */
  readonly everyMs?: number;
};

type TextIndex = AsyncDisposable & {
  readonly isThere: () => boolean;
  /** The reader that `make` gives. It is made anew once the index is there, because its statements differ then. */
  readonly readerBy: (make: (hasSearch: boolean) => Reader) => Reader;
};

/**
 * Looks for the index of the issues' texts and creates it if it is missing, as when `pg_trgm` was installed after the
 * tables were made. That may take minutes, and everything else goes on meanwhile: searches try every issue's row.
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

  /** False if there is no use in trying again. */
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
      // In a transaction: behind a pooler a session's lock would be anybody's. Without values: a statement that has
      // some keeps its snapshot until the next one, and creating the index would wait for that snapshot.
      await connectTo(holding);
      await beginWithoutTimeouts(holding);
      const had = await holding.query(`select where pg_try_advisory_xact_lock(${lock})`);
      if (had.rowCount === 0) return true;
      await connectTo(client);
      if (!(await mayMakeTextIndex(client))) return false;
      making();
      await makeTextIndexBeside(client);
      return true;
    } catch (error) {
      if (stop.signal.aborted) return false;
      // Somebody reads or vacuums the table for long, or the server still creates the index for a client that is gone.
      if (codeOf(error) === lockNotAvailable) return true;
      failed(error);
      return false;
    }
  }

  async function haveItMade(): Promise<void> {
    let mayTry = true;
    while (!isThere && !stop.signal.aborted) {
      if (mayTry) mayTry = await tryToMake();
      // If the store is away now, it is tried again; others report it.
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
      return wrapMethods(reader, (_ask, args, name) => {
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
