import { readFileSync, writeFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Command, CommanderError, Option } from "commander";
import { CommandError } from "./commands/command-error.ts";
import { copyCommand } from "./commands/copy.ts";
import { forgetCommand, pruneCommand } from "./commands/erase.ts";
import { sendTestDelivery } from "./commands/send.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { tokenCommand } from "./commands/token.ts";
import {
  ConfigError,
  describeSettings,
  idleLines,
  isoDuration,
  parseConfig,
  readEnvironment,
  retentionOf,
  unknownSettings,
} from "./config.ts";
import { databaseFileOf, faultOfUrl, withoutPassword } from "./database-url.ts";
import { printedSchema } from "./graphql/schema.ts";
import { createLogger } from "./observability/logger.ts";
import { howToRun } from "./program/how-to-run.ts";
import { packageFolder } from "./program/package-folder.ts";
import { readBody } from "./sentry/payload.ts";
import { readSecret, secretFileOf } from "./sentry/secret.ts";
import { sign } from "./sentry/signature.ts";
import { startGateway } from "./server.ts";
import { storeCommands } from "./store-commands.ts";
import { copyStore } from "./store/copy.ts";
import type { Finding } from "./store/doctor/finding.ts";
import { backUpSqlite } from "./store/sqlite/backup.ts";
import { openSqliteFilling } from "./store/sqlite/filling.ts";
import { errorText } from "./terminal/error-text.ts";
import { createProgressBar } from "./terminal/progress.ts";

const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
  readonly version: string;
};

/** How long a gateway that is stopped while it starts may take to close what it has opened. */
const closeMs = 500;

const config = () => parseConfig(readEnvironment());
const store = () => storeCommands(config().DATABASE_URL);
const databaseFile = () => {
  const { file } = store();
  if (file === null)
    throw new ConfigError(
      "This command works only on a SQLite file, but DATABASE_URL names PostgreSQL. Back PostgreSQL up with its own tools, such as pg_dump; to fill it with history, run simulate --bulk on a file and copy that.",
    );
  return file;
};

const progress = (what: string) => createProgressBar(what, process.stderr);

/** The address of a gateway with these settings, from this machine. */
function ownAddress(): string {
  const { HOST: host, PORT: port } = config();
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

function signingSecret(): string {
  const { file } = store();
  const secret =
    config().SENTRY_CLIENT_SECRET?.[0] ?? (file === null ? null : readSecret(secretFileOf(file)));
  if (secret === null)
    throw new ConfigError(
      file === null
        ? "There is no secret to sign with: set SENTRY_CLIENT_SECRET to that of the gateways."
        : "There is no secret to sign with yet: start the gateway once, or set SENTRY_CLIENT_SECRET.",
    );
  return secret;
}

const program = new Command("issuewire")
  .description("A GraphQL gateway over Sentry's issue webhooks.")
  .version(version)
  .addHelpText("after", () => `\nSettings, from the environment or a file .env here:\n${settingsHelp()}`);

program
  .command("serve")
  .description(
    "Receive webhooks and serve GraphQL until SIGTERM and DRAIN_DELAY after it, or until SIGINT or SIGHUP.",
  )
  .action(async () => {
    const stop = Promise.withResolvers<string>();
    const atOnce = new AbortController();
    // May come twice: npm passes on what the whole process group has got already.
    process.on("SIGTERM", () => stop.resolve("SIGTERM"));
    for (const signal of ["SIGINT", "SIGHUP"] as const)
      process.on(signal, () => {
        stop.resolve(signal);
        atOnce.abort();
      });
    const settings = config();
    const logger = createLogger({ level: settings.LOG_LEVEL });
    // Unhandled rejections come here too. Node itself would print every property that libraries add to their errors.
    process.on("uncaughtException", (err) => {
      logger.fatal({ err }, "unexpected error: this process exits and has to be restarted");
      process.exit(1);
    });
    for (const name of unknownSettings(readEnvironment())) logger.warn({ name }, "no such setting");
    for (const line of idleLines())
      logger.warn(
        { file: ".env", line },
        "this line has no effect: it is not NAME=value, or a later line sets the same name",
      );
    const starting = startGateway(settings, { logger });
    const early = await Promise.race([starting.then(() => null), stop.promise]);
    if (early !== null) {
      logger.info({ reason: early }, "stopping before listening");
      // Not awaited for longer: the start may take long, and nothing has been acknowledged yet.
      const closed = starting.then((gateway) => gateway[Symbol.asyncDispose]()).catch(() => {});
      await Promise.race([closed, wait(closeMs)]);
      process.exit();
    }
    await using gateway = await starting;
    void gateway.ended.then((reason) => {
      // A failure, so that a process manager starts it again.
      process.exitCode = 1;
      stop.resolve(reason);
    });
    const reason = await stop.promise;
    logger.info({ reason }, "stopping");
    if (reason === "SIGTERM") await gateway.drain(atOnce.signal);
  });

program.addCommand(
  simulateCommand({
    resolveUrl: ownAddress,
    resolveBearer: () => config().WEBHOOK_BEARER ?? null,
    openFilling: () =>
      openSqliteFilling({
        file: databaseFile(),
        read: readBody,
        onFault: (error) => console.error(`A delivery could not be applied: ${String(error)}`),
      }),
    resolveSecret: signingSecret,
  }),
);

program
  .command("rebuild")
  .description(
    "Derive every history again from the kept deliveries, under a new epoch. Stop the gateway first; on PostgreSQL, replicas answer webhooks with 503 meanwhile.",
  )
  .action(async () => {
    const { rebuild } = store();
    using bar = progress("rebuilding");
    const faults: unknown[] = [];
    const unreadable: Error[] = [];
    await rebuild({
      read: readBody,
      onProgress: bar.update,
      onFault: (error) => faults.push(error),
      onUnreadable: (error) => unreadable.push(error),
    });
    bar.clear();
    for (const fault of faults) console.error(`A delivery could not be applied: ${String(fault)}`);
    for (const { message } of unreadable)
      console.error(`${message} Histories are complete without it; doctor says what else this means.`);
    console.log(
      "Every history was derived again. Subscribers will be told EPOCH_CHANGED, and read their lists again.",
    );
  });

program
  .command("doctor")
  .description(
    "Check the database, every kept body, every history and the settings. Exit status 1 when something is wrong.",
  )
  .option(
    "--send <url>",
    "post a signed test delivery to the gateway's public address, and say whether it arrived and whether anyone may read there",
    webAddress,
  )
  .action(async ({ send }: { readonly send?: string }) => {
    const { examine } = store();
    let isWell = true;
    const tell = (findings: readonly Finding[]) => {
      for (const { problem, remedy } of findings) console.log(`✗ ${problem}\n  → ${remedy}`);
      if (findings.length > 0) isWell = false;
    };
    // Before the database is opened: the setting that names it may be without effect.
    tell(settingsFindings());
    using bar = progress("examining");
    const findings = await examine({ onProgress: bar.update });
    bar.clear();
    tell(findings);
    if (send !== undefined) {
      const sent = await sendTest(send);
      if (sent.is === "wrong") tell([sent]);
      else
        console.log(
          `✓ A test delivery arrived through ${withoutPassword(send)}, in ${Math.round(sent.milliseconds)} ms.`,
        );
    }
    if (isWell)
      console.log("✓ The settings, the database, every kept body and every history are as they should be.");
    else process.exitCode = 1;
  });

/** Settings and lines of `.env` that look effective and are not. */
function settingsFindings(): readonly Finding[] {
  const names = unknownSettings(readEnvironment()).map((name) => `There is no setting ${name}.`);
  const lines = idleLines().map(
    (line) => `Line ${line} of .env has no effect: it is not NAME=value, or a later line sets the same name.`,
  );
  const remedy = `Correct or remove it: "${howToRun("--help")}" lists all settings.`;
  return [...names, ...lines].map((problem) => ({ problem, remedy }));
}

/**
 * @throws CommandError if this is no http or https address. The message of an InvalidArgumentError would show the text,
 * which may hold a password.
 */
function webAddress(text: string): string {
  if (!/^https?:$/.test(URL.parse(text)?.protocol ?? ""))
    throw new CommandError("--send must be an address like https://your.host.");
  return text;
}

async function sendTest(url: string) {
  await using opened = await store().openExisting();
  const secret = signingSecret();
  const { SENTRY_CLIENT_SECRET: given, WEBHOOK_BEARER: bearer = null } = config();
  return await sendTestDelivery({
    url,
    sign: (body) => sign(secret, body),
    isOwnSecret: given === undefined,
    bearer,
    arrived: opened.hasDelivery,
  });
}

program
  .command("backup")
  .argument("<file>", "the file to write, which must not exist yet")
  .description("Copy the database as it is at this moment. The gateway may keep running.")
  .action(async (to: string) => {
    using bar = progress("copying");
    const { newest } = await backUpSqlite({ file: databaseFile(), to, onProgress: bar.update });
    bar.clear();
    console.log(`${to} holds the log up to position ${newest}.`);
  });

program.addCommand(
  copyCommand({
    copy: copyStore,
    fileOf: databaseFileOf,
    faultOfUrl,
    withoutPassword,
    progress,
    print: console.log,
  }),
);

const erase = {
  open: () => store().openExisting(),
  progress,
  retention: () => retentionOf(config()),
  now: Date.now,
  print: console.log,
};
program.addCommand(pruneCommand(erase));
program.addCommand(forgetCommand(erase));

program.addCommand(
  tokenCommand({
    open: () =>
      // Told, because it may not be the gateway's.
      store().openOrMake((file) =>
        console.error(`Made ${file}: a gateway with another DATABASE_URL does not know this token.`),
      ),
    openExisting: () => store().openExisting(),
    durationOf: isoDuration.parse,
    now: Date.now,
    print: console.log,
  }),
);

program
  .command("schema")
  .description("Print the GraphQL schema.")
  .option("--write <file>", "write it to this file instead")
  .addOption(new Option("--check <file>", "fail if this file differs from the schema").conflicts("write"))
  .action(({ write, check }: { readonly write?: string; readonly check?: string }) => {
    const schema = printedSchema();
    if (write !== undefined) orSay(`${write} cannot be written.`, () => writeFileSync(write, schema));
    else if (check === undefined) process.stdout.write(schema);
    else if (orSay(`${check} cannot be read.`, () => readFileSync(check, "utf8")) !== schema) {
      console.error(`${check} is not the present schema: run "npm run schema".`);
      process.exitCode = 1;
    }
  });

function orSay<Result>(message: string, attempt: () => Result): Result {
  try {
    return attempt();
  } catch (cause) {
    throw new CommandError(message, { cause });
  }
}

/** One line for each setting and its default, and its description below. */
function settingsHelp(): string {
  return describeSettings()
    .map(
      ({ name, default: fallback, description }) =>
        `  ${name}${fallback && `=${fallback}`}\n      ${description}`,
    )
    .join("\n");
}

for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
  command
    .showHelpAfterError("Add --help to see what there is.")
    // Error messages repeat unexpected arguments, which may have passwords.
    .configureOutput({ outputError: (text, write) => write(withoutPassword(text)) });

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader, such as `head`, has read enough.
  if (error.code === "EPIPE") return;
  console.error(`issuewire: The output cannot be written: ${error.message}`);
  process.exitCode = 1;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    for (let told: unknown = error; told !== undefined; told = told instanceof Error ? told.cause : undefined)
      console.error(told === error ? "issuewire:" : "  because:", errorText(told));
    process.exitCode = 1;
  }
}
