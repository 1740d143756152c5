import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import * as z from "zod";
import { databaseUrl, postgresUrl } from "./database-url.ts";
import { dayMs } from "./domain/calendar.ts";
import { logLevels } from "./observability/logger.ts";
import { howToRun } from "./program/how-to-run.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const onOff = z.enum(["on", "off"], "must be on or off");

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,12}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));

/** As milliseconds. Only weeks, or days, hours, minutes and seconds: months and years have no fixed length. */
export const isoDuration = z
  .string()
  .regex(
    /^P(?=.)(?:\d{1,6}W|(?:\d{1,6}D)?(?:T(?=.)(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,6}S)?)?)$/,
    "must be an ISO-8601 duration of weeks, or of days, hours, minutes and seconds, such as PT6H",
  )
  .transform((text) => {
    const amount = (unit: RegExp) => Number(unit.exec(text)?.[1] ?? 0);
    const days = 7 * amount(/(\d+)W/) + amount(/(\d+)D/);
    const seconds = 3600 * amount(/T.*?(\d+)H/) + 60 * amount(/T.*?(\d+)M/) + amount(/T.*?(\d+)S/);
    return (days * 86_400 + seconds) * 1000;
  });

const origin = z.string().refine((text) => {
  const url = URL.parse(text);
  // A `*` occurs in no host name, and would be read as a pattern.
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text && !text.includes("*");
}, "must be origins such as https://board.example, without a path or a / at the end, separated by commas");

/** Every setting. `--help` and the README show the descriptions. */
const settings = z.object({
  PORT: wholeNumber(0, 65_535).default(4000).describe("The port to listen on; 0 picks a free one."),
  HOST: z
    .string()
    .regex(
      /^[A-Za-z0-9.:_-]{1,253}$/,
      "must be an address or a name of this machine, such as 127.0.0.1 or 0.0.0.0",
    )
    .default("127.0.0.1")
    .describe(
      "The address to listen on. Any other than 127.0.0.1, localhost or ::1 needs a token, JWTs or ALLOW_ANONYMOUS to say who may read.",
    ),
  DATABASE_URL: databaseUrl
    .default("file:./data/issuewire.db")
    .describe(
      "Where everything is stored: file: and the path of a SQLite file, which is created if missing; or postgres://user:password@host/database for any number of replicas.",
    ),
  DATABASE_DIRECT_URL: postgresUrl
    .optional()
    .describe(
      "The same PostgreSQL database without the pooler, if DATABASE_URL goes through one, so that other replicas' commits are heard at once. Uses one connection.",
    ),
  SENTRY_CLIENT_SECRET: z
    .string()
    .transform((text) => text.split(",").map((secret) => secret.trim()))
    .refine(
      (secrets) => secrets.every((secret) => secret !== ""),
      "must be one secret, or several separated by commas",
    )
    .optional()
    .describe(
      "The Client Secret of your Sentry integration; several, separated by commas, while you rotate it. Unset: a random one is made and stored beside a SQLite file.",
    ),
  // A thread that reads more may need more memory than it may have, which ends the process.
  WEBHOOK_MAX_BYTES: wholeNumber(1, 4 * 1_048_576)
    .default(2_097_152)
    .describe(
      "The largest webhook body accepted, in bytes, at most 4194304. Larger ones are answered 413 and lost.",
    ),
  WEBHOOK_BEARER: z
    .string()
    .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
    .optional()
    .describe(
      "If set, webhooks must also carry the header Authorization: Bearer with this value. Sentry can send one.",
    ),
  TRUST_PROXY: wholeNumber(0, 10)
    .default(0)
    .describe(
      "How many proxies of yours are in front, each adding to X-Forwarded-For, from which a client's address is taken. Above 0, no request counts as made on this machine.",
    ),
  LIMIT_SOCKETS_PER_ADDRESS: wholeNumber(1, 1_000_000)
    .default(1_000)
    .describe(
      "How many WebSockets one address (or IPv6 /64) may have open at once; OVERLOADED (503) beyond.",
    ),
  LIMIT_OPERATIONS_PER_SOCKET: wholeNumber(1, 10_000)
    .default(100)
    .describe("How many operations one WebSocket may have open at once; OPERATION_LIMIT beyond."),
  ALLOW_ANONYMOUS: z
    .enum(["read"], "must be read, or unset")
    .optional()
    .describe(
      "read: requests without a token may read everything except deliveries, raw, metadata, snapshot and e-mail addresses.",
    ),
  JWT_JWKS_URL: z
    .string()
    .refine((text) => {
      const url = URL.parse(text);
      return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
    }, "must be the http or https address of a JSON Web Key Set, without a user or password")
    .optional()
    .describe(
      "The URL of the public keys (JSON Web Key Set) that verify JWTs. Needs JWT_ISSUER and JWT_AUDIENCE.",
    ),
  JWT_ISSUER: z.string().optional().describe("The iss that a JWT must have."),
  JWT_AUDIENCE: z.string().optional().describe("The aud that a JWT must have, or contain."),
  LIMIT_DEPTH: wholeNumber(1, 100)
    .default(12)
    .describe("How deep fields may nest in a GraphQL document; QUERY_TOO_DEEP beyond."),
  LIMIT_COST: wholeNumber(1, 10_000_000)
    .default(25_000)
    .describe(
      "The most values that an answer may have, estimated from document and variables, filters included; QUERY_TOO_COMPLEX beyond. Lists that no argument limits (`statusSpans`) may add as many more. GraphiQL's introspection query needs about 17,500.",
    ),
  LIMIT_TOKENS: wholeNumber(1, 100_000)
    .default(2_000)
    .describe("How many tokens a GraphQL document may have; GRAPHQL_PARSE_FAILED beyond."),
  LIMIT_ALIASES: wholeNumber(0, 10_000)
    .default(50)
    .describe("How many aliases a GraphQL document may have; QUERY_TOO_COMPLEX beyond."),
  LIMIT_DIRECTIVES: wholeNumber(0, 10_000)
    .default(50)
    .describe("How many directives a GraphQL document may have; QUERY_TOO_COMPLEX beyond."),
  LIMIT_BODY_BYTES: wholeNumber(1, 10_000_000)
    .default(100_000)
    .describe(
      "The largest body of a GraphQL request, in bytes; PAYLOAD_TOO_LARGE (413) beyond. A WebSocket's " +
        "message: always 65536; close code 1009 beyond.",
    ),
  LIMIT_URL_BYTES: wholeNumber(256, 16_000)
    .default(8_192)
    .describe("The longest URL of a request, in bytes; BAD_REQUEST (414) beyond."),
  LIMIT_SECONDS: wholeNumber(1, 300)
    .default(10)
    .describe(
      "How long a GraphQL operation may take, in seconds, the wait for its turn included; TIMEOUT beyond, or SERVICE_UNAVAILABLE (503) where its turn did not come.",
    ),
  LIMIT_AT_ONCE: wholeNumber(1, 100_000)
    .default(500)
    .describe(
      "How many GraphQL operations may run at once, over all clients; SERVICE_UNAVAILABLE (503) beyond, for the newest operation of the address with the most. Subscriptions do not count.",
    ),
  LIMIT_REQUESTS: wholeNumber(0, 10_000_000)
    .default(6_000)
    .describe(
      "Requests per minute from one address (or IPv6 /64): HTTP requests except webhooks and health checks, plus WebSocket operations; RATE_LIMITED (429) beyond. 0: unlimited. This machine's own are not counted.",
    ),
  RETENTION_RAW_DAYS: wholeNumber(1, 36_500)
    .optional()
    .describe(
      "After how many days the bodies of deliveries are dropped. Histories do not need them. Unset: never.",
    ),
  RETENTION_EVENTS_DAYS: wholeNumber(1, 36_500)
    .optional()
    .describe(
      "After how many days a resolved or archived issue is dropped with its whole history. Older cursors then get CURSOR_EXPIRED. Unset: never.",
    ),
  FEED_SILENCE_AFTER: isoDuration
    .optional()
    .describe(
      "An ISO-8601 duration such as PT6H. If no webhook has arrived for longer than this, feed.isSilent is true and /health/ready?silence=1 answers 503. Unset: isSilent is null and ?silence=1 always answers 503.",
    ),
  DRAIN_DELAY: isoDuration
    .pipe(z.number().max(dayMs, "must be at most P1D"))
    .prefault("PT5S")
    .describe(
      "How long after SIGTERM webhooks are still accepted while /health/ready answers 503. Make it longer than your load balancer needs to notice.",
    ),
  GRAPHIQL: onOff.default("on").describe("Whether GraphiQL is served at /graphql to browsers."),
  INTROSPECTION: onOff
    .default("on")
    .describe("Whether introspection queries are allowed. off also hides the suggestions in error messages."),
  CORS_ORIGINS: z
    .string()
    .transform((text) => text.split(",").map((one) => one.trim()))
    .pipe(z.array(origin))
    .default([])
    .describe(
      "The exact origins, separated by commas, whose pages may use GraphQL from a browser. Only http and https: " +
        "pages of packaged apps (tauri://localhost) cannot be let in.",
    ),
  LOG_LEVEL: z
    .enum(logLevels, `must be one of ${logLevels.join(", ")}`)
    .default("info")
    .describe("The least severe level logged: fatal, error, warn, info, debug, trace, or silent."),
});

/** Settings that must be set together. */
const jwtSettings = ["JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"] as const;

/** The settings by their names in the environment, read and checked. ISO-8601 durations are in milliseconds. */
export type Config = z.output<typeof settings>;

/** At least one setting is wrong. The message has a line for each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the settings from these variables. One that is missing or empty has its default.
 * @throws ConfigError naming every setting that is wrong, not only the first.
 */
export function parseConfig(environment: Environment): Config {
  const given = Object.entries(environment).filter(([name, value]) => value !== "" && name in settings.shape);
  const result = settings.safeParse(Object.fromEntries(given));
  const faults = (result.error?.issues ?? []).map(({ path, message }) => `  ${String(path[0])}: ${message}`);
  // A setting with several values has a fault for each wrong one; equal lines are shown once.
  const lines = [...new Set(faults)];
  const missing = jwtSettings.filter((name) => !given.some(([one]) => one === name));
  if (missing.length > 0 && missing.length < jwtSettings.length)
    lines.push(...missing.map((name) => `  ${name}: is missing; ${jwtSettings.join(", ")} go together`));
  if (result.success && lines.length === 0) return result.data;
  throw new ConfigError(
    `These settings are wrong:\n${lines.join("\n")}\nSee "${howToRun("--help")}" for all settings.`,
  );
}

/**
 * Names in the environment that look like settings and are none: those that begin with LIMIT_ or RETENTION_, and
 * settings' names in another case.
 */
export function unknownSettings(environment: Environment): readonly string[] {
  return Object.keys(environment).filter(
    (name) =>
      !(name in settings.shape) &&
      (/^(?:LIMIT|RETENTION)_/i.test(name) || name.toUpperCase() in settings.shape),
  );
}

/** The process's environment. It takes precedence over the file `.env` in the working directory, if there is one. */
export function readEnvironment(file = ".env"): Environment {
  return { ...parseEnv(textOf(file)), ...process.env };
}

/**
 * The numbers of the lines of `.env` that have no effect and are no comments: those that are not `NAME=value`, such as
 * `PORT: 1`, and those whose name a later line sets again.
 */
export function idleLines(file = ".env"): readonly number[] {
  const lines = textOf(file).split(/\r?\n/);
  const set = (some: readonly string[]) =>
    Object.entries(parseEnv(some.join("\n")))
      .flatMap(([name, value = ""]) => (/^\w+$/.test(name) ? [`${name}=${value}\0`] : []))
      .toSorted()
      .join("");
  const all = set(lines);
  // A line has no effect if the settings are the same without it. This keeps the lines of a value that spans several.
  return lines.flatMap((line, index) =>
    /^\s*(?:#|$)/.test(line) || set(lines.toSpliced(index, 1)) !== all ? [] : [index + 1],
  );
}

/** The text of a file; empty if there is no such file. */
function textOf(file: string): string {
  try {
    // Without a byte order mark, which would count as part of the first name.
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new ConfigError(`The file ${file} cannot be read: ${String(error)}`);
  }
}

/** Each setting's name, default as written in the environment, and description. */
export function describeSettings(): readonly {
  readonly name: string;
  readonly default: string;
  readonly description: string;
}[] {
  return Object.entries(settings.shape).map(([name, schema]) => {
    const hasDefault = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault;
    const fallback = hasDefault ? schema.def.defaultValue : undefined;
    return {
      name,
      default: fallback === undefined ? "" : String(fallback),
      description: schema.description ?? "",
    };
  });
}

/** How many days bodies and closed issues are kept; null for ever. */
export function retentionOf({ RETENTION_RAW_DAYS: rawDays, RETENTION_EVENTS_DAYS: eventsDays }: Config) {
  return { rawDays: rawDays ?? null, eventsDays: eventsDays ?? null };
}
