import Database from "better-sqlite3";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { freePort } from "../free-port.ts";
import { followOverSse, followOverWebSocket } from "./followers.ts";
import { startProcess } from "./gateway.ts";
import { sendAndJournal } from "./journal.ts";

/** Experiment E40: followers of the log miss nothing and get nothing twice, however often the gateway dies. */

export type RestartOptions = {
  /** How the gateway dies in each round. */
  readonly deaths: readonly ("SIGKILL" | "SIGTERM")[];
  /** How many over SSE, and again as many over WebSocket. */
  readonly followers: number;
};

export async function survivesRestarts({ deaths, followers }: RestartOptions) {
  const settings = { PORT: String(await freePort()) };
  await using home = await startProcess({ settings });
  const { url, database } = home;
  const oldest = await oldestCursor(url);
  await using all = new AsyncDisposableStack();
  const following = Array.from({ length: followers }, () => [
    all.use(followOverSse(url, oldest)),
    all.use(followOverWebSocket(url, oldest)),
  ]).flat();

  let gateway = home;
  for (const [round, death] of deaths.entries()) {
    const stop = new AbortController();
    const atWork = Promise.withResolvers<void>();
    const onAcknowledged = (count: number) => count >= 30 && atWork.resolve();
    const sending = sendAndJournal(url, { connections: 4, signal: stop.signal, round, onAcknowledged });
    await atWork.promise;
    // Not a wait for something: the experiment varies the moment of the death.
    await wait(Math.random() * 200);
    const code = await gateway.end(death);
    expect(code).toBe(death === "SIGTERM" ? 0 : null);
    stop.abort();
    await sending;
    gateway = all.use(await startProcess({ database, settings }));
  }
  const logged = seqsOf(database);
  await Promise.all(following.map(({ reached }) => reached(logged.at(-1)!)));
  for (const { seqs } of following) expect(seqs).toEqual(logged);
  return {
    entries: logged.length,
    resumes: following.reduce((sum, { resumed }) => sum + resumed(), 0),
  };
}

export async function oldestCursor(url: string): Promise<string> {
  const response = await fetch(`${url}/graphql?query={feed{oldestCursor}}`);
  const { data } = (await response.json()) as {
    readonly data: { readonly feed: { readonly oldestCursor: string } };
  };
  return data.feed.oldestCursor;
}

/** The positions of the log, read from the file itself. */
export function seqsOf(file: string): readonly number[] {
  const database = new Database(file, { readonly: true });
  const seqs = database.prepare<[], number>("select seq from events order by seq").pluck().all();
  database.close();
  return seqs;
}
