import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openReader, openWriter } from "../../src/store/sqlite/connection.ts";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { createRandom } from "../fuzz/random-operation.ts";
import { told } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";

const marker = "in every body and nowhere else";

/** A database file with some deliveries, and the WAL that holds the last of them. */
async function filledIn(folder: string): Promise<{ readonly file: string; readonly deliveries: number }> {
  const file = join(folder, "issuewire.db");
  const deliveries = 30;
  await using store = await openStoreIn(file);
  for (let index = 0; index < deliveries; index++)
    await store.append(told({ issue: String(index % 5), at: index, more: { metadata: { note: marker } } }));
  // A WAL goes with its last connection: as it is now, with everything in it.
  for (const end of ["", "-wal"]) copyFileSync(`${file}${end}`, join(folder, `kept.db${end}`));
  return { file: join(folder, "kept.db"), deliveries };
}

/** What becomes of a damaged file: it is refused at the start, or doctor says what is wrong, or nothing is. */
async function fateOf(file: string): Promise<"refused" | "told" | "unharmed"> {
  try {
    openWriter(file).client.close();
  } catch (error) {
    expect(String(error)).toMatch(/damaged|malformed|not a database|corrupt|disk image|schema|no such|JSON/i);
    return "refused";
  }
  try {
    const findings = await examineSqlite({ file, onProgress: () => {} });
    // A copy has no instance file, which is no damage.
    return findings.some(({ problem }) => !problem.includes("restored from a backup")) ? "told" : "unharmed";
  } catch (error) {
    expect(String(error)).toMatch(/malformed|corrupt|JSON|disk/i);
    return "told";
  }
}

describe("a damaged database file", () => {
  it.each([
    ["text", Buffer.from("no database".repeat(1_000))],
    ["a database with a broken page", null],
  ])("is refused by its name, with what to do: %s", async (_, bytes) => {
    using folder = temporaryFolder();
    const { file } = await filledIn(folder.path);
    writeFileSync(file, bytes ?? readFileSync(file).fill(0xff, 100, 4_096));
    truncateSync(`${file}-wal`);
    const message = new RegExp(`${file} is damaged.*(?:restore|Restore) a backup`);
    expect(() => openWriter(file)).toThrow(message);
    if (bytes !== null) await expect(examineSqlite({ file, onProgress: () => {} })).rejects.toThrow(message);
  });

  it("never serves a body with a byte that was changed as good", async () => {
    using folder = temporaryFolder();
    const { file } = await filledIn(folder.path);
    const connection = openWriter(file);
    connection.client.pragma("wal_checkpoint(TRUNCATE)");
    connection.client.close();
    const whole = readFileSync(file);
    const places: number[] = [];
    for (let at = whole.indexOf(marker); at >= 0; at = whole.indexOf(marker, at + 1)) places.push(at);
    expect(places.length).toBeGreaterThan(20);
    expect(await fateOf(file)).toBe("unharmed");
    let bodies = 0;
    for (const place of places.slice(0, 15)) {
      const damaged = join(folder.path, "damaged.db");
      const bytes = Buffer.from(whole);
      bytes[place]! ^= 1;
      writeFileSync(damaged, bytes);
      // The details of an issue hold the text too; no hash covers those.
      const changed = await fateOf(damaged);
      const client = openReader(damaged).client;
      const isOfBody = client
        .prepare("select count(*) from contents where instr(cast(body as text), ?) = 0")
        .pluck()
        .get(marker);
      client.close();
      if (isOfBody !== 1) continue;
      bodies += 1;
      expect([place, changed]).toEqual([place, "told"]);
    }
    expect(bodies).toBeGreaterThan(3);
  });

  it("is refused, or told of, or read as it was, wherever a byte was changed", async () => {
    using folder = temporaryFolder();
    const { file } = await filledIn(folder.path);
    const connection = openWriter(file);
    connection.client.pragma("wal_checkpoint(TRUNCATE)");
    connection.client.close();
    const whole = readFileSync(file);
    const random = createRandom(10);
    const fates = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const damaged = join(folder.path, `damaged-${round}.db`);
      const bytes = Buffer.from(whole);
      bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      writeFileSync(damaged, bytes);
      fates.add(await fateOf(damaged));
    }
    expect(fates.size).toBeGreaterThan(1);
  });

  it("has every delivery up to where its WAL was cut off, and none in part", async () => {
    using folder = temporaryFolder();
    const { file, deliveries } = await filledIn(folder.path);
    const wal = readFileSync(`${file}-wal`);
    const random = createRandom(11);
    const found = new Set<number>();
    for (let round = 0; round < 20; round++) {
      const cut = join(folder.path, `cut-${round}.db`);
      copyFileSync(file, cut);
      writeFileSync(`${cut}-wal`, wal);
      truncateSync(`${cut}-wal`, Math.floor(random() * wal.length));
      let client;
      try {
        client = openWriter(cut).client;
      } catch {
        // Before the tables were there.
        continue;
      }
      const ids = client.prepare("select id from deliveries order by id").pluck().all() as number[];
      client.close();
      expect(ids).toEqual(ids.map((_, index) => index + 1));
      expect(await fateOf(cut)).toBe("unharmed");
      found.add(ids.length);
    }
    expect(Math.max(...found)).toBeLessThanOrEqual(deliveries);
    expect(found.size).toBeGreaterThan(3);
  });
});
