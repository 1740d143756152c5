import { randomBytes } from "node:crypto";
import fc from "fast-check";
import pg from "pg";
import { describe, expect, it, vi } from "vitest";
import type { LogEntry } from "../../src/domain/event.ts";
import type { Facts, IncomingDelivery } from "../../src/domain/delivery.ts";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { openCopyTarget } from "../../src/store/postgres/copy-target.ts";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { locksOf } from "../../src/store/postgres/locks.ts";
import { openingEpoch } from "../../src/store/postgres/opening-epoch.ts";
import { createPools } from "../../src/store/postgres/pools.ts";
import { rebuildPostgres } from "../../src/store/postgres/rebuild.ts";
import type { Store } from "../../src/store/store.ts";
import { everyTrouble, lives } from "../domain/sentry-model.ts";
import { at, told, webhook } from "./deliveries.ts";
import { silentReport } from "./open.ts";
import {
  acknowledged,
  forgetMigration,
  onServer,
  openReplica,
  openTestPostgres,
  temporaryOwner,
  temporarySchema,
} from "./open-postgres.ts";

/** Two replicas of one store. */
async function openTwo() {
  const one = await openTestPostgres();
  const other = await openReplica(one.url);
  return {
    one,
    other,
    [Symbol.asyncDispose]: async () => {
      await other[Symbol.asyncDispose]();
      await one[Symbol.asyncDispose]();
    },
  };
}

const shortly = ({ event: { seq, delivery, issueId, supersededBy } }: LogEntry) => [
  seq,
  delivery,
  issueId,
  supersededBy,
];
const log = async (store: Store) => (await store.reader.entriesAfter(0, 1_000)).map(shortly);

const epochIn = (url: string): Promise<string> =>
  onServer(async (client) => {
    const { rows } = await client.query<{ value: string }>("select value from meta where name = 'epoch'");
    return rows[0]!.value;
  }, url);

const instanceIn = (url: string): Promise<string> =>
  onServer(async (client) => {
    const { rows } = await client.query<{ value: string }>("select value from meta where name = 'instance'");
    return rows[0]!.value;
  }, url);

/** Has the store be one that was last written where `instance` was what the server told. */
async function setInstance(url: string, instance: string): Promise<void> {
  await onServer(
    (client) => client.query("update meta set value = $1 where name = 'instance'", [instance]),
    url,
  );
}

/** Has the server lose all entries but the first, and which was the newest, as an erasing step may have remembered it. */
const losing = "delete from events where seq > 1; delete from meta where name = 'newest'";

/** Has the server fail with this when it is asked which it is. */
function failToTell(url: string, code: string): Promise<void> {
  return tellBy(url, `raise exception using message = 'too many files are open', errcode = '${code}';`);
}

/** Has the server tell superusers alone which it is. */
function tellSuperusers(url: string): Promise<void> {
  const isSuperuser = "(select usesuper from pg_user where usename = current_user)";
  return tellBy(
    url,
    `if not ${isSuperuser} then raise insufficient_privilege; end if; system_identifier := 7;`,
  );
}

async function tellBy(url: string, statements: string): Promise<void> {
  await onServer(
    (client) =>
      client.query(
        `create function pg_control_system(out system_identifier bigint) language plpgsql as
           $$ begin ${statements} end $$;
         do $$ begin
           execute format('alter function present_instance() set search_path = %I, pg_catalog', current_schema());
         end $$`,
      ),
    url,
  );
}

/** Has the server tell every role again. */
async function tellAgain(url: string): Promise<void> {
  await onServer((client) => client.query("alter function present_instance() reset search_path"), url);
}

/** The issue's history: what it says, without what arrival decides. */
async function historyOf(store: Store, issueId: string) {
  const request = { from: "first", after: null, before: null, limit: 100, actions: null } as const;
  const pages = await store.reader.eventPages([issueId], request);
  return pages.get(issueId)!.rows.map(({ role, source, action, transition, occurredAt, occurredAfter }) => ({
    role,
    source,
    action,
    transition,
    occurredAt,
    occurredAfter,
  }));
}

/** The life of an issue: told late, told twice, and with a change that only a later snapshot shows. */
const life: readonly IncomingDelivery[] = [
  told({ at: 0 }),
  told({ action: "assigned", status: "resolved", at: 60, count: 2 }),
  told({ action: "resolved", status: "resolved", at: 61, lastSeen: 60, count: 2 }),
  told({ action: "unresolved", substatus: "regressed", at: 90, count: 9 }),
  told({ action: "resolved", status: "resolved", at: 120, count: 9 }),
  told({ action: "assigned", substatus: "ongoing", at: 30, count: 1 }),
];

/** The webhook that has these facts. */
function toldBy({ action, state, sentAt, lastSeen, ...facts }: Facts, issue: string): IncomingDelivery {
  const { assignee, actor } = facts;
  const assignedTo = assignee && { type: "user", id: assignee.sentryId, name: assignee.name };
  const data = {
    issue: {
      id: issue,
      title: `Issue ${issue}`,
      ...state,
      project: { id: "7", slug: "web", name: "Web" },
      metadata: {},
      assignedTo,
      count: String(facts.count),
      lastSeen: new Date(lastSeen! / 1000).toISOString(),
    },
  };
  const by = actor && {
    type: actor.type === "USER" ? "user" : "application",
    id: actor.sentryId,
    name: actor.name,
  };
  const body =
    facts.resource === "issue"
      ? { action, data, actor: by }
      : { action: "triggered", data: { ...data, activity: { type: action } }, actor: by };
  // Each replica knows for itself under which it was sent something.
  const requestId = `${issue} ${facts.requestId}`;
  return { ...webhook(body, { ...facts, requestId }), sentAt, receivedAt: sentAt };
}

describe("two replicas", () => {
  it("that start at once both find the tables made", async () => {
    await using schema = await temporarySchema();
    const stores = await Promise.all([1, 2, 3].map(() => openReplica(schema.url)));
    await using closing = new AsyncDisposableStack();
    for (const store of stores) closing.use(store);
    const epochs = await Promise.all(stores.map(async ({ reader }) => (await reader.bounds()).epoch));
    expect(new Set(epochs).size).toBe(1);
  });

  it("of which one is newer than the tables do not wait behind it while somebody reads those: it ends, and may be started again", async () => {
    await using store = await openTestPostgres();
    await onServer(async (client) => {
      await client.query(forgetMigration("0004_alike_in_order"));
      await client.query("begin; select 1 from deliveries");
      await expect(openReplica(store.url)).rejects.toThrow("The tables cannot be migrated");
      await client.query("rollback");
    }, store.url);
    await using newer = await openReplica(store.url);
    expect(await newer.append(told())).toMatchObject({ outcome: "APPLIED" });
  });

  it("hear of each other in a schema whose name is long and has to be quoted, and a copy hears of them", async () => {
    await using schema = await temporarySchema((unique) => `${unique} Überlang`.padEnd(62, "X"));
    let heard = Promise.withResolvers<void>();
    await using one = await openReplica(schema.url);
    await using other = await openReplica(schema.url, { onCommit: () => heard.resolve() });
    // Once it listens, it may have missed something.
    await heard.promise;
    heard = Promise.withResolvers();
    expect(await one.append(told())).toMatchObject({ outcome: "APPLIED" });
    await heard.promise;
    expect(await log(other)).toEqual([[1, 1, "1", null]]);
    expect(await examinePostgres({ url: schema.url, onProgress: () => {} })).toEqual([]);
    await expect(openCopyTarget(schema.url)).rejects.toThrow("use the target");
  });

  it("take the same delivery for one", async () => {
    await using stores = await openTwo();
    const delivery = told({ requestId: "a".repeat(32) });
    const receipts = await Promise.all(
      [stores.one, stores.other].map((store) => acknowledged(store, delivery)),
    );
    expect(receipts.map(({ outcome }) => outcome).toSorted()).toEqual(["APPLIED", "DUPLICATE"]);
    expect(await log(stores.one)).toEqual([[1, 1, "1", null]]);
  });

  it("derive one history from the deliveries of one issue, whichever takes them and however they interleave", async () => {
    await using alone = await openTestPostgres();
    for (const delivery of life) await alone.append(delivery);
    const expected = await historyOf(alone, "1");
    for (let round = 0; round < 4; round += 1) {
      await using stores = await openTwo();
      // Every second one there, some at once and some one after the other.
      const appending = life.map((delivery, index) =>
        acknowledged((index + round) % 2 === 0 ? stores.one : stores.other, delivery),
      );
      await Promise.all(appending);
      await stores.other.append(told({ issue: "2", at: 5 }));
      await stores.one.append(told({ issue: "2", at: 6, action: "resolved", status: "resolved" }));
      expect(await historyOf(stores.one, "1")).toEqual(expected);
      expect(await historyOf(stores.other, "1")).toEqual(expected);
    }
  });

  it("knows at one what the other was told meanwhile, though it changed nothing", async () => {
    await using stores = await openTwo();
    const key = { idempotencyKey: "key" };
    await stores.one.append(told({ at: 0 }));
    await stores.one.append(told({ action: "resolved", status: "resolved", at: 60, lastSeen: 0, ...key }));
    // A repeat of the claim, which tells nothing, so that no entry shows that there is a delivery more.
    await stores.other.append(
      told({
        action: "resolved",
        status: "resolved",
        at: 60,
        lastSeen: 0,
        requestId: "b".repeat(32),
        ...key,
      }),
    );
    const last = await stores.one.append(told({ action: "unresolved", substatus: "regressed", at: 90 }));
    const again = await stores.other.append(told({ action: "unresolved", substatus: "regressed", at: 90 }));
    expect([last.outcome, again.outcome]).toEqual(["APPLIED", "DUPLICATE"]);
  });

  it("read what the other wrote about an issue, and not its whole history", async () => {
    await using stores = await openTwo();
    const flaps = (second: number) =>
      second % 2 === 0
        ? told({ action: "resolved", status: "resolved", at: second })
        : told({ action: "unresolved", substatus: "regressed", at: second });
    const first = Array.from({ length: 60 }, (_, index) => flaps(index));
    await Promise.all(first.map((delivery) => stores.one.append(delivery)));
    await stores.other.append(flaps(60));
    const asked = vi.spyOn(pg.Client.prototype, "query");
    try {
      for (const second of [61, 62, 63, 64])
        await (second % 2 === 0 ? stores.other : stores.one).append(flaps(second));
      const answers = await Promise.all(asked.mock.results.map(({ value }) => value as unknown));
      const rows = (answers as readonly Partial<pg.QueryResult>[]).map(({ rows = [] }) => rows.length);
      expect(Math.max(...rows)).toBeLessThan(10);
    } finally {
      asked.mockRestore();
    }
    expect(await examinePostgres({ url: stores.one.url, onProgress: () => {} })).toEqual([]);
  });

  it("hold an issue's history on while another has its lock for too long", async () => {
    await using store = await openTestPostgres();
    const first = Array.from({ length: 40 }, (_, at) => told({ action: "assigned", at, count: at }));
    await Promise.all(first.map((delivery) => store.append(delivery)));
    const schema = new URL(store.url).searchParams.get("options")!.split("=")[1]!;
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [locksOf(schema).issue("1")]);
      await expect(store.append(told({ at: 50 }))).rejects.toThrow(StorageUnavailableError);
    });
    const asked = vi.spyOn(pg.Client.prototype, "query");
    try {
      await acknowledged(store, told({ action: "assigned", at: 60, count: 60 }));
      const texts = asked.mock.calls.map(([config]) => (config as Partial<pg.QueryConfig>).text ?? "");
      expect(texts.filter((text) => /from "deliveries" where .*"issue_id"/.test(text))).toEqual([]);
    } finally {
      asked.mockRestore();
    }
  });

  it("derive an issue anew that was forgotten, or derived from what is read otherwise", async () => {
    await using stores = await openTwo();
    const { one, other } = stores;
    const resolved = (second: number) => told({ action: "resolved", status: "resolved", at: second });
    await other.append(told({ at: 0 }));
    await one.append(resolved(60));
    {
      await using maintenance = await openPostgresMaintenance(one.url);
      await maintenance.forgetIssue("1", at(0));
    }
    await other.append(told({ at: 100, title: "again" }));
    await one.append(resolved(110));
    expect(await examinePostgres({ url: one.url, onProgress: () => {} })).toEqual([]);
    await other.append(told({ action: "assigned", status: "resolved", at: 120 }));
    await rebuildPostgres({
      url: one.url,
      read(body) {
        const reading = readBody(body);
        if (reading.is !== "issue" || reading.issue.claim !== "resolved") return reading;
        const state = { status: "unresolved", substatus: "new" };
        return { is: "issue", issue: { ...reading.issue, claim: null, state } };
      },
      onProgress: () => {},
      onFault: () => {},
    });
    await one.append(resolved(130));
    expect(await examinePostgres({ url: one.url, onProgress: () => {} })).toEqual([]);
  });

  it("write of an issue's life what one alone would have, whichever takes which webhook", async () => {
    await using alone = await openTestPostgres();
    await using stores = await openTwo();
    let issues = 0;
    const rowsIn = (url: string) =>
      onServer(async (client) => {
        const { rows } = await client.query<{ all: string }>(
          `select (select json_agg(deliveries order by id) from deliveries)::text
            || (select json_agg(events order by seq) from events)::text
            || (select json_agg(issues order by sentry_id) from issues)::text as all`,
        );
        return rows[0]!.all;
      }, url);
    await fc.assert(
      fc.asyncProperty(
        lives(everyTrouble).filter((life) => life.deliveries.length > 2),
        fc.infiniteStream(fc.boolean()),
        fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
        async (life, takers, delays) => {
          issues += 1;
          const arrived = life.deliveries
            .map((facts, index) => ({ facts, place: index + delays.next().value * 1.5 }))
            .toSorted((a, b) => a.place - b.place);
          for (const { facts } of arrived) {
            const delivery = toldBy(facts, String(issues));
            const taker = takers.next().value ? stores.one : stores.other;
            expect(await taker.append(delivery)).toEqual(await alone.append(delivery));
          }
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
    expect(await rowsIn(stores.one.url)).toBe(await rowsIn(alone.url));
    expect(await examinePostgres({ url: stores.one.url, onProgress: () => {} })).toEqual([]);
  });

  it("write one log without a gap, in the order in which positions are read", async () => {
    await using stores = await openTwo();
    const seen: number[] = [];
    let isWriting = true;
    const reading = (async () => {
      for (let last = 0; isWriting || last < 200;) {
        const page = await stores.one.reader.entriesAfter(last, 50);
        seen.push(...page.map(({ event }) => event.seq));
        last = seen.at(-1) ?? 0;
      }
    })();
    const of = (store: Store, name: string) =>
      (async () => {
        for (let index = 0; index < 100; index += 10)
          await Promise.all(
            Array.from({ length: 10 }, (_, more) =>
              acknowledged(store, told({ issue: `${name}${index + more}`, at: index })),
            ),
          );
      })();
    await Promise.all([of(stores.one, "a"), of(stores.other, "b")]);
    isWriting = false;
    await reading;
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(await log(stores.other)).toEqual(await log(stores.one));
  });
});

describe("a replica", () => {
  it("answers that nothing is kept when another holds its issue for too long, and then goes on", async () => {
    await using store = await openTestPostgres();
    const schema = new URL(store.url).searchParams.get("options")!.split("=")[1]!;
    const key = locksOf(schema).issue("1");
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [key]);
      await expect(store.append(told())).rejects.toThrow(StorageUnavailableError);
      expect(await store.canWrite()).toBe(true);
      expect((await store.append(told({ issue: "2" }))).outcome).toBe("APPLIED");
      await client.query("select pg_advisory_unlock($1)", [key]);
      expect((await store.append(told())).outcome).toBe("APPLIED");
    });
    expect(await store.canWrite()).toBe(true);
  });

  it("has a connection to write with from its start, for as long as it is open", async () => {
    await using schema = await temporarySchema();
    await using owner = await temporaryOwner(schema);
    await using store = await openReplica(owner.url);
    await onServer((client) => client.query(`alter role ${owner.name} nologin`));
    expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
    await using pools = createPools(schema.url);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const clients = await Promise.all([pools.intake.connect(), pools.intake.connect()]);
      for (const client of clients) client.release();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(pools.intake.totalCount).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not ready without any connection to write with, where none can be had", async () => {
    await using schema = await temporarySchema();
    await using owner = await temporaryOwner(schema);
    await using store = await openReplica(owner.url);
    const limit = (connections: number) => `alter role ${owner.name} connection limit ${connections}`;
    await onServer(async (client) => {
      await client.query(limit(0));
      const connections = "select pg_terminate_backend(pid) from pg_stat_activity where usename = $1";
      await client.query(connections, [owner.name]);
      await expect.poll(() => store.canWrite()).toBe(false);
      await client.query(limit(-1));
    });
    await expect.poll(() => store.canWrite()).toBe(true);
  });

  it("has the server give up a batch whose answers nobody takes, and the locks with it", async () => {
    await using store = await openTestPostgres();
    await onServer(
      (client) =>
        client.query(`
          create table seen (name text);
          create function see() returns trigger language plpgsql as $$ begin
            insert into seen select current_setting('tcp_user_timeout')
              || ' ' || current_setting('idle_in_transaction_session_timeout');
            return null; end $$;
          create trigger see after insert on deliveries for each row execute function see()`),
      store.url,
    );
    await store.append(told());
    const { rows } = await onServer((client) => client.query("select name from seen"), store.url);
    expect(rows).toEqual([{ name: "10000 5s" }]);
  });

  it("says that it cannot write while a write takes longer than webhooks wait, and until one does not", async () => {
    await using store = await openTestPostgres();
    const gate = 7_001;
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [gate]);
      // As a commit that a standby far away has to confirm.
      await client.query(`
        create function confirm() returns trigger language plpgsql as $$ begin
          while not pg_try_advisory_xact_lock_shared(${gate}) loop perform pg_sleep(0.01); end loop;
          return null; end $$;
        create constraint trigger confirm after insert on contents deferrable initially deferred
          for each row execute function confirm()`);
      const begun = async () => {
        const waits =
          "select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";
        while ((await client.query(waits)).rowCount === 0);
      };
      vi.useFakeTimers({ toFake: ["performance"] });
      try {
        const appending = store.append(told());
        await begun();
        expect(await store.canWrite()).toBe(true);
        vi.advanceTimersByTime(700);
        expect(await store.canWrite()).toBe(false);
        await client.query("select pg_advisory_unlock($1)", [gate]);
        await appending;
        await client.query("select pg_advisory_lock($1)", [gate]);
        const asked = store.canWrite();
        await begun();
        vi.advanceTimersByTime(700);
        await client.query("select pg_advisory_unlock($1)", [gate]);
        expect(await asked).toBe(false);
        expect(await store.canWrite()).toBe(true);
      } finally {
        vi.useRealTimers();
      }
    }, store.url);
  });

  it("says that it cannot write while another holds the log for too long, and writes again", async () => {
    await using store = await openTestPostgres();
    const schema = new URL(store.url).searchParams.get("options")!.split("=")[1]!;
    const { log: key } = locksOf(schema);
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [key]);
      await expect(store.append(told())).rejects.toThrow(StorageUnavailableError);
      expect(await store.canWrite()).toBe(false);
      await client.query("select pg_advisory_unlock($1)", [key]);
      expect(await store.canWrite()).toBe(true);
    });
  });

  it("keeps what it fails to apply, and the rest of the batch as ever", async () => {
    await using store = await openTestPostgres();
    const good = told({ issue: "1" });
    const bad = told({ issue: "2" });
    if (bad.reading.is !== "issue") throw new Error("It is about an issue.");
    // A text that PostgreSQL refuses, as no reading of a body should have.
    const { snapshot } = bad.reading.issue;
    const fields = { ...snapshot.fields, title: "a\0b" };
    const broken: IncomingDelivery = {
      ...bad,
      reading: { is: "issue", issue: { ...bad.reading.issue, snapshot: { ...snapshot, fields } } },
    };
    const receipts = await Promise.all([store.append(good), store.append(broken)]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual(["APPLIED", "QUARANTINED"]);
    expect((await store.reader.bodies([receipts[1]!.delivery])).size).toBe(1);
  });

  it.each([254, 3_000])(
    "applies what calls everything by %d bytes: no index's entry becomes too long",
    async (bytes) => {
      await using store = await openTestPostgres();
      // Which PostgreSQL cannot make shorter.
      const text = (length = bytes) => randomBytes(length).toString("base64url").slice(0, length);
      const assignedTo = { type: "user", id: text(254), name: text(Math.max(bytes, 1_000)), email: text() };
      const words = { level: text(), priority: text(), issueCategory: text(), shortId: text() };
      const project = { id: text(64), slug: text(), name: text() };
      const issue = text(64);
      for (const second of [0, 1, 2]) {
        const more = { ...words, assignedTo, status: text(), substatus: text() };
        const delivery = told({ action: "assigned", issue, project, more, at: second });
        expect(await store.append(delivery)).toMatchObject({ outcome: "APPLIED" });
      }
      expect(await examinePostgres({ url: store.url, onProgress: () => {} })).toEqual([]);
    },
  );

  it.each([
    [
      "on another server, or another line of its history",
      "update meta set value = 'x.00000001' where name = 'instance'",
    ],
    ["by one that has lost what it had committed", `${losing}; delete from issues where sentry_id = '2'`],
  ])("begins a new epoch before it writes %s, and says so", async (_, change) => {
    const began = Promise.withResolvers<void>();
    await using store = await openTestPostgres({ onEpoch: began.resolve });
    await store.append(told({ issue: "1" }));
    await store.append(told({ issue: "2", at: 1 }));
    const { epoch } = await store.reader.bounds();
    await onServer((client) => client.query(change), store.url);
    await store.append(told({ issue: "3", at: 2 }));
    expect(await epochIn(store.url)).not.toBe(epoch);
    await began.promise;
  });

  it("opens a store and answers while somebody rebuilds it", async () => {
    await using schema = await temporarySchema();
    await (await openReplica(schema.url))[Symbol.asyncDispose]();
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [locksOf(schema.name).log]);
      await using store = await openReplica(schema.url);
      expect((await store.reader.bounds()).newest).toBe(0);
    }, schema.url);
  });

  it("says that it waits for whoever has the log, where it is to begin a new epoch", async () => {
    await using store = await openTestPostgres();
    const epoch = await epochIn(store.url);
    const { log: lock } = locksOf(store.url);
    await using pools = createPools(store.url);
    await onServer(async (client) => {
      await client.query("delete from meta where name = 'instance'");
      await client.query("select pg_advisory_lock($1)", [lock]);
      const held = vi.fn(() => void client.query("select pg_advisory_unlock($1)", [lock]));
      const { epoch: begun } = await openingEpoch(pools.log, { lock, held, waitMs: 1 });
      expect(held).toHaveBeenCalled();
      expect(begun).not.toBe(epoch);
      expect(begun).toBe(await epochIn(store.url));
    }, store.url);
  });

  it("begins a new epoch when it opens a store whose server forgot where it was, as is to be done after some restores", async () => {
    await using schema = await temporarySchema();
    const restored = vi.fn();
    const epochWhenOpened = async () => {
      await using store = await openReplica(schema.url, { report: { ...silentReport(), restored } });
      return (await store.reader.bounds()).epoch;
    };
    const epoch = await epochWhenOpened();
    expect(await epochWhenOpened()).toBe(epoch);
    expect(restored).not.toHaveBeenCalled();
    {
      await using store = await openPostgresMaintenance(schema.url);
      const of = { scope: "read", projects: "all", createdAt: 0, expiresAt: null } as const;
      await store.tokens.add({ ...of, name: "board", sha256: "00".repeat(32) });
    }
    await onServer((client) => client.query("delete from meta where name = 'instance'"), schema.url);
    const next = await epochWhenOpened();
    expect(restored.mock.calls).toEqual([[["board"]]]);
    expect(next).not.toBe(epoch);
    expect(await epochWhenOpened()).toBe(next);
  });

  it.each(["insufficient_privilege", "undefined_function", "feature_not_supported"])(
    "stays in its epoch where the server does not tell any more which it is: %s",
    async (code) => {
      const onEpoch = vi.fn();
      await using store = await openTestPostgres({ onEpoch });
      const epoch = await epochIn(store.url);
      await failToTell(store.url, code);
      expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
      await using other = await openReplica(store.url);
      expect(await other.append(told({ issue: "2" }))).toMatchObject({ outcome: "APPLIED" });
      expect(await examinePostgres({ url: store.url, onProgress: () => {} })).toEqual([]);
      expect([await epochIn(store.url), onEpoch.mock.calls]).toEqual([epoch, []]);
    },
  );

  it("stays in an epoch that was begun where the server did not tell which it is, once it does, and then knows it", async () => {
    const [onEpoch, restored] = [vi.fn(), vi.fn()];
    await using store = await openTestPostgres({ onEpoch });
    await failToTell(store.url, "insufficient_privilege");
    await setInstance(store.url, "unknown");
    const epoch = await epochIn(store.url);
    expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
    expect(await instanceIn(store.url)).toBe("unknown");

    await tellAgain(store.url);
    expect(await examinePostgres({ url: store.url, onProgress: () => {} })).toEqual([]);
    expect((await store.reader.bounds()).epoch).toBe(epoch);
    expect(await store.append(told({ issue: "2" }))).toMatchObject({ outcome: "APPLIED" });
    expect(await instanceIn(store.url)).toMatch(/^\d+\.[0-9A-F]{8}$/);
    await using other = await openReplica(store.url, { report: { ...silentReport(), restored } });
    expect((await other.reader.bounds()).epoch).toBe(epoch);
    expect([onEpoch.mock.calls, restored.mock.calls]).toEqual([[], []]);
  });

  it("of a role that may not ask which server it is stays in the epoch of one that may, and that one in its", async () => {
    await using schema = await temporarySchema();
    await using owner = await temporaryOwner(schema);
    const onEpoch = vi.fn();
    await using before = await openReplica(owner.url, { onEpoch });
    await tellSuperusers(schema.url);
    await setInstance(schema.url, "unknown");
    const epoch = await epochIn(schema.url);
    expect(await before.append(told({ issue: "1" }))).toMatchObject({ outcome: "APPLIED" });
    expect(await instanceIn(schema.url)).toBe("unknown");

    await using maintenance = await openPostgresMaintenance(schema.url);
    expect(await maintenance.forgetIssue("1", at(50))).toBe(true);
    const known = await instanceIn(schema.url);
    expect(known).not.toBe("unknown");
    await using mayAsk = await openReplica(schema.url, { onEpoch });
    await using mayNot = await openReplica(owner.url, { onEpoch });
    for (const [index, store] of [before, mayAsk, mayNot].entries())
      expect(await store.append(told({ issue: `${index + 2}` }))).toMatchObject({ outcome: "APPLIED" });
    expect([await epochIn(schema.url), await instanceIn(schema.url)]).toEqual([epoch, known]);
    expect(onEpoch).not.toHaveBeenCalled();
  });

  it("keeps nothing while it fails to be told which server it is on, and goes on in its epoch once it is", async () => {
    await using store = await openTestPostgres();
    const epoch = await epochIn(store.url);
    await failToTell(store.url, "insufficient_resources");
    await expect(store.append(told())).rejects.toThrow(StorageUnavailableError);
    await tellAgain(store.url);
    expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
    expect(await epochIn(store.url)).toBe(epoch);
  });

  it("vouches for no position of an epoch that another one began, and says so as soon as it finds it", async () => {
    const onEpoch = vi.fn();
    await using schema = await temporarySchema();
    await using one = await openReplica(schema.url, { onEpoch });
    await using other = await openReplica(schema.url);
    for (const issue of ["1", "2", "3"]) await one.append(told({ issue }));
    await onServer(async (client) => {
      await client.query(losing);
      await client.query("update meta set value = 'x.00000001' where name = 'instance'");
    }, schema.url);
    expect((await acknowledged(other, told({ issue: "4" }))).position).toBe(2);
    // What it may have told, and still has in memory, is of the epoch before.
    await expect(one.reader.bounds()).rejects.toThrow("a new epoch has begun");
    await expect(one.reader.bounds()).rejects.toThrow(StorageUnavailableError);
    expect(onEpoch).toHaveBeenCalledOnce();
  });

  it("begins a new epoch before it writes also where what is lost was another's, which it has told its followers of", async () => {
    await using replicas = await openTwo();
    const { one, other } = replicas;
    await one.append(told({ issue: "1" }));
    await one.append(told({ issue: "2", at: 1 }));
    const { epoch } = await other.reader.bounds();
    expect(await other.reader.entriesAfter(0, 10)).toHaveLength(2);
    await onServer((client) => client.query(losing), one.url);
    expect((await other.append(told({ issue: "3", at: 2 }))).position).toBe(2);
    expect(await epochIn(one.url)).not.toBe(epoch);
  });

  it("drops by itself what is too old, where it is told to", async () => {
    await using store = await openTestPostgres();
    await store.append(told({ issue: "1", action: "resolved", status: "resolved" }));
    await store.append(told({ issue: "2" }));
    await using _other = await openReplica(store.url, { retention: { rawDays: 1, eventsDays: 1 } });
    const left = async () => [
      [...(await store.reader.issues(["1", "2"])).keys()],
      [...(await store.reader.bodies([1, 2])).keys()],
    ];
    await expect.poll(left).toEqual([["2"], []]);
  });

  it("asks in two statements for all that a late delivery rewrites, however much that is", async () => {
    await using store = await openTestPostgres();
    const statuses = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? "resolved" : "ignored"));
    await store.append(told({ at: 0 }));
    for (const [index, status] of statuses.entries())
      await store.append(told({ action: status, status, at: index + 1 }));
    const asked = vi.spyOn(pg.Client.prototype, "query");
    try {
      // Its snapshot is newer than all that follow within seconds, so what those claim was not so any more when they came.
      await store.append(told({ action: "assigned", at: 0.5, lastSeen: 1_000, count: 2 }));
      const texts = asked.mock.calls.map(([config]) => (config as Partial<pg.QueryConfig>).text ?? "");
      expect(texts.filter((text) => text.includes('from "events"'))).toHaveLength(2);
    } finally {
      asked.mockRestore();
    }
    const entries = await store.reader.entriesAfter(0, 100);
    expect(entries.filter(({ event }) => event.supersededBy !== null).length).toBeGreaterThan(10);
    expect(await examinePostgres({ url: store.url, onProgress: () => {} })).toEqual([]);
  });

  it("asks the server two heavy questions at once, in read transactions too", async () => {
    await using store = await openTestPostgres();
    await store.append(told());
    await using opened = new AsyncDisposableStack();
    const transactions = await Promise.all([1, 2, 3, 4].map(() => store.readTransaction()));
    for (const one of transactions) opened.use(one);
    await onServer(async (client) => {
      await client.query("begin; lock table issues in access exclusive mode");
      const counts = Promise.allSettled(transactions.map((one) => one.issueCount({ filter: {}, now: 0 })));
      const asked = async () => {
        const { rows } = await client.query<{ asked: string }>(
          "select count(*) as asked from pg_locks where relation = 'issues'::regclass and not granted",
        );
        return Number(rows[0]!.asked);
      };
      await expect.poll(asked).toBeGreaterThanOrEqual(2);
      // Whatever else was asked at the same time is there by now.
      await store.reader.bounds();
      expect(await asked()).toBe(2);
      await client.query("rollback");
      expect(await counts).toEqual(transactions.map(() => ({ status: "fulfilled", value: 1 })));
    }, store.url);
  });

  it("reads transactions from one moment, and refuses to change anything in them", async () => {
    await using store = await openTestPostgres();
    await using reading = await store.readTransaction();
    expect((await reading.bounds()).newest).toBe(0);
    await store.append(told({ at: 1 }));
    const [bounds, issues] = await Promise.all([reading.bounds(), reading.issues(["1"])]);
    expect([bounds.newest, issues.size]).toEqual([0, 0]);
    expect((await store.reader.outcomeCounts({ since: at(0) })).APPLIED).toBe(1);
  });
});
