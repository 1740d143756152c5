import { readFileSync, writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { printedSchema } from "../graphql/schema.ts";
import { CommandError } from "./command-error.ts";

/** `issuewire schema`: prints the GraphQL schema, or compares a file with it. */
export function schemaCommand(): Command {
  return new Command("schema")
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
}

function orSay<Result>(message: string, attempt: () => Result): Result {
  try {
    return attempt();
  } catch (cause) {
    throw new CommandError(message, { cause });
  }
}
