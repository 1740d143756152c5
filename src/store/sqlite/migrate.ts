import { join } from "node:path";
import type Database from "better-sqlite3";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { packageFolder } from "../../program/package-folder.ts";

const migrationsFolder = join(packageFolder, "drizzle/sqlite");

/**
 * Brings the tables up to date, all of them or none. Drizzle's own migrator is not used: on a full disk SQLite ends the
 * transaction by itself, and Drizzle ends it again, with an error that hides why.
 */
export function migrate(client: Database.Database): void {
  const migrations = readMigrationFiles({ migrationsFolder });
  client
    .transaction(() => {
      client.exec(
        "create table if not exists __drizzle_migrations (id serial primary key, hash text not null, created_at numeric)",
      );
      const newest = client.prepare("select max(created_at) from __drizzle_migrations").pluck().get();
      const add = client.prepare("insert into __drizzle_migrations (hash, created_at) values (?, ?)");
      for (const { folderMillis, hash, sql } of migrations) {
        if (folderMillis <= Number(newest)) continue;
        for (const statement of sql) client.exec(statement);
        add.run(hash, folderMillis);
      }
    })
    .immediate();
}

/** Which version's tables a store has, by the newest migration that it has seen. */
export function versionOfTables(client: Database.Database): "older" | "this" | "newer" {
  const newest = readMigrationFiles({ migrationsFolder }).at(-1)!.folderMillis;
  const applied = Number(client.prepare("select max(created_at) from __drizzle_migrations").pluck().get());
  return applied === newest ? "this" : applied < newest ? "older" : "newer";
}

/** True if the file holds a store: this table is made before any other. */
export function hasMigrations(client: Database.Database): boolean {
  return (
    client.prepare("select 1 from sqlite_schema where name = '__drizzle_migrations'").get() !== undefined
  );
}

/**
 * Refuses a file that is not to be used. To be called before anything is changed.
 * @throws Error that says what to do if the file is of another program, or of a newer version.
 */
export function checkTables(client: Database.Database, file: string): void {
  if (!hasMigrations(client)) {
    const [other] = client.prepare<[], string>(othersTables).pluck().all();
    if (other === undefined) return;
    throw new Error(
      `${file} is the database of another program, with a table "${other}": set DATABASE_URL to another file.`,
    );
  }
  if (versionOfTables(client) === "newer")
    throw new Error(
      `${file} has the tables of a newer version of Issuewire: start that, or restore a backup.`,
    );
}

const othersTables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
