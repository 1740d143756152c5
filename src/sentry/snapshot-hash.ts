import { hash } from "node:crypto";
import type { Json, JsonObject } from "../domain/issue.ts";

/**
 * Hashes one of Sentry's issue objects: 32 hex digits of SHA-256, equal for the same JSON in whatever order of keys.
 * Fields that are not read count as well, because `raw` shows them.
 * @param statusRaw the issue's status, which the object may not have.
 */
export function snapshotHashOf(issue: JsonObject, statusRaw: string): string {
  return hash("sha256", JSON.stringify([statusRaw, ordered(issue)])).slice(0, 32);
}

/**
 * A form that is equal for values that differ only in the order of keys. Lists are built faster than objects, and at
 * their full length: one that grows has room for a dozen more, which a body of small lists multiplies.
 */
function ordered(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const list = ofLength(value.length + 1);
    list[0] = "list";
    for (let index = 0; index < value.length; index += 1) list[index + 1] = ordered(value[index] as Json);
    return list;
  }
  // `Array.isArray` does not narrow a readonly array away.
  const map = value as JsonObject;
  const keys = Object.keys(map).sort();
  const entries = ofLength(2 * keys.length + 1);
  entries[0] = "map";
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]!;
    entries[2 * index + 1] = key;
    entries[2 * index + 2] = ordered(map[key]!);
  }
  return entries;
}

function ofLength(length: number): Json[] {
  // `Array.from` takes a hundred times as long.
  // oxlint-disable-next-line unicorn/no-new-array
  return new Array<Json>(length);
}
