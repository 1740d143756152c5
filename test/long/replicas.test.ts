import { expect, it } from "vitest";
import { startProcess } from "../process/gateway.ts";
import { sendAndJournal } from "../process/journal.ts";
import { lostFrom, survivesReplicaKills } from "../process/replicas.ts";
import { temporarySchema } from "../store/open-postgres.ts";

it("two replicas lose and repeat nothing over 50 kills of one or the other under load", async () => {
  const { acknowledged, entries, resumed } = await survivesReplicaKills(50);
  console.log(JSON.stringify({ exp: "E64", n: 50, acknowledged, entries, resumed, lost: 0, repeated: 0 }));
  expect(acknowledged).toBeGreaterThanOrEqual(50 * 2 * 10);
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
