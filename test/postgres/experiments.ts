import { expect } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import type { LogEntry } from "../../src/domain/event.ts";
import type { Store } from "../../src/store/store.ts";
import { createBell } from "../../src/stream/bell.ts";
import { startPostgres } from "../postgres-server.ts";
import { told } from "../store/deliveries.ts";
import { acknowledged, onServer, openReplica, temporarySchema } from "../store/open-postgres.ts";

/** An empty database with two replicas, whose connections have its name as `application_name`. */
export async function twoReplicas() {
  await using opened = new AsyncDisposableStack();
  const schema = opened.use(await temporarySchema());
  const url = new URL(schema.url);
  url.searchParams.set("application_name", schema.name);
  const open = async () => opened.use(await openReplica(url.href));
  const [one, other] = [await open(), await open()];
  const running = opened.move();
  return {
    ...schema,
    one,
    other,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

const lives = [
  { action: "created", status: "unresolved" },
  { action: "resolved", status: "resolved" },
  { action: "unresolved", status: "unresolved", substatus: "regressed" },
  { action: "ignored", status: "ignored", substatus: "archived_forever" },
] as const;

/** This many issues with four deliveries each. */
function deliveriesOf(issues: number): readonly IncomingDelivery[] {
  return lives.flatMap((step, turn) =>
    Array.from({ length: issues }, (_, issue) =>
      told({ ...step, issue: String(issue), at: turn * 100 + issue, requestId: `${turn}-${issue}` }),
    ),
  );
}

/** The log of a store with few entries. */
export const whole = (store: Store) => store.reader.entriesAfter(0, 10_000);
/** The actions of an issue in history order. */
function actionsOf(log: readonly LogEntry[], issue: string) {
  return log
    .filter(({ event }) => event.issueId === issue && event.supersededBy === null)
    .toSorted((a, b) => Buffer.compare(a.event.place, b.event.place))
    .map(({ event }) => event.action);
}

const wholeLife = ["CREATED", "RESOLVED", "UNRESOLVED", "ARCHIVED"];

/**
 * Experiment E66: two replicas acknowledge deliveries while all their connections are cut again and again. Each of
 * these deliveries is kept exactly once. The next cut waits for an acknowledgement, so that a slow machine gets on too,
 * and then hits whatever is under way.
 */
export async function survivesCuts(issues: number): Promise<{ readonly cut: number }> {
  await using replicas = await twoReplicas();
  const acknowledgements = createBell();
  const stop = new AbortController();
  const cutting = onServer(async (client) => {
    let cut = 0;
    while (!stop.signal.aborted) {
      const { rings } = acknowledgements;
      const { rows } = await client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
        [replicas.name],
      );
      cut += rows.length;
      await acknowledgements.after(rings, stop.signal);
      await client.query("select pg_sleep(random() * 0.03)");
    }
    return cut;
  });
  for (const [index, one] of deliveriesOf(issues).entries()) {
    await acknowledged(index % 2 === 0 ? replicas.one : replicas.other, one);
    acknowledgements.ring();
  }
  stop.abort();
  const log = await whole(replicas.one);
  for (let issue = 0; issue < issues; issue += 1) expect(actionsOf(log, String(issue))).toEqual(wholeLife);
  return { cut: await cutting };
}

/** Experiment E67: the same while the server is stopped, cleanly or not, and started again. */
export async function survivesServerRestarts(stops: readonly ("fast" | "immediate")[]) {
  await using server = await startPostgres({ max_connections: "60" });
  await using one = await openReplica(server.url);
  await using other = await openReplica(server.url);
  const ids: number[] = [];
  let isOver = false;
  let issues = 0;
  const sending = (async () => {
    for (; !isOver; issues += 1)
      for (const [turn, step] of lives.entries()) {
        const delivery = told({
          ...step,
          issue: String(issues),
          at: turn * 100,
          requestId: `${turn}-${issues}`,
        });
        ids.push((await acknowledged(turn % 2 === 0 ? one : other, delivery)).delivery);
      }
  })();
  for (const how of stops) {
    const least = ids.length + 5;
    while (ids.length < least) await new Promise(setImmediate);
    await server.stop(how);
    await server.start();
  }
  isOver = true;
  await sending;
  const { rows } = await onServer(
    (client) => client.query("select 1 from deliveries where id = any($1)", [ids]),
    server.url,
  );
  expect(rows).toHaveLength(ids.length);
  const log = await whole(other);
  expect(log.map(({ event }) => event.seq)).toEqual(log.map((_, index) => index + 1));
  for (let issue = 0; issue < issues; issue += 1) expect(actionsOf(log, String(issue))).toEqual(wholeLife);
  return { acknowledged: ids.length };
}
