import type pg from "pg";
import { describe, expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import type { LogEntry } from "../../src/domain/event.ts";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import type { Store } from "../../src/store/store.ts";
import { createBell } from "../../src/stream/bell.ts";
import { startTail } from "../../src/stream/tail.ts";
import { startPostgres } from "../postgres-server.ts";
import { told } from "../store/deliveries.ts";
import { silentReport } from "../store/open.ts";
import { acknowledged, onServer, openReplica, temporarySchema } from "../store/open-postgres.ts";

/** An empty database with two replicas on it, whose connections bear its name. */
async function twoReplicas() {
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

/** So many issues, each with four deliveries. */
function deliveriesOf(issues: number): readonly IncomingDelivery[] {
  return lives.flatMap((step, turn) =>
    Array.from({ length: issues }, (_, issue) =>
      told({ ...step, issue: String(issue), at: turn * 100 + issue, requestId: `${turn}-${issue}` }),
    ),
  );
}

const whole = (store: Store) => store.reader.entriesAfter(0, 10_000);
/** The actions of an issue in the order of its history. */
function actionsOf(log: readonly LogEntry[], issue: string) {
  return log
    .filter(({ event }) => event.issueId === issue && event.supersededBy === null)
    .toSorted((a, b) => Buffer.compare(a.event.place, b.event.place))
    .map(({ event }) => event.action);
}

describe("two replicas on one database", () => {
  it("tell of an entry that commits late before those after it", async () => {
    const { seen, all } = await followALateCommit({ isNaive: false });
    expect(seen).toEqual(all);
  });

  it("would miss one if positions were given out without the lock: the control", async () => {
    const { seen, all } = await followALateCommit({ isNaive: true });
    expect(all).toEqual([1, 2]);
    expect(seen).toEqual([2]);
  });

  it("hear of each other by polling alone", async () => {
    await using replicas = await twoReplicas();
    await using tail = await startTail({
      log: replicas.one.reader,
      bell: createBell(),
      report: silentReport(),
      pollMs: 20,
      windowSize: 100,
    });
    using _follower = tail.window.join();
    await replicas.other.append(told());
    while (tail.window.newest < 1) await tail.window.bell.after(tail.window.bell.rings, signal(), 20);
    expect(tail.window.after(0, 10)).toHaveLength(1);
  });

  it("hear of each other again after the connection that listens was cut", async () => {
    await using schema = await temporarySchema();
    const rings = createBell();
    await using listening = await openReplica(schema.url, { onCommit: () => rings.ring() });
    await rings.after(0, signal());
    const before = rings.rings;
    await onServer((client) =>
      client.query("select pg_terminate_backend(pid) from pg_stat_activity where query like $1", [
        `listen %${schema.name}%`,
      ]),
    );
    await using other = await openReplica(schema.url);
    await other.append(told());
    // It rings when it listens again, for what it may not have heard.
    while (rings.rings === before) await rings.after(before, signal());
    expect((await listening.reader.bounds()).newest).toBe(1);
  });

  it("lose and repeat nothing acknowledged while their connections are cut", async () => {
    await using replicas = await twoReplicas();
    const all = deliveriesOf(8);
    const stop = new AbortController();
    const cutting = onServer(async (client) => {
      let cut = 0;
      while (!stop.signal.aborted) {
        const { rows } = await client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
          [replicas.name],
        );
        cut += rows.length;
        await client.query("select pg_sleep(0.1)");
      }
      return cut;
    });
    for (const [index, one] of all.entries())
      await acknowledged(index % 2 === 0 ? replicas.one : replicas.other, one);
    stop.abort();
    expect(await cutting).toBeGreaterThan(0);
    const log = await whole(replicas.one);
    for (let issue = 0; issue < 8; issue += 1)
      expect(actionsOf(log, String(issue))).toEqual(["CREATED", "RESOLVED", "UNRESOLVED", "ARCHIVED"]);
  });
});

/** A commit that takes long, and one that is quick, begun after it; a tail reads after each. */
async function followALateCommit({ isNaive }: { readonly isNaive: boolean }) {
  await using replicas = await twoReplicas();
  const asked = <Rows extends pg.QueryResultRow>(text: string) =>
    onServer((client) => client.query<Rows>(text), replicas.url);
  // The commit of what is about issue "slow" waits for a lock of the test's.
  await asked(`
    create function wait_at_commit() returns trigger language plpgsql as
      'begin if new.issue_id = ''slow'' then perform set_config(''lock_timeout'', ''0'', true); perform pg_advisory_xact_lock(hashtext(current_schema())); end if; return null; end';
    create constraint trigger late after insert on events deferrable initially deferred
      for each row execute function wait_at_commit();
  `);
  if (isNaive)
    await asked(`
      create sequence naive minvalue 0 start 0;
      create or replace function lock_log(key bigint, known_epoch text, known_position bigint) returns bigint
        language sql as 'select nextval(''naive'')';
    `);
  const isWaiting = async (count: number) => {
    for (;;) {
      const { rows } = await onServer((client) =>
        client.query<{ waiting: number }>(
          `select count(*)::int as waiting from pg_locks join pg_stat_activity using (pid)
           where not granted and locktype = 'advisory' and application_name = $1`,
          [replicas.name],
        ),
      );
      if (rows[0]!.waiting >= count) return;
    }
  };
  const seen: number[] = [];
  const readOn = async () => {
    const entries = await replicas.one.reader.entriesAfter(seen.at(-1) ?? 0, 100);
    seen.push(...entries.map(({ event }) => event.seq));
  };

  const begun: Promise<unknown>[] = [];
  await onServer(async (client) => {
    await client.query("select pg_advisory_lock(hashtext(current_schema()))");
    begun.push(acknowledged(replicas.one, told({ issue: "slow", project: null })));
    await isWaiting(1);
    const quick = acknowledged(replicas.other, told({ issue: "quick", project: null }));
    begun.push(quick);
    if (isNaive) await quick;
    else await isWaiting(2);
    await readOn();
  }, replicas.url);
  // The connection is closed, and its lock with it.
  await Promise.all(begun);
  await readOn();
  return { seen, all: (await whole(replicas.one)).map(({ event }) => event.seq) };
}

describe("a server that fails", () => {
  it("is told from one that keeps: nothing is acknowledged while it is away, and nothing lost", async () => {
    await using server = await startPostgres({ max_connections: "40" });
    await using store = await openReplica(server.url);
    await store.append(told({ issue: "1" }));
    await server.stop("immediate");
    await expect(store.append(told({ issue: "2" }))).rejects.toThrow(StorageUnavailableError);
    await server.start();
    await acknowledged(store, told({ issue: "2" }));
    expect((await whole(store)).map(({ event }) => event.issueId)).toEqual(["1", "2"]);
    expect(await store.canWrite()).toBe(true);
  });

  it.each(["off", "local"])("is refused with synchronous_commit=%s", async (value) => {
    await using schema = await temporarySchema();
    const url = new URL(schema.url);
    url.searchParams.set("options", `-c search_path=${schema.name} -c synchronous_commit=${value}`);
    await expect(openReplica(url.href)).rejects.toThrow(`synchronous_commit is ${value}`);
  });
});

/** A wait that nothing ends is ended with the test. */
const signal = () => AbortSignal.timeout(20_000);
