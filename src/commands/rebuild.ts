import { Command } from "commander";
import { readBody } from "../sentry/payload.ts";
import { createProgressBar } from "../terminal/progress.ts";
import { ownStore } from "./from-settings.ts";

/** `issuewire rebuild`: derives every history again. */
export function rebuildCommand(): Command {
  return new Command("rebuild")
    .description(
      "Derive every history again from the kept deliveries, under a new epoch. Stop the gateway first; on PostgreSQL, replicas answer webhooks with 503 meanwhile.",
    )
    .action(async () => {
      const { rebuild } = ownStore();
      using bar = createProgressBar("rebuilding", process.stderr);
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
}
