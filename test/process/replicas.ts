import { expect } from "vitest";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { startProxy } from "../postgres/proxy.ts";
import { onServer, temporarySchema } from "../store/open-postgres.ts";
import { followOverSse } from "./followers.ts";
import { startProcess } from "./gateway.ts";
import { sendAndJournal, type Acknowledged } from "./journal.ts";
import { freePort } from "../free-port.ts";
import { oldestCursor } from "./restarts.ts";

/**
 * Experiment E64: two replicas in their own processes take webhooks, some of them the same, and in turn are killed and
 * come back. What they acknowledged is there once, and followers of either have the whole log in order.
 * @param isPollingAlone the replicas listen but get no notification, as behind a pooler in transaction mode (E71).
 */
export async function survivesReplicaKills(
  rounds: number,
  { isPollingAlone = false }: { readonly isPollingAlone?: boolean } = {},
) {
  await using schema = await temporarySchema();
  await using all = new AsyncDisposableStack();
  const proxy = all.use(await startProxy(Number(new URL(schema.url).port)));
  if (isPollingAlone) proxy.muteListeners();
  const DATABASE_URL = isPollingAlone ? proxy.through(schema.url) : schema.url;
  const start = async (port: number) =>
    all.use(await startProcess({ settings: { DATABASE_URL, PORT: String(port) } }));
  const ports = [await freePort(), await freePort()];
  const replicas = await Promise.all(ports.map(start));
  const urls = replicas.map(({ url }) => url);
  const oldest = await oldestCursor(urls[0]!);
  const followers = [
    ...urls.map((url) => all.use(followOverSse(url, oldest))),
    all.use(followOverSse(urls, oldest)),
    all.use(followOverSse(urls.toReversed(), oldest)),
  ];

  const acknowledged: Acknowledged[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const stop = new AbortController();
    const counts = urls.map(() => createCount());
    // Both get the same webhooks, so that many come to two replicas at the same time.
    const sending = urls.map((url, replica) =>
      sendAndJournal(url, {
        connections: 4,
        signal: stop.signal,
        round,
        onAcknowledged: counts[replica]!.reach,
      }),
    );
    const enough = 10 + Math.floor(Math.random() * 60);
    await Promise.all(counts.map(({ reached }) => reached(enough)));
    const [killed, other] = round % 2 === 0 ? [0, 1] : [1, 0];
    await replicas[killed]!.end("SIGKILL");
    // The other one goes on alone.
    await counts[other]!.reached(counts[other]!.now() + 10);
    replicas[killed] = await start(ports[killed]!);
    stop.abort();
    for (const journal of await Promise.all(sending)) acknowledged.push(...journal.acknowledged);
  }

  const logged = await onServer(
    async (client) => (await client.query<{ seq: string }>("select seq from events order by seq")).rows,
    schema.url,
  );
  const seqs = logged.map(({ seq }) => Number(seq));
  expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  await Promise.all(followers.map(({ reached }) => reached(seqs.at(-1)!)));
  for (const follower of followers) expect(follower.seqs).toEqual(seqs);

  expect(await lostFrom(schema.url, acknowledged)).toEqual([]);
  expect(new Set(acknowledged.map(({ delivery }) => delivery)).size).toBe(acknowledged.length);
  // Every history is that of its deliveries: no event is doubled or missing.
  expect(await examinePostgres({ url: schema.url, onProgress: () => {} })).toEqual([]);
  return {
    acknowledged: acknowledged.length,
    entries: seqs.length,
    resumed: followers.reduce((sum, { resumed }) => sum + resumed(), 0),
  };
}

/** Those that the database does not have under their id and with their bytes. */
export async function lostFrom(
  url: string,
  acknowledged: readonly Acknowledged[],
): Promise<readonly Acknowledged[]> {
  const { rows } = await onServer(
    (client) =>
      client.query<{ id: string; sha256: Buffer }>("select id, sha256 from deliveries where id = any($1)", [
        acknowledged.map(({ delivery }) => delivery),
      ]),
    url,
  );
  const kept = new Map(rows.map(({ id, sha256 }) => [Number(id), sha256.toString("hex")]));
  return acknowledged.filter(({ delivery, sha256 }) => kept.get(delivery) !== sha256);
}

/** A growing number that can be waited for. */
function createCount() {
  let count = 0;
  const waiting: { readonly least: number; readonly resolve: () => void }[] = [];
  return {
    now: () => count,
    reach(now: number): void {
      count = now;
      for (const { least, resolve } of waiting) if (least <= count) resolve();
    },
    reached: (least: number) =>
      count >= least ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ least, resolve })),
  };
}
