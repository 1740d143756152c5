import { Command } from "commander";
import { idleLines, readEnvironment, unknownSettings } from "../config.ts";
import { withoutPassword } from "../database-url.ts";
import { howToRun } from "../program/how-to-run.ts";
import { sign } from "../sentry/signature.ts";
import type { Finding } from "../store/doctor/finding.ts";
import { createProgressBar } from "../terminal/progress.ts";
import { CommandError } from "./command-error.ts";
import { sendTestDelivery } from "./doctor-send.ts";
import { ownConfig, ownStore, signingSecret } from "./from-settings.ts";

/** `issuewire doctor`: says what is wrong with the settings and the database, and what to do about it. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "Check the database, every kept body, every history and the settings. Exit status 1 when something is wrong.",
    )
    .option(
      "--send <url>",
      "post a signed test delivery to the gateway's public address, and say whether it arrived and whether anyone may read there",
      webAddress,
    )
    .action(async ({ send }: { readonly send?: string }) => {
      const { examine } = ownStore();
      let isWell = true;
      const tell = (findings: readonly Finding[]) => {
        for (const { problem, remedy } of findings) console.log(`✗ ${problem}\n  → ${remedy}`);
        if (findings.length > 0) isWell = false;
      };
      // Before the database is opened: the setting that names it may be without effect.
      tell(settingsFindings());
      using bar = createProgressBar("examining", process.stderr);
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
}

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
  await using opened = await ownStore().openExisting();
  const secret = signingSecret();
  const { SENTRY_CLIENT_SECRET: given, WEBHOOK_BEARER: bearer = null } = ownConfig();
  return await sendTestDelivery({
    url,
    sign: (body) => sign(secret, body),
    isOwnSecret: given === undefined,
    bearer,
    arrived: opened.hasDelivery,
  });
}
