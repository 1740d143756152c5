import { expect, it } from "vitest";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { startPostgres, startStandby } from "../postgres-server.ts";
import { told } from "../store/deliveries.ts";
import { acknowledged, onServer, openReplica } from "../store/open-postgres.ts";
import { startProxy } from "./proxy.ts";

/** Experiment E68: the primary is lost, and a standby takes its place. */
it(
  "a standby that is promoted has what it was waited for with, and a new epoch before any position is given again",
  { timeout: 90_000 },
  async () => {
    await using primary = await startPostgres();
    await using proxy = await startProxy(primary.port);
    await using standby = await startStandby(primary, { wal_retrieve_retry_interval: "100ms" });
    const configure = (statement: string) =>
      onServer(async (client) => {
        await client.query(statement);
        await client.query("select pg_reload_conf()");
      }, primary.url);
    // In force for every connection once the server has started with it.
    await configure("alter system set synchronous_standby_names = '*'");
    await primary.stop("fast");
    await primary.start();

    // While the standby is waited for, what is acknowledged is there too.
    const began = Promise.withResolvers<void>();
    await using replica = await openReplica(proxy.through(primary.url), { onEpoch: began.resolve });
    const { epoch } = await replica.reader.bounds();
    await acknowledged(replica, told({ issue: "kept" }));
    const findings = await examinePostgres({ url: standby.url, onProgress: () => {} });
    expect(findings.map(({ problem }) => problem)).toEqual([expect.stringContaining("It is a standby")]);
    // While it is not, what it has not received goes with the primary, and is told of.
    await configure("alter system reset synchronous_standby_names");
    await standby.stop("fast");
    const lost = await acknowledged(replica, told({ issue: "lost", at: 1 }));
    await primary.stop("immediate");
    await standby.start();
    await standby.control("promote", "-w");
    proxy.leadTo(standby.port);
    proxy.cut();
    // Though nobody has written there yet: what a replica has in memory may have been lost.
    await began.promise;

    await using again = await openReplica(standby.url);
    expect((await again.reader.bounds()).epoch).not.toBe(epoch);
    expect([...(await again.reader.issues(["kept", "lost"])).keys()]).toEqual(["kept"]);
    // The position of what was lost means something else from now on, in the new epoch alone.
    const next = await acknowledged(again, told({ issue: "next", at: 2 }));
    expect(next.position).toBe(lost.position);
    // A replica of before tells nobody of it under the old epoch.
    await expect(replica.reader.entriesAfter(0, 10)).rejects.toThrow("a new epoch has begun");
  },
);
