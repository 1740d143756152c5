import Database from "better-sqlite3";
import { expect } from "vitest";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { startProcess } from "./gateway.ts";
import { sendAndJournal, type Acknowledged } from "./journal.ts";

/** Experiment E01: a gateway killed under load has every delivery that it acknowledged. */

/** Kills a gateway in the middle of its work. Returns what it had acknowledged. */
export async function killUnderLoad(
  round: number,
  database: string,
  script?: string,
): Promise<readonly Acknowledged[]> {
  const gateway = await startProcess({ database, ...(script === undefined ? {} : { script }) });
  const stop = new AbortController();
  const isTime = Promise.withResolvers<void>();
  const last = 20 + Math.floor(Math.random() * 200);
  const sending = sendAndJournal(gateway.url, {
    connections: 8,
    signal: stop.signal,
    round,
    onAcknowledged: (count) => count === last && isTime.resolve(),
  });
  await Promise.race([isTime.promise, sending]);
  await gateway.end("SIGKILL");
  stop.abort();
  return (await sending).acknowledged;
}

/** Those that the file does not have under their id and with their bytes. */
export function lostFrom(file: string, acknowledged: readonly Acknowledged[]): readonly Acknowledged[] {
  const database = new Database(file, { readonly: true });
  const find = database.prepare<[number], { readonly sha256: Buffer }>(
    "select sha256 from deliveries where id = ?",
  );
  const lost = acknowledged.filter(
    ({ delivery, sha256 }) => find.get(delivery)?.sha256.toString("hex") !== sha256,
  );
  database.close();
  return lost;
}

/** Kills gateways on one database this many times. Everything acknowledged is there afterwards, once and whole. */
export async function survivesKills(rounds: number): Promise<{ readonly acknowledged: number }> {
  await using first = await startProcess();
  await first.end("SIGTERM");
  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < rounds; round += 1) {
    acknowledged.push(...(await killUnderLoad(round, first.database)));
  }
  expect(lostFrom(first.database, acknowledged)).toEqual([]);
  expect(new Set(acknowledged.map(({ delivery }) => delivery)).size).toBe(acknowledged.length);
  // It starts again by itself, and its histories are those of the deliveries: no event is doubled or missing.
  await using again = await startProcess({ database: first.database });
  expect(await again.end("SIGTERM")).toBe(0);
  expect(await examineSqlite({ file: first.database, onProgress: () => {} })).toEqual([]);
  return { acknowledged: acknowledged.length };
}
