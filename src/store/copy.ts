import { createHash } from "node:crypto";
import {
  copiedEvents,
  copiedIssues,
  copiedTables,
  wholeTables,
  type CopiedName,
  type Row,
} from "./copied-tables.ts";
import { openCopyTarget, type CopyTarget, type Progress } from "./postgres/copy-target.ts";
import { openCopySource, type CopySource } from "./sqlite/copy-source.ts";

type CopyOptions = {
  /** The SQLite file. A gateway may be using it. */
  readonly file: string;
  /** The PostgreSQL database: empty, or with a copy that was begun. */
  readonly url: string;
  readonly onProgress: (
    doing: "copying" | "making indexes" | "comparing",
    done: number,
    total: number,
  ) => void;
  /** Called each time some seconds have passed while something else makes or changes the target's tables. */
  readonly held?: () => void;
};

/** What was copied and found to be equal on both sides. */
export type Copied = {
  /**
   * True if the copy is complete: gateways may open the target. False if a gateway has the source, and may add to it.
   */
  readonly isWhole: boolean;
  /** The newest position of the log that is in the target. */
  readonly position: number;
  /** Why an earlier copy was not continued; null if it was, or if there was none. */
  readonly beganAnew: WhyAnew | null;
  readonly tables: readonly Compared[];
};

export type WhyAnew =
  /** It is of another store, or of this one in another epoch. */
  | "OTHER_STORE"
  /** A row was found to differ. */
  | "DIFFERED"
  /** Something was erased from the source since. */
  | "ERASED";

/** A table with the sha256 over all of its rows, in lower-case hex. */
export type Compared = { readonly table: string; readonly rows: number; readonly sha256: string };

/** A row differs between source and target. */
export class CopyDiffersError extends Error {
  override readonly name = "CopyDiffersError";
}

/**
 * Copies a SQLite store into PostgreSQL, with its epoch, positions and ids, so that cursors and node ids stay valid.
 * Then reads both again and compares every row.
 *
 * If it is interrupted, another call continues from there. While a gateway writes to the source, it copies what is
 * there by now, and a later call adds the rest: the log grows only at its end, and an issue that changes has a new
 * entry. Erasing (retention, forgetting) makes the next call begin anew.
 * @throws CopyDiffersError for a row that differs; the next call begins anew.
 * @throws Error that says what to do, if the target is not empty or is in use.
 */
export async function copyStore({ file, url, onProgress, held }: CopyOptions): Promise<Copied> {
  using source = openCopySource(file);
  await using target = await openCopyTarget(url, held);
  const { begun } = target;
  const beganAnew = begun === null ? null : whyAnew(begun, source);
  const goesOn = begun !== null && beganAnew === null;
  const progress: Progress = goesOn
    ? begun
    : {
        identity: source.identity,
        since: source.newest.position,
        keys: { deliveries: 0, packs: 0, contents: 0, events: 0, issues: 0 },
        hasDiffered: false,
      };
  if (!goesOn) await target.begin(progress);

  const keys = await copyRows(source, target, progress, (done, total) => onProgress("copying", done, total));
  for (const table of wholeTables) await target.writeAll(table, source.all(table));
  await target.makeIndexes((done, total) => onProgress("making indexes", done, total));

  const tables = await compare(source, target, (done, total) => onProgress("comparing", done, total)).catch(
    async (error: unknown) => {
      if (error instanceof CopyDiffersError) await target.markDiffering();
      throw error;
    },
  );
  if (source.isAlone) await target.finish(source.newest);
  else await target.remember({ ...progress, keys, since: source.newest.position });
  return {
    isWhole: source.isAlone,
    position: source.newest.position,
    beganAnew,
    tables,
  };
}

/** Why the copy that was begun cannot be continued; null if it can. */
function whyAnew({ identity, since, hasDiffered }: Progress, source: CopySource): WhyAnew | null {
  const now = source.identity;
  if (identity.instance !== now.instance || identity.epoch !== now.epoch) return "OTHER_STORE";
  if (hasDiffered) return "DIFFERED";
  const hasAll =
    identity.oldest === now.oldest &&
    identity.prunedTo === now.prunedTo &&
    identity.dropped === now.dropped &&
    !source.hasForgottenSince(since);
  return hasAll ? null : "ERASED";
}

/** Copies the rows that are not copied yet, and again those that changed since. Returns the last key of each table. */
async function copyRows(
  source: CopySource,
  target: CopyTarget,
  progress: Progress,
  onProgress: (done: number, total: number) => void,
): Promise<Progress["keys"]> {
  const total = copiedTables.reduce((sum, { table }) => sum + source.countOf(table), 0);
  let done = 0;
  let writing: Promise<void> = Promise.resolve();
  const keys: Record<CopiedName, number> = { ...progress.keys };
  for (const table of copiedTables) {
    for (;;) {
      // Read while the page before is being written.
      const rows = source.pageAfter(table, keys[table.table]);
      await writing;
      if (rows.length === 0) break;
      keys[table.table] = Number(rows.at(-1)![table.key]);
      writing = target.write(table, rows, { ...progress, keys: { ...keys } });
      // A rejection is handled where it is awaited.
      writing.catch(() => {});
      onProgress((done += rows.length), Math.max(done, total));
    }
  }
  await copyChanges(source, target, { ...progress, keys });
  return keys;
}

/** Copies again all issues with new entries in the log, and their entries: no other row that was copied has changed. */
async function copyChanges(source: CopySource, target: CopyTarget, progress: Progress): Promise<void> {
  for (let last = 0; ;) {
    const rows = source.issuesToldSince(progress.since, last);
    if (rows.length === 0) return;
    const told = source.eventsOf(rows);
    for (let start = 0; start < told.length; start += copiedEvents.pageSize)
      await target.write(copiedEvents, told.slice(start, start + copiedEvents.pageSize), progress);
    await target.write(copiedIssues, rows, progress);
    last = Number(rows.at(-1)![copiedIssues.key]);
  }
}

/**
 * Compares every row of both sides.
 * @throws CopyDiffersError for the first row that differs, or is on one side only.
 */
async function compare(
  source: CopySource,
  target: CopyTarget,
  onProgress: (done: number, total: number) => void,
): Promise<readonly Compared[]> {
  const total = copiedTables.reduce((sum, { table }) => sum + source.countOf(table), 0);
  let done = 0;
  const compared: Compared[] = [];
  for (const table of copiedTables) {
    const hash = createHash("sha256");
    let rows = 0;
    for (let last = 0; ;) {
      // Read while the other database answers.
      const copying = target.pageAfter(table, last);
      copying.catch(() => {});
      const page = source.pageAfter(table, last);
      for (const text of comparedTexts(table, page, await copying)) hash.update(text);
      if (page.length === 0) break;
      last = Number(page.at(-1)![table.key]);
      rows += page.length;
      onProgress((done += page.length), total);
    }
    compared.push({ table: table.table, rows, sha256: hash.digest("hex") });
  }
  for (const table of wholeTables) {
    const rows = source.all(table);
    const hash = createHash("sha256");
    for (const text of comparedTexts(table, rows, await target.all(table))) hash.update(text);
    compared.push({ table: table.table, rows: rows.length, sha256: hash.digest("hex") });
  }
  return compared;
}

/**
 * Each row as text. Separate texts, since together they may exceed the longest possible string.
 * @throws CopyDiffersError if both sides do not have the same rows.
 */
function comparedTexts(
  { table, key }: { readonly table: string; readonly key: string },
  wanted: readonly Row[],
  found: readonly Row[],
): readonly string[] {
  const texts = wanted.map(textOf);
  const copies = found.map(textOf);
  const wrong = Array.from({ length: Math.max(texts.length, copies.length) }).findIndex(
    (_, index) => texts[index] !== copies[index],
  );
  if (wrong < 0) return texts;
  const [row, copy] = [wanted[wrong], found[wrong]];
  const name = (row ?? copy)![key];
  if (row === undefined || copy === undefined || row[key] !== copy[key])
    throw new CopyDiffersError(`The copy differs: of ${table}, ${key} ${String(name)} is on one side only.`);
  const columns = Object.keys(row).filter(
    (column) => textOf({ at: row[column] }) !== textOf({ at: copy[column] }),
  );
  throw new CopyDiffersError(
    `The copy differs: of ${table}, ${key} ${String(name)} is not the same in ${columns.join(", ")}.`,
  );
}

/** A row as one line of text, the same for equal values. */
function textOf(row: Row): string {
  const values = Object.values(row).map((value) =>
    Buffer.isBuffer(value) ? value.toString("base64") : value,
  );
  return `${JSON.stringify(values)}\n`;
}
