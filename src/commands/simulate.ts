import { randomInt } from "node:crypto";
import { Command, InvalidArgumentError, Option } from "commander";
import { howToRun } from "../program/how-to-run.ts";
import { readBody } from "../sentry/payload.ts";
import { durationFlag, durationMs } from "../simulate/duration.ts";
import { fill, type Filling } from "../simulate/fill.ts";
import { showingProgress, type Progress } from "../simulate/progress.ts";
import { run, type Ending } from "../simulate/run.ts";
import { createSender } from "../simulate/sender.ts";
import { summaryOf } from "../simulate/summary.ts";
import { createTally } from "../simulate/tally.ts";
import { liveTraffic, pastTraffic, type PastOptions } from "../simulate/traffic.ts";
import type { Webhook } from "../simulate/webhook.ts";
import { openSqliteBulkFill } from "../store/sqlite/bulk-fill.ts";
import { createStatusLine, type Screen } from "../terminal/progress.ts";
import { ownAddress, ownConfig, ownFile, signingSecret } from "./from-settings.ts";

type SimulateOptions = {
  /** The gateway's secret, if `--secret` is not given. An error is shown to the user. */
  readonly resolveSecret: () => string;
  /** The gateway's bearer token, if `--bearer` is not given; null if it asks for none. */
  readonly resolveBearer: () => string | null;
  /** Opens the store of the gateway's own settings for `--bulk`. An error is shown to the user. */
  readonly openFilling: () => Filling;
  /** The gateway's URL, if `--url` is not given. An error is shown to the user. */
  readonly resolveUrl: () => string;
  /** The summary goes here. */
  readonly output: Screen;
  /** The progress goes here. */
  readonly screen: Screen;
};

const ownGateway: SimulateOptions = {
  resolveSecret: signingSecret,
  resolveBearer: () => ownConfig().WEBHOOK_BEARER ?? null,
  openFilling: () =>
    openSqliteBulkFill({
      file: ownFile(),
      read: readBody,
      onFault: (error) => console.error(`A delivery could not be applied: ${String(error)}`),
    }),
  resolveUrl: ownAddress,
  output: process.stdout,
  screen: process.stderr,
};

type Flags = {
  readonly url?: URL;
  readonly rate?: number;
  readonly issues?: number;
  readonly seed?: number;
  readonly history?: number;
  readonly duration?: number;
  readonly count?: number;
  readonly secret?: string;
  readonly bearer?: string;
  readonly quiet?: true;
  readonly bulk?: true;
};

const defaultRate = 5;
const issuesOfHistory = 1_000;
/** Living issues per webhook a second, so that something happens to each one every ten seconds. */
const issuesAlivePerRate = 10;
const connections = 32;

const examples = [
  ["", "five webhooks a second until Ctrl-C"],
  [" --history 30d", "a month of 1,000 issues, as fast as it goes"],
  [" --history 90d --issues 1000000 --bulk", "a large database, before the gateway is started"],
  [" --rate 200 --duration 1m", "a busy minute"],
  [" --seed 7 --count 100", "100 webhooks about the same issues each time"],
] as const;

/**
 * `simulate`: sends a gateway what Sentry would send it. SIGINT and SIGTERM end it with the summary. If the gateway is
 * unreachable, refuses the secret or keeps nothing, it ends with a message and exit status 1.
 */
export function simulateCommand(options = ownGateway): Command {
  const command = new Command("simulate");
  command
    .summary("Send a running gateway what Sentry would send it.")
    .description(
      "Send a running gateway signed webhooks as Sentry would: issues that are created, assigned, resolved, archived," +
        " regress and escalate, with Sentry's silent steps between; some webhooks twice, some late, some lost.\n\n" +
        "What is sent stays in the gateway's database for good, mixed with what Sentry sends: use a database of its own" +
        " for this, or delete it before you connect Sentry.",
    )
    .addOption(urlOption(command))
    .option(
      "--rate <number>",
      `webhooks a second (default: ${defaultRate}; with --history as fast as they are answered)`,
      positiveNumber,
    )
    .option(
      "--issues <number>",
      `issues alive at a time (default: ${issuesAlivePerRate} times the rate);` +
        ` with --history issues in all, some of which Sentry sends nothing about (default: ${issuesOfHistory})`,
      wholeNumber(1, 10_000_000),
    )
    .option(
      "--seed <number>",
      "the same seed makes up the same issues, for a gateway that does not know them yet; what happens to them" +
        " depends also on when it begins (default: another seed each time)",
      wholeNumber(0, 0xffff_ffff),
    )
    .option("--history <duration>", "fill the past up to now, such as 30d or 12h, and end", duration)
    .option(
      "--duration <duration>",
      "end after so long, such as 10m (default: never; with --history once all of it is sent)",
      duration,
    )
    .option("--count <number>", "end after so many webhooks", wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option(
      "--secret <text>",
      "the Client Secret that the gateway checks with (default: the gateway's own settings)",
    )
    .option("--bearer <text>", "sent as Authorization: Bearer (default: the gateway's own settings)")
    .option(
      "--bulk",
      "with --history: write straight into the database of the gateway's own settings, which must be new, while no" +
        " gateway runs; a million issues then take minutes instead of hours, and each webhook counts as received when" +
        " it was due",
    )
    .option("--quiet", "no progress, only the summary")
    .addHelpText(
      "after",
      `
Examples:
${examples.map(([flags, meaning]) => `  $ ${howToRun(`simulate${flags}`)}\n      ${meaning}\n`).join("")}
Where the secret is looked for: --secret, then SENTRY_CLIENT_SECRET in the environment or .env, then the file
beside the database in which the gateway keeps the one that it made at its first start.`,
    )
    .action(async (flags: Flags) => {
      const failure = await simulate(flags, options);
      if (failure !== null) command.error(failure, { exitCode: 1 });
    });
  return command;
}

/** Runs the command. Returns an error message for the user; null if there was no error. */
async function simulate(
  flags: Flags,
  { output, screen, ...settings }: SimulateOptions,
): Promise<string | null> {
  const resolved = resolve(flags, settings);
  if (typeof resolved === "string") return resolved;
  const { url, secret, bearer, opened } = resolved;
  const { history, quiet = false, count = null, duration: runsForMs = null } = flags;
  const seed = flags.seed ?? randomInt(0x1_0000_0000);
  const tally = createTally();
  const until = Date.now();
  const began = performance.now();
  let dueAt = until - (history ?? 0);
  const progress = (): Progress => {
    const counts = tally.counts();
    const elapsedMs = performance.now() - began;
    const shares = [
      count === null ? 0 : counts.sent / count,
      runsForMs === null ? 0 : elapsedMs / runsForMs,
      history === undefined ? 0 : 1 - (until - dueAt) / history,
    ];
    const isEndless = count === null && runsForMs === null && history === undefined;
    return { counts, elapsedMs, share: isEndless ? null : Math.max(...shares) };
  };

  using signals = untilSignal();
  const webhooks = trafficOf(flags, { seed, secret, until, onLost: tally.lost });
  const common = { webhooks, tally, count, durationMs: runsForMs, signal: signals.signal };

  async function send(): Promise<Ending> {
    using sender = createSender({ url, connections, bearer });
    return await run({
      ...common,
      send: (webhook) => {
        dueAt = webhook.dueAt;
        return sender.send(webhook);
      },
      rate: rateOf(flags),
      concurrency: connections,
    });
  }

  async function write(filling: Filling): Promise<Ending> {
    return await fill({
      ...common,
      filling,
      onDue: (at) => (dueAt = at),
      onFinishing: () => {
        if (quiet) return;
        createStatusLine(screen).clear();
        screen.write("Making the indexes …\n");
      },
    });
  }

  using filling = opened;
  const ending = await showingProgress(quiet ? null : screen, progress, () =>
    filling === null ? send() : write(filling),
  );

  const { counts, elapsedMs } = progress();
  const gateway = shown(url).replace(/\/$/, "");
  const failure = failureOf(ending, gateway);
  // A run that was refused from its beginning has nothing to sum up.
  if (failure === null || counts.notKept < counts.sent) {
    output.write(
      `${summaryOf({ counts, elapsedMs, repeat: repeatOf({ ...flags, url }, seed), url: gateway })}\n`,
    );
  }
  if (failure === null && counts.sent > 0 && counts.notKept === counts.sent)
    return `error: ${gateway} kept none of it: its answers are above, and its log says why.`;
  return failure;
}

type Resolved = {
  readonly url: URL;
  readonly secret: string;
  readonly bearer: string | null;
  /** Null if webhooks are sent to a gateway. */
  readonly opened: Filling | null;
};

/** Takes from the settings what the flags do not give. Returns a text if something is wrong. */
function resolve(flags: Flags, settings: Omit<SimulateOptions, "output" | "screen">): Resolved | string {
  if (flags.bulk === true && (flags.history === undefined || flags.rate !== undefined))
    return "error: --bulk writes a history as fast as it can: use it with --history and without --rate.";
  try {
    const url = flags.url ?? new URL(settings.resolveUrl());
    const opened = flags.bulk === true ? settings.openFilling() : null;
    // No signature is checked when writing straight into the database.
    const secret = opened === null ? (flags.secret ?? settings.resolveSecret()) : "";
    const bearer = flags.bearer ?? settings.resolveBearer();
    return { url, secret, bearer, opened };
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function rateOf({ rate, history }: Flags): number | null {
  return rate ?? (history === undefined ? defaultRate : null);
}

function trafficOf(
  flags: Flags,
  { until, ...traffic }: Pick<PastOptions, "seed" | "secret" | "onLost"> & { readonly until: number },
): Iterable<Webhook> {
  const { history, issues } = flags;
  if (history !== undefined) {
    return pastTraffic({ ...traffic, issues: issues ?? issuesOfHistory, from: until - history, to: until });
  }
  const rate = rateOf(flags) ?? defaultRate;
  return liveTraffic({
    ...traffic,
    issues: issues ?? Math.ceil(rate * issuesAlivePerRate),
    rate,
    now: Date.now,
  });
}

function failureOf(ending: Ending, gateway: string): string | null {
  switch (ending.is) {
    case "finished":
    case "stopped":
      return null;
    case "unreachable":
      return (
        `error: nothing answers at ${gateway} (${ending.reason}).` +
        ` Start the gateway with \`${howToRun("serve")}\`, or say where it is with --url.`
      );
    case "refused":
      return ending.code === "UNAUTHENTICATED"
        ? `error: ${gateway} asks for a bearer token: pass its WEBHOOK_BEARER with --bearer.`
        : `error: ${gateway} refuses the signature: its secret is another one. Pass it with --secret, or set` +
            " SENTRY_CLIENT_SECRET to the same for both.";
    case "misdirected":
      return (
        `error: what answers at ${gateway} takes no webhooks: POST ${gateway}/webhooks/sentry is answered` +
        ` ${ending.status}. Say where the gateway is with --url.`
      );
  }
}

/** The URL without the user and password that may be in it. */
function shown(url: URL): string {
  const plain = new URL(url);
  plain.username = "";
  plain.password = "";
  return plain.href;
}

/** The command line that repeats the run. It has no secrets, because what is printed is copied around. */
function repeatOf(flags: Flags & { readonly url: URL }, seed: number): string {
  const { url, rate, issues, history, duration: length, count, bulk } = flags;
  const given: readonly (readonly [name: string, value: string | number | undefined])[] = [
    ["seed", seed],
    ["history", history === undefined ? undefined : durationFlag(history)],
    ["issues", issues],
    ["rate", rate],
    ["duration", length === undefined ? undefined : durationFlag(length)],
    ["count", count],
    ["url", bulk === true ? undefined : shown(url)],
  ];
  const words = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  if (bulk === true) words.push("--bulk");
  return howToRun(`simulate ${words.join(" ")}`);
}

/** A signal that aborts at the first SIGINT or SIGTERM. A second one ends the process, as by default. */
function untilSignal(): Disposable & { readonly signal: AbortSignal } {
  const abort = new AbortController();
  const stop = (): void => {
    abort.abort();
    ignore();
  };
  const ignore = (): void => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return { signal: abort.signal, [Symbol.dispose]: ignore };
}

function urlOption(command: Command): Option {
  return new Option(
    "--url <url>",
    "where the gateway listens (default: the gateway's own settings)",
  ).argParser((text) => {
    const parsed = URL.parse(text);
    if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
      // An InvalidArgumentError would show the text, which may have a password in it.
      command.error("error: option '--url <url>' is invalid. It must be like http://127.0.0.1:4000.");
    }
    return parsed;
  });
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

function positiveNumber(text: string): number {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  if (!(value > 0))
    throw new InvalidArgumentError(
      "It must be a number above 0 and below 1000000000, with at most 6 decimals.",
    );
  return value;
}

function duration(text: string): number {
  const ms = durationMs(text);
  if (ms === null) throw new InvalidArgumentError("It must be like 30d, 12h, 90m, 45s or 1d12h.");
  return ms;
}
