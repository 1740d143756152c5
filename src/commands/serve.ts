import { setTimeout as wait } from "node:timers/promises";
import { Command } from "commander";
import { idleLines, readEnvironment, unknownSettings } from "../config.ts";
import { createLogger } from "../observability/logger.ts";
import { startGateway } from "../server/gateway.ts";
import { ownConfig } from "./from-settings.ts";

/** How long a gateway that is stopped while it starts may take to close what it has opened. */
const closeMs = 500;

/** `issuewire serve`: the gateway as a process, until a signal ends it. */
export function serveCommand(): Command {
  return new Command("serve")
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
      const settings = ownConfig();
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
      {
        await using gateway = await starting;
        void gateway.ended.then((reason) => {
          // A failure, so that a process manager starts it again.
          process.exitCode = 1;
          stop.resolve(reason);
        });
        const reason = await stop.promise;
        logger.info({ reason }, "stopping");
        if (reason === "SIGTERM") await gateway.drain(atOnce.signal);
      }
      // A server that hangs would keep its connections open, and with them the process.
      process.exit();
    });
}
