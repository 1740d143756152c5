import { setTimeout as wait } from "node:timers/promises";
import type Database from "better-sqlite3";

/** How long others are kept from writing, at most twice in a row. A gateway gives up after 500 ms. */
const shutOutMs = 100;

/** The pause between two attempts, in which a gateway can write. */
const betweenMs = 400;

/** What the pragma says: whether it was blocked, how many pages are in the WAL, and how many of these in the file. */
type Checkpointed = { readonly busy: number; readonly log: number; readonly checkpointed: number };

/**
 * Moves all of the WAL into the database file and truncates it. False if another connection is in the way, such as one
 * that reads the WAL. Waiting for readers blocks writers, so all pages are moved before that, without waiting.
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

/** As `emptyWal`, tried again until `ms` milliseconds have passed. */
export async function emptyWalWithin(ms: number, client: Database.Database): Promise<boolean> {
  for (const until = performance.now() + ms; ; await wait(betweenMs)) {
    if (emptyWal(client)) return true;
    if (performance.now() >= until) return false;
  }
}
