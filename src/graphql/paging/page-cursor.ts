import type { Json } from "../../domain/issue.ts";

/**
 * A list that is read page by page, in a strict order, by key.
 *
 * Its page cursors hold its name and a row's key. So they stay valid when rows come, go or change, and no other list
 * takes them.
 */
export type PagedList<Row, Key> = {
  /** The list, its parent, and the field that it is ordered by. */
  readonly name: string;
  /** The epoch in which the keys are valid; left out if they outlive epochs. */
  readonly epoch?: string;
  readonly keyOf: (row: Row) => Key;
  readonly toJson: (key: Key) => readonly Json[];
  /** Null for anything that `toJson` does not make. */
  readonly fromJson: (parts: readonly unknown[]) => Key | null;
};

/** A row's page cursor: `["p1", <list and epoch>, …key]` in base64url. A new form gets a new number. */
export function pageCursorOf<Row, Key>(list: PagedList<Row, Key>, row: Row): string {
  return cursorAt(list, list.keyOf(row));
}

/** The key that a page cursor holds; null for anything that `pageCursorOf` does not make for this list. */
export function keyOfPageCursor<Row, Key>(list: PagedList<Row, Key>, cursor: string): Key | null {
  const parts = parsedArray(Buffer.from(cursor, "base64url").toString("utf8"));
  if (parts === null || parts[0] !== version || parts[1] !== fullName(list)) return null;
  const key = list.fromJson(parts.slice(2));
  // Other texts decode to the same key.
  return key !== null && cursorAt(list, key) === cursor ? key : null;
}

/** True for a page cursor of this list that was made in another epoch. */
export function isOfAnotherEpoch<Row, Key>(list: PagedList<Row, Key>, cursor: string): boolean {
  const [, name] = parsedArray(Buffer.from(cursor, "base64url").toString("utf8")) ?? [];
  const before = fullName({ name: list.name, epoch: "" });
  if (list.epoch === undefined || typeof name !== "string" || !name.startsWith(before)) return false;
  const epoch = name.slice(before.length);
  return epoch !== list.epoch && keyOfPageCursor({ ...list, epoch }, cursor) !== null;
}

const version = "p1";

type Named = { readonly name: string; readonly epoch?: string };

function cursorAt<Key>(list: Named & { readonly toJson: (key: Key) => readonly Json[] }, key: Key): string {
  return Buffer.from(JSON.stringify([version, fullName(list), ...list.toJson(key)])).toString("base64url");
}

function fullName({ name, epoch }: Named): string {
  return epoch === undefined ? name : `${name} in ${epoch}`;
}

function parsedArray(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
