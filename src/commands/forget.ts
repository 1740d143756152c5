import { Command } from "commander";
import type { Compaction, Maintenance } from "../store/maintenance.ts";
import { counted } from "../terminal/counted-noun.ts";
import { createProgressBar } from "../terminal/progress.ts";
import { CommandError } from "./command-error.ts";
import { allOf, erasingOwn, finish, type ErasingOptions } from "./erasing.ts";

/** How many issues of a project are looked up at once. */
const issuesAtOnce = 100;

/** `issuewire forget issue | project`. */
export function forgetCommand({ open, now, print } = erasingOwn): Command {
  const command = new Command("forget").description(
    "Erase an issue or a project, with every delivery about it. Followers are told that it is gone.",
  );

  /** Forgets a project and its issues. Returns how many issues there were. */
  async function forgetProject(store: Maintenance, projectId: string): Promise<number> {
    using bar = createProgressBar("forgetting", process.stderr);
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
      await finishForgetting(store, sentryId === null ? `There is no issue ${name}.` : null, print);
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
      await finishForgetting(store, project === null ? `There is no project ${name}.` : null, print);
    });
  return command;
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
  print: ErasingOptions["print"],
): Promise<void> {
  await allOf("erasing", store.eraseSetAside);
  const compaction = await store.compact();
  await finish(store, print);
  const left = leftBy(compaction);
  if (missing !== null) throw new CommandError(left === null ? missing : `${missing}\n${left}`);
  if (left !== null) print(left);
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
