import type { Json, JsonObject } from "../domain/issue.ts";

/** True for a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Sentry's open maps hold some ten values, and those that people fill some thousands. Copying more than this between
 * threads would block the event loop for too long.
 */
const maxValues = 50_000;

/**
 * The open map itself, not a copy: a key named `__proto__` stays a key. Empty for anything but an object, and for one
 * with more than 50,000 values over all depths; the raw body keeps those.
 */
export function openMapOf(value: unknown): JsonObject {
  return isObject(value) && valuesLeft(value, maxValues) >= 0 ? value : {};
}

/** `budget` minus the values inside `value`; stops early, below zero, if there are more. Not for deep nesting. */
function valuesLeft(value: Json, budget: number): number {
  if (typeof value !== "object" || value === null) return budget;
  let left = budget;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    left = valuesLeft(inner, left - 1);
    if (left < 0) break;
  }
  return left;
}
