import { Command } from "commander";
import { counted } from "../observability/counted.ts";
import type { ProgressBar } from "../observability/progress.ts";
import type { Maintenance } from "../store/maintenance.ts";
import type { Retention } from "../store/retention.ts";
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

/** `issuewire prune`: what the settings say is too old. A running gateway does the same by itself. */
export function pruneCommand({ open, progress, retention, now, print }: EraseCommandOptions): Command {
  return new Command("prune")
    .description(
      "Drop what RETENTION_RAW_DAYS and RETENTION_EVENTS_DAYS say is too old, now. A gateway that runs does so by itself.",
    )
    .action(async () => {
      const { rawDays, eventsDays } = retention();
      if (rawDays === null && eventsDays === null)
        throw new CommandError("Nothing is ever too old: set RETENTION_RAW_DAYS or RETENTION_EVENTS_DAYS.");
      await using store = await open();
      const allOf = async (what: string, step: () => Promise<number>): Promise<number> => {
        using bar = progress(what);
        let done = 0;
        for (let more = await step(); more > 0; more = await step()) bar.update((done += more), done);
        bar.clear();
        return done;
      };
      if (rawDays !== null) {
        const bodies = await allOf("dropping bodies", () => store.dropBodies(now() - rawDays * dayMs, now()));
        print(`Dropped ${counted(bodies, "delivery's body", "deliveries' bodies")}.`);
      }
      if (eventsDays !== null) {
        const issues = await allOf("dropping issues", () =>
          store.dropClosedIssues(now() - eventsDays * dayMs),
        );
        print(
          `Dropped ${counted(issues, "closed issue with its history", "closed issues with their histories")}.`,
        );
      }
    });
}

/** How many issues of a project are looked up at once. */
const issuesAtOnce = 100;

/** `issuewire forget issue | project`. */
export function forgetCommand({ open, progress, now, print }: EraseCommandOptions): Command {
  const command = new Command("forget").description(
    "Erase an issue or a project, with every delivery about it. Followers are told that it is gone.",
  );
  command
    .command("issue")
    .argument("<issue>", "its short id, or Sentry's id")
    .description(
      "Erase an issue: its deliveries, their bodies, its history. A webhook about it begins it anew.",
    )
    .action(async (name: string) => {
      await using store = await open();
      const sentryId = await store.findIssue(name);
      if (sentryId === null) throw new CommandError(`There is no issue ${name}.`);
      await store.forgetIssue(sentryId, now());
      print(`Forgot issue ${sentryId}.`);
    });
  command
    .command("project")
    .argument("<project>", "its slug, or Sentry's id")
    .description("Erase every issue that is in a project now, and the project.")
    .action(async (name: string) => {
      await using store = await open();
      const project = await store.findProject(name);
      if (project === null) throw new CommandError(`There is no project ${name}.`);
      using bar = progress("forgetting");
      let done = 0;
      for (;;) {
        const issues = await store.issuesIn(project.sentryId, issuesAtOnce);
        if (issues.length === 0) break;
        for (const sentryId of issues) {
          await store.forgetIssue(sentryId, now());
          bar.update((done += 1), done);
        }
      }
      await store.forgetProject(project.sentryId);
      bar.clear();
      // By the name that was given: the slug comes from Sentry, and may have in it what a terminal obeys.
      print(`Forgot project ${name}: ${counted(done, "issue")}.`);
    });
  return command;
}
