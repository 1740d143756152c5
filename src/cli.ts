import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { backupCommand } from "./commands/backup.ts";
import { copyCommand } from "./commands/copy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { forgetCommand } from "./commands/forget.ts";
import { pruneCommand } from "./commands/prune.ts";
import { rebuildCommand } from "./commands/rebuild.ts";
import { schemaCommand } from "./commands/schema.ts";
import { serveCommand } from "./commands/serve.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { tokenCommand } from "./commands/token.ts";
import { describeSettings } from "./config.ts";
import { withoutPassword } from "./database-url.ts";
import { packageFolder } from "./program/package-folder.ts";
import { errorText } from "./terminal/error-text.ts";

const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
  readonly version: string;
};

const program = new Command("issuewire")
  .description("A GraphQL gateway over Sentry's issue webhooks.")
  .version(version)
  .addHelpText("after", () => `\nSettings, from the environment or a file .env here:\n${settingsHelp()}`)
  .addCommand(serveCommand())
  .addCommand(simulateCommand())
  .addCommand(rebuildCommand())
  .addCommand(doctorCommand())
  .addCommand(backupCommand())
  .addCommand(copyCommand())
  .addCommand(pruneCommand())
  .addCommand(forgetCommand())
  .addCommand(tokenCommand())
  .addCommand(schemaCommand());

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
