import { Command, Option } from "commander";
import * as z from "zod";
import { isoDuration } from "../config.ts";
import { tokenScopes, type Token, type TokenScope } from "../domain/token.ts";
import { isProjectId } from "../domain/viewer.ts";
import { newTokenText, tokenHash } from "../http/access/token-text.ts";
import { howToRun } from "../program/how-to-run.ts";
import type { Maintenance } from "../store/maintenance.ts";
import { CommandError } from "./command-error.ts";
import { ownStore } from "./from-settings.ts";

type TokenCommandOptions = {
  /** Makes the database if there is none: a gateway that others can reach needs a token before it starts. */
  readonly open: () => Promise<Maintenance>;
  /** @throws if there is no database. */
  readonly openExisting: () => Promise<Maintenance>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
};

/** The tokens of the gateway's own store, printed to standard output. */
const ownTokens: TokenCommandOptions = {
  open: () =>
    // Told, because it may not be the gateway's.
    ownStore().openOrMake((file) =>
      console.error(`Made ${file}: a gateway with another DATABASE_URL does not know this token.`),
    ),
  openExisting: () => ownStore().openExisting(),
  now: Date.now,
  print: console.log,
};

/** `issuewire token create | list | revoke`. A running gateway picks up a change within moments. */
export function tokenCommand(options = ownTokens): Command {
  const command = new Command("token").description("Make, list and revoke the tokens that readers send.");
  command
    .command("create")
    .description("Make a token and print it, only this once. A running gateway accepts it at once.")
    .requiredOption("--name <name>", "its name, which the list shows and revoking takes")
    .addOption(
      new Option(
        "--scope <scope>",
        "read: issues and their history; admin: the deliveries and metrics as well",
      )
        .choices(tokenScopes)
        .makeOptionMandatory(),
    )
    .option(
      "--project <slug or id>",
      "only this project; may be given several times. Without any, all projects",
      (one: string, before: readonly string[] | undefined) => [...(before ?? []), one],
    )
    .option("--expires <when>", "a duration from now such as P90D, or a time such as 2027-01-01T00:00:00Z")
    .action((given: Given) => create(given, options));
  command
    .command("list")
    .description("List the tokens: their names and what they allow.")
    .action(() => list(options));
  command
    .command("revoke")
    .argument("<name>", "the token's name")
    .description("Revoke a token. A running gateway refuses it within moments, and ends its streams.")
    .action((name: string) => revoke(name, options));
  return command;
}

type Given = {
  readonly name: string;
  readonly scope: TokenScope;
  readonly project?: readonly string[];
  readonly expires?: string;
};

async function create(
  { name, scope, project = [], expires }: Given,
  { open, now, print }: TokenCommandOptions,
): Promise<void> {
  if (!/^[^\p{C}]{1,100}$/u.test(name)) throw new CommandError("--name must be 1 to 100 visible characters.");
  const createdAt = now();
  const expiresAt = expires === undefined ? null : momentOf(expires, createdAt);
  await using store = await open();
  const projects = project.length === 0 ? "all" : await Promise.all(project.map((one) => idOf(one, store)));
  const text = newTokenText();
  const token = { name, sha256: tokenHash(text), scope, projects, createdAt, expiresAt } as const;
  await store.tokens.add(token);
  print(text);
}

async function idOf(slugOrId: string, store: Maintenance): Promise<string> {
  const project = await store.findProject(slugOrId);
  if (project !== null) return project.sentryId;
  if (isProjectId(slugOrId)) return slugOrId;
  throw new CommandError(
    `No webhook has named a project ${slugOrId} yet. Give its id instead of its slug: Sentry shows it in the project's settings.`,
  );
}

async function list({ openExisting, now, print }: TokenCommandOptions): Promise<void> {
  await using store = await openExisting();
  const tokens = await store.tokens.list();
  if (tokens.length === 0) return print(`There are no tokens: see "${howToRun("token create --help")}".`);
  const rows = [["NAME", "SCOPE", "PROJECTS", "CREATED", "EXPIRES"], ...tokens.map((one) => row(one, now()))];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  for (const cells of rows)
    print(
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
}

function row({ name, scope, projects, createdAt, expiresAt }: Token, now: number): string[] {
  const expiry = expiresAt === null ? "never" : expiresAt <= now ? "expired" : timeOf(expiresAt);
  return [name, scope, projects === "all" ? "all" : projects.join(","), timeOf(createdAt), expiry];
}

async function revoke(name: string, { openExisting, print }: TokenCommandOptions): Promise<void> {
  await using store = await openExisting();
  if (!(await store.tokens.remove(name))) throw new CommandError(`There is no token named ${name}.`);
  print(`Revoked ${name}.`);
  // A user may mean to let nobody in. Without tokens the gateway is open to this machine, and to whatever a proxy makes
  // look like it.
  if ((await store.tokens.list()).length === 0)
    print(
      "That was the last token. Unless JWTs or ALLOW_ANONYMOUS are configured, anyone on this machine can now read everything; with TRUST_PROXY, or a HOST that other machines can reach, nobody can.",
    );
}

const isoTime = z.iso.datetime({ offset: true });

function momentOf(text: string, now: number): number {
  let moment: number;
  try {
    moment = isoTime.safeParse(text).success ? Date.parse(text) : now + isoDuration.parse(text);
  } catch {
    throw new CommandError(
      "--expires must be a duration such as P90D or a time such as 2027-01-01T00:00:00Z.",
    );
  }
  if (moment <= now) throw new CommandError("--expires is in the past.");
  return moment;
}

function timeOf(moment: number): string {
  return new Date(moment).toISOString().replace(/\.\d+Z$/, "Z");
}
