import { readlinkSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";

const unreadableUrl =
  "cannot be read: characters with a meaning in URLs must be percent-encoded, such as % as %25, ? or # in a path, and @ or / in a password; a space is %20 anywhere; and a port is one number, at most 65535";

/** `file:` and a path, or `postgres://…`. */
export const databaseUrl = z
  .string()
  .regex(/^(?:file:(?!\/\/[^/]).+|postgres(?:ql)?:\/\/.+)$/, {
    message: "must be file: and a path, such as file:./data/issuewire.db, or postgres://…",
    abort: true,
  })
  .refine(isReadableUrl, { message: unreadableUrl, abort: true })
  .refine(
    (url) => isPostgres(url) || [pathOf(url), databaseFileOf(url)].every(isFileName),
    "must name a file, without a space before or after its path",
  );

/** `postgres://…` alone. */
export const postgresUrl = z
  .string()
  .regex(/^postgres(?:ql)?:\/\/.+$/, { message: "must be postgres://…", abort: true })
  .refine(isReadableUrl, unreadableUrl);

/** What is wrong with the URL of a database; null if nothing is. */
export function faultOfUrl(url: string): string | null {
  return databaseUrl.safeParse(url).error?.issues[0]?.message ?? null;
}

/** True if a URL names a PostgreSQL database, not a file. */
export function isPostgres(url: string): boolean {
  return !url.startsWith("file:");
}

/** A URL, or a text with URLs in it, with `***` in place of the passwords. */
export function withoutPassword(text: string): string {
  // As URLs are read: the last @ before the path ends the password.
  return text.replace(/(:\/\/[^:/?#]*):[^/?#]*@/g, "$1:***@").replace(/([?&]password=)[^&\n]*/gi, "$1***");
}

/**
 * The absolute path of the SQLite file that a `file:` URL names: a gateway opens it now and then, and the program around
 * it may change its working directory. `..` takes back the name before it, as in any URL. Symbolic links are followed, so
 * that the files beside a database are the same by whatever name it is opened.
 */
export function databaseFileOf(url: string): string {
  return throughLinks(resolve(pathOf(url)), mostLinks);
}

/** False if the URL is ambiguous, or not percent-encoded as it should be. */
function isReadableUrl(url: string): boolean {
  if (isPostgres(url)) return !/\s/.test(url) && hasReadableParts(url);
  try {
    return !isAnotherThanSaid(url) && !pathOf(url).includes("\0");
  } catch {
    return false;
  }
}

function hasReadableParts(postgresUrl: string): boolean {
  // Without a host, pg uses a local socket.
  const parsed = URL.parse(postgresUrl) ?? URL.parse(postgresUrl.replace("@/", "@localhost/"));
  return (
    parsed?.searchParams.getAll("port").every((port) => /^\d*$/.test(port) && Number(port) < 65_536) === true
  );
}

/** True if the file would be another than the text says: a URL's path ends at the first ? or #, and no name has a /. */
function isAnotherThanSaid(fileUrl: string): boolean {
  return /[?#]|%2f/i.test(fileUrl);
}

/** better-sqlite3 trims spaces at either end, and takes `:memory:` for no file at all. */
function isFileName(path: string): boolean {
  return path === path.trim() && path !== "" && path !== ":memory:" && !path.endsWith("/");
}

/** As many as Linux follows. */
const mostLinks = 40;

/** Follows symbolic links. Not with `realpathSync`, because the target need not exist yet. */
function throughLinks(path: string, most: number): string {
  const target = most > 0 ? targetOf(path) : null;
  return target === null ? path : throughLinks(target, most - 1);
}

/** The target of a symbolic link; null if it is none or cannot be read. Opening the file then says so. */
function targetOf(path: string): string | null {
  try {
    return resolve(realpathSync(dirname(path)), readlinkSync(path));
  } catch {
    return null;
  }
}

function pathOf(url: string): string {
  return url.startsWith("file:///") ? fileURLToPath(url) : decodeURIComponent(url.slice("file:".length));
}
