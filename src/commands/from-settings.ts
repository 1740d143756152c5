import { isIPv6 } from "node:net";
import { ConfigError, parseConfig, readEnvironment, type Config } from "../config.ts";
import { readSecret, secretFileOf } from "../sentry/secret.ts";
import { storeCommands, type StoreCommands } from "./store-commands.ts";

/** The settings of the gateway in this folder. @throws ConfigError naming every setting that is wrong. */
export function ownConfig(): Config {
  return parseConfig(readEnvironment());
}

/** What commands do with the store that DATABASE_URL names. */
export function ownStore(): StoreCommands {
  return storeCommands(ownConfig().DATABASE_URL);
}

/** The absolute path of the SQLite file. @throws ConfigError if DATABASE_URL names PostgreSQL. */
export function ownFile(): string {
  const { file } = ownStore();
  if (file === null)
    throw new ConfigError(
      "This command works only on a SQLite file, but DATABASE_URL names PostgreSQL. Back PostgreSQL up with its own tools, such as pg_dump; to fill it with history, run simulate --bulk on a file and copy that.",
    );
  return file;
}

/** The address of a gateway with these settings, from this machine. */
export function ownAddress(): string {
  const { HOST: host, PORT: port } = ownConfig();
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

/** What webhooks to this gateway are signed with. @throws ConfigError if there is nothing yet. */
export function signingSecret(): string {
  const { file } = ownStore();
  const secret =
    ownConfig().SENTRY_CLIENT_SECRET?.[0] ?? (file === null ? null : readSecret(secretFileOf(file)));
  if (secret === null)
    throw new ConfigError(
      file === null
        ? "There is no secret to sign with: set SENTRY_CLIENT_SECRET to that of the gateways."
        : "There is no secret to sign with yet: start the gateway once, or set SENTRY_CLIENT_SECRET.",
    );
  return secret;
}
