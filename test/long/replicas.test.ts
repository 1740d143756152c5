import { expect, it } from "vitest";
import { setTimeout as wait } from "node:timers/promises";
import { survivesCuts, survivesServerRestarts } from "../postgres/experiments.ts";
import { startProxy } from "../postgres/proxy.ts";
import { startProcess } from "../process/gateway.ts";
import { sendAndJournal } from "../process/journal.ts";
import { lostFrom, survivesReplicaKills } from "../process/replicas.ts";
import { openReplica, temporarySchema } from "../store/open-postgres.ts";

it("two replicas lose and repeat nothing over 50 kills of one or the other under load", async () => {
  const { acknowledged, entries, resumed } = await survivesReplicaKills(50);
  console.log(JSON.stringify({ exp: "E64", n: 50, acknowledged, entries, resumed, lost: 0, repeated: 0 }));
  expect(acknowledged).toBeGreaterThanOrEqual(50 * 2 * 10);
});

it("two replicas that only poll do the same over 10 kills", async () => {
  const { acknowledged, entries, resumed } = await survivesReplicaKills(10, { isPollingAlone: true });
  console.log(JSON.stringify({ exp: "E71", n: 10, acknowledged, entries, resumed, lost: 0, repeated: 0 }));
});

it("two replicas lose and repeat nothing over 200 cuts of all of their connections", async () => {
  let cut = 0;
  while (cut < 200) cut += (await survivesCuts(100)).cut;
  console.log(JSON.stringify({ exp: "E66", cut, lost: 0, repeated: 0 }));
});

it("two replicas lose and repeat nothing over 50 restarts and crashes of their server", async () => {
  const stops = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? "fast" : "immediate"));
  const { acknowledged } = await survivesServerRestarts(stops);
  console.log(JSON.stringify({ exp: "E67", n: 50, acknowledged, lost: 0, repeated: 0 }));
});

it("a replica listens again once it has found that its connection was forgotten", async () => {
  await using schema = await temporarySchema();
  await using proxy = await startProxy(Number(new URL(schema.url).port));
  let rings = 0;
  await using _replica = await openReplica(proxy.through(schema.url), { onCommit: () => (rings += 1) });
  while (rings === 0) await wait(20);
  expect(proxy.muteListeners()).toBe(1);
  proxy.unmute();
  while (rings === 1) await wait(100);
});

it("what a replica loses that acknowledges before it commits is found, so the experiment can fail", async () => {
  await using schema = await temporarySchema();
  const script = "test/process/ack-before-commit.ts";
  await using replica = await startProcess({ script, settings: { DATABASE_URL: schema.url } });
  const stop = new AbortController();
  const enough = Promise.withResolvers<void>();
  const sending = sendAndJournal(replica.url, {
    connections: 8,
    signal: stop.signal,
    round: 0,
    onAcknowledged: (count) => count === 100 && enough.resolve(),
  });
  await enough.promise;
  await replica.end("SIGKILL");
  stop.abort();
  const { acknowledged } = await sending;
  expect((await lostFrom(schema.url, acknowledged)).length).toBeGreaterThan(0);
});
