import { Command } from "commander";
import { retentionOf } from "../config.ts";
import { dayMs } from "../domain/calendar.ts";
import type { Retention } from "../store/retention.ts";
import { counted } from "../terminal/counted-noun.ts";
import { CommandError } from "./command-error.ts";
import { allOf, erasingOwn, finish, type ErasingOptions } from "./erasing.ts";
import { ownConfig } from "./from-settings.ts";

export type PruneOptions = ErasingOptions & {
  /** RETENTION_RAW_DAYS and RETENTION_EVENTS_DAYS. */
  readonly retention: () => Retention;
};

const pruningOwn: PruneOptions = { ...erasingOwn, retention: () => retentionOf(ownConfig()) };

/** `issuewire prune`: drops what is too old by the settings. A running gateway does the same by itself. */
export function pruneCommand({ open, retention, now, print } = pruningOwn): Command {
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
      let dropped = 0;
      const tell = (many: number, one: string, more: string) => {
        dropped += many;
        if (many > 0) print(`Dropped ${counted(many, one, more)}.`);
      };
      if (rawDays !== null) {
        const step = () => store.dropBodies(now() - rawDays * dayMs, now());
        tell(await allOf("dropping bodies", step), "delivery's body", "deliveries' bodies");
      }
      if (eventsDays !== null) {
        const step = () => store.dropClosedIssues(now() - eventsDays * dayMs);
        const issues = await allOf("dropping issues", step);
        tell(issues, "closed issue with its history", "closed issues with their histories");
      }
      await finish(store, print);
      if (dropped === 0) print("Nothing was too old.");
    });
}
