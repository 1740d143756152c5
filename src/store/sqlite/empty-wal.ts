import { setTimeout as wait } from "node:timers/promises";
import type Database from "better-sqlite3";

/** How long others are kept from writing, at most twice in a row: a gateway gives up after 500 ms. */
const shutOutMs = 100;

/** How long a gateway may write before it is tried again. */
const betweenMs = 400;

/** What the pragma says: whether something was in its way, and how many pages are in the WAL and of these in the file. */
type Checkpointed = { readonly busy: number; readonly log: number; readonly checkpointed: number };

/**
 * Moves what is in the WAL into the database file and cuts it, for which nobody may read of it; true where that was done.
 * Whoever waits for those who read keeps others from writing meanwhile, so nothing else is left to be done by then.
 */
export function emptyWal(client: Database.Database): boolean {
  const checkpoint = (mode: "PASSIVE" | "TRUNCATE") =>
    (client.pragma(`wal_checkpoint(${mode})`) as readonly Checkpointed[])[0]!;
  const { busy, log, checkpointed } = checkpoint("PASSIVE");
  if (busy !== 0 || checkpointed < log) return false;
  const waitsMs = Number(client.pragma("busy_timeout", { simple: true }));
  client.pragma(`busy_timeout = ${shutOutMs}`);
  try {
    return checkpoint("TRUNCATE").busy === 0;
  } finally {
    client.pragma(`busy_timeout = ${waitsMs}`);
  }
}

/** The same, tried for so long. */
export async function emptyWalWithin(ms: number, client: Database.Database): Promise<boolean> {
  for (const until = performance.now() + ms; ; await wait(betweenMs)) {
    if (emptyWal(client)) return true;
    if (performance.now() >= until) return false;
  }
}
