import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { killUnderLoad, lostFrom } from "../process/kills.ts";

/**
 * Experiment E02: what a power cut leaves. The database lies on a file system in a file. What was not synced is in the
 * kernel's memory and not in that file, so a copy of the file is what a disk would have after the cut.
 */

const memory = "/dev/shm";
const cuts = Number(process.env["CUTS"] ?? 100);

const isPossible = process.getuid?.() === 0 && existsSync("/dev/loop-control") && existsSync(memory);
if (!isPossible) console.warn("SKIPPED: power cuts need root, loop devices and /dev/shm.");

/** A mounted file system of its own in memory, which can lose its power. */
function disk() {
  const folder = mkdtempSync(join(memory, "issuewire-power-"));
  const image = join(folder, "disk.img");
  const mounted = join(folder, "mounted");
  const afterwards = join(folder, "afterwards");
  mkdirSync(mounted);
  mkdirSync(afterwards);
  execFileSync("truncate", ["-s", "128M", image]);
  execFileSync("mkfs.ext4", ["-q", image]);
  execFileSync("mount", ["-o", "loop", image, mounted]);
  return {
    path: mounted,
    /** What is on the disk after its power is cut now, for as long as `look` looks at it. */
    async afterCut<Found>(look: (path: string) => Found | Promise<Found>): Promise<Found> {
      const copy = join(folder, "copy.img");
      copyFileSync(image, copy);
      execFileSync("mount", ["-o", "loop", copy, afterwards]);
      try {
        return await look(afterwards);
      } finally {
        execFileSync("umount", [afterwards]);
        rmSync(copy);
      }
    },
    [Symbol.dispose]: () => {
      execFileSync("umount", [mounted]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A table without rows, all of it on the disk. */
function openRows(file: string): Disposable & { readonly client: Database.Database } {
  const client = new Database(file);
  client.pragma("journal_mode = WAL");
  client.pragma("synchronous = FULL");
  client.exec("create table rows (id integer primary key)");
  client.pragma("wal_checkpoint(TRUNCATE)");
  return { client, [Symbol.dispose]: () => void client.close() };
}

describe.skipIf(!isPossible)("a power cut", () => {
  it("takes nothing that was acknowledged", async () => {
    let acknowledgedInAll = 0;
    for (let round = 0; round < cuts; round++) {
      using cut = disk();
      const file = join(cut.path, "issuewire.db");
      const acknowledged = await killUnderLoad(round, file);
      acknowledgedInAll += acknowledged.length;
      await cut.afterCut(async (path) => {
        const left = join(path, "issuewire.db");
        expect([round, lostFrom(left, acknowledged)]).toEqual([round, []]);
        const findings = await examineSqlite({ file: left, onProgress: () => {} });
        // The small file that tells how far the log had come is written each second, and may be of before.
        expect(findings.filter(({ problem }) => !problem.includes("put back from a backup"))).toEqual([]);
      });
    }
    console.log(JSON.stringify({ exp: "E02", cuts, acknowledged: acknowledgedInAll, lost: 0 }));
    expect(acknowledgedInAll).toBeGreaterThan(cuts);
  });

  it.each([
    ["loses", "NORMAL", true],
    ["keeps", "FULL", false],
  ] as const)(
    "%s commits with synchronous=%s, so the experiment can tell",
    async (_, synchronous, isLost) => {
      using cut = disk();
      using writer = openRows(join(cut.path, "rows.db"));
      const { client } = writer;
      client.pragma(`synchronous = ${synchronous}`);
      const insert = client.prepare("insert into rows default values");
      for (let row = 0; row < 500; row++) insert.run();
      const found = await cut.afterCut((path) => {
        const after = new Database(join(path, "rows.db"));
        try {
          return after.prepare("select count(*) from rows").pluck().get() as number;
        } finally {
          after.close();
        }
      });
      expect(found < 500).toBe(isLost);
    },
  );
});
