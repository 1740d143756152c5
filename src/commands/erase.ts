import { Command } from "commander";
import type { Compaction, Maintenance } from "../store/maintenance.ts";
import type { Retention } from "../store/retention.ts";
import { counted } from "../terminal/counted-noun.ts";
import type { ProgressBar } from "../terminal/progress.ts";
import { CommandError } from "./command-error.ts";

export type EraseCommandOptions = {
  readonly open: () => Promise<Maintenance>;
  readonly progress: (what: string) => ProgressBar;
  /** RETENTION_RAW_DAYS and RETENTION_EVENTS_DAYS. */
  readonly retention: () => Retention;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
};

const dayMs = 86_400_000;

/** Repeats `step` until it finds nothing more to do. Returns how much was done in all. */
async function allOf(
  what: string,
  step: () => Promise<number>,
  { progress }: EraseCommandOptions,
): Promise<number> {
  using bar = progress(what);
  let done = 0;
  for (let more = await step(); more > 0; more = await step()) bar.update((done += more), done);
  bar.clear();
  return done;
}

/** Erases what earlier steps have left for later, those of an interrupted command included. */
async function finish(store: Maintenance, options: EraseCommandOptions): Promise<void> {
  await allOf("erasing", store.eraseSetAside, options);
  if (await store.sweep()) return;
  options.print(
    "Another process is reading the database: until it has finished and the gateway has been restarted, the files may still contain what was erased.",
  );
}

/**
 * Like `finish`, and leaves nothing of it anywhere in the database's file; says so if it may have.
 *
 * @param missing why nothing was forgotten, null if something was. It finishes even then: an interrupted command may
 * have forgotten it already.
 * @throws CommandError that says what is missing.
 */
async function finishForgetting(
  store: Maintenance,
  missing: string | null,
  options: EraseCommandOptions,
): Promise<void> {
  await allOf("erasing", store.eraseSetAside, options);
  const compaction = await store.compact();
  await finish(store, options);
  const left = leftBy(compaction);
  if (missing !== null) throw new CommandError(left === null ? missing : `${missing}\n${left}`);
  if (left !== null) options.print(left);
}

/** What the database's file may still hold; null for nothing. */
function leftBy(compaction: Compaction): string | null {
  switch (compaction.is) {
    case "compact":
      return null;
    case "in use":
      return "A gateway or another command uses the database: parts of its file that are not in use may still hold some of what was erased. This command clears them when it is run once more with nothing else using it, though it finds nothing then.";
    case "left":
      return `The database's file was not rewritten (${compaction.because}): parts of it that are not in use may still hold some of what was erased. This command clears them when it is run once more, though it finds nothing then.`;
  }
}

/** `issuewire prune`: drops what is too old by the settings. A running gateway does the same by itself. */
export function pruneCommand(options: EraseCommandOptions): Command {
  const { open, retention, now, print } = options;
  return new Command("prune")
    .description(
      "Drop what RETENTION_RAW_DAYS and RETENTION_EVENTS_DAYS say is too old, now. A running gateway does so by itself.",
    )
    .action(async () => {
      const { rawDays, eventsDays } = retention();
      if (rawDays === null && eventsDays === null)
        throw new CommandError(
          "No retention is configured: set RETENTION_RAW_DAYS or RETENTION_EVENTS_DAYS.",
        );
      await using store = await open();
      if (rawDays !== null) {
        const step = () => store.dropBodies(now() - rawDays * dayMs, now());
        const bodies = await allOf("dropping bodies", step, options);
        print(`Dropped ${counted(bodies, "delivery's body", "deliveries' bodies")}.`);
      }
      if (eventsDays !== null) {
        const step = () => store.dropClosedIssues(now() - eventsDays * dayMs);
        const issues = await allOf("dropping issues", step, options);
        print(
          `Dropped ${counted(issues, "closed issue with its history", "closed issues with their histories")}.`,
        );
      }
      await finish(store, options);
    });
}

/** How many issues of a project are looked up at once. */
const issuesAtOnce = 100;

/** `issuewire forget issue | project`. */
export function forgetCommand(options: EraseCommandOptions): Command {
  const { open, progress, now, print } = options;
  const command = new Command("forget").description(
    "Erase an issue or a project, with every delivery about it. Followers are told that it is gone.",
  );

  /** Forgets a project and its issues. Returns how many issues there were. */
  async function forgetProject(store: Maintenance, projectId: string): Promise<number> {
    using bar = progress("forgetting");
    let done = 0;
    for (;;) {
      const issues = await store.issuesIn(projectId, issuesAtOnce);
      if (issues.length === 0) break;
      for (const sentryId of issues) {
        await store.forgetIssue(sentryId, now());
        bar.update((done += 1), done);
      }
    }
    await store.forgetProject(projectId);
    bar.clear();
    return done;
  }

  command
    .command("issue")
    .argument("<issue>", "its short id, or Sentry's id")
    .description(
      "Erase an issue: its deliveries, their bodies, its history. A later webhook about it begins a new history.",
    )
    .action(async (name: string) => {
      await using store = await open();
      const sentryId = await store.findIssue(name);
      if (sentryId !== null) {
        await store.forgetIssue(sentryId, now());
        print(`Forgot issue ${sentryId}.`);
      }
      await finishForgetting(store, sentryId === null ? `There is no issue ${name}.` : null, options);
    });
  command
    .command("project")
    .argument("<project>", "its slug, or Sentry's id")
    .description("Erase every issue that is in a project now, and the project.")
    .action(async (name: string) => {
      await using store = await open();
      const project = await store.findProject(name);
      if (project !== null) {
        const issues = await forgetProject(store, project.sentryId);
        // Prints the name as given: the slug comes from Sentry, and may have terminal control sequences in it.
        print(`Forgot project ${name}: ${counted(issues, "issue")}.`);
      }
      await finishForgetting(store, project === null ? `There is no project ${name}.` : null, options);
    });
  return command;
}
