import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { describe, expect, inject, it } from "vitest";
import { createPools } from "../../src/store/postgres/pools.ts";
import { connectTo } from "../../src/store/postgres/prepare.ts";
import { temporaryFolder } from "./open.ts";
import { openReplica } from "./open-postgres.ts";

/** Of a server that does not speak TLS; the certificate is read all the same. */
function naming(certificate: string): string {
  const url = new URL(inject("postgres"));
  url.searchParams.set("sslrootcert", certificate);
  url.searchParams.set("sslmode", "disable");
  return url.href;
}

describe("a certificate that the URL names", () => {
  it("is missing at the start: that is what is said", async () => {
    using folder = temporaryFolder();
    await expect(openReplica(naming(join(folder.path, "none.crt")))).rejects.toThrow(
      "A file that the database's URL names by sslrootcert, sslcert or sslkey cannot be read",
    );
  });

  it("is missing for a while: questions fail meanwhile, those too that wait for a connection, and nothing else", async () => {
    using folder = temporaryFolder();
    const certificate = join(folder.path, "ca.crt");
    writeFileSync(certificate, "");
    await using pools = createPools(naming(certificate));
    const all = await Promise.all(Array.from({ length: 8 }, () => pools.reading.connect()));
    const waiting = pools.reading.query("select 1");
    rmSync(certificate);
    // The pool makes a new one in its place, for whoever waits.
    all[0]!.release(true);
    await expect(waiting).rejects.toThrow("sslrootcert");
    await expect(pools.intake.query("select 1")).rejects.toThrow("sslrootcert");
    writeFileSync(certificate, "");
    expect((await pools.reading.query("select 1")).rowCount).toBe(1);
    for (const client of all.slice(1)) client.release();
  });
});

it.each([
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "is not trusted"],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "is not trusted"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "is not trusted"],
  ["ECONNRESET", "PostgreSQL cannot be reached"],
])("%s is told of as what it is", async (code, said) => {
  const client = Object.assign(new pg.Client(), {
    connect: () => Promise.reject(Object.assign(new Error("no"), { code })),
  });
  await expect(connectTo(client)).rejects.toThrow(said);
});

it("a port that there cannot be is told of, and not waited for", async () => {
  await using pools = createPools("postgres://127.0.0.1/issuewire?port=99999");
  expect(pools.connection).toThrow("is not the number of a port");
});
