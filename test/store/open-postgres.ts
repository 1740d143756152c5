import pg from "pg";
import { inject } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { openPostgresStore, type PostgresStoreOptions } from "../../src/store/postgres/store.ts";
import type { Store } from "../../src/store/store.ts";
import journal from "../../drizzle/postgres/meta/_journal.json" with { type: "json" };
import { at } from "./deliveries.ts";
import { silentReport } from "./open.ts";

/** An empty schema for one test, and its URL. `named` makes the schema's name from a unique one. */
export async function temporarySchema(
  named: (unique: string) => string = (unique) => unique,
): Promise<AsyncDisposable & { readonly url: string; readonly name: string }> {
  const name = named(`test_${process.pid}_${Date.now().toString(36)}_${(made += 1)}`);
  await onServer((client) => client.query(`create schema ${client.escapeIdentifier(name)}`));
  const url = new URL(inject("postgres"));
  const quoted = /^[a-z0-9_]+$/.test(name) ? name : `"${name.replaceAll(" ", "\\ ")}"`;
  url.searchParams.set("options", `-c search_path=${quoted}`);
  return {
    url: url.href,
    name,
    [Symbol.asyncDispose]: async () => {
      await onServer((client) => client.query(`drop schema ${client.escapeIdentifier(name)} cascade`));
    },
  };
}
let made = 0;

/** A role that owns the schema until it is disposed, and the URL with which it opens a store there. */
export async function temporaryOwner(schema: {
  readonly url: string;
  readonly name: string;
}): Promise<AsyncDisposable & { readonly url: string; readonly name: string }> {
  const name = `${schema.name}_role`;
  await onServer((client) =>
    client.query(`create role ${name} login; alter schema ${schema.name} owner to ${name}`),
  );
  const url = new URL(schema.url);
  url.username = name;
  return {
    url: url.href,
    name,
    [Symbol.asyncDispose]: async () => {
      await onServer((client) =>
        client.query(`reassign owned by ${name} to current_user; drop role ${name}`),
      );
    },
  };
}

/** Runs `ask` on a connection to the tests' server. */
export async function onServer<Answer>(
  ask: (client: pg.Client) => Promise<Answer>,
  url = inject("postgres"),
): Promise<Answer> {
  const client = new pg.Client(url);
  client.on("error", () => {});
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}

/**
 * The statement that makes this migration and all later ones count as not applied. The tables stay as they are, so it
 * only works for migrations that can be applied twice.
 */
export function forgetMigration(name: string): string {
  const { when } = journal.entries.find(({ tag }) => tag === name)!;
  return `delete from migrations where made_at >= ${when}`;
}

/** A store in this schema, opened as by one replica. */
export function openReplica(url: string, options: Partial<PostgresStoreOptions> = {}) {
  return openPostgresStore({
    url,
    issueObjectOf,
    read: readBody,
    report: silentReport(),
    onCommit: () => {},
    onEpoch: () => {},
    now: () => at(100_000),
    ...options,
  });
}

/** A store with a schema of its own, for one test. */
export async function openTestPostgres(options: Partial<PostgresStoreOptions> = {}) {
  const schema = await temporarySchema();
  const store = await openReplica(schema.url, options);
  return {
    ...store,
    url: schema.url,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await schema[Symbol.asyncDispose]();
    },
  };
}

/** Appends a delivery, again until it is acknowledged, as a sender answered with 503 may do. */
export async function acknowledged(store: Store, delivery: IncomingDelivery) {
  for (;;) {
    try {
      return await store.append(delivery);
    } catch (error) {
      if (!(error instanceof StorageUnavailableError)) throw error;
    }
  }
}
