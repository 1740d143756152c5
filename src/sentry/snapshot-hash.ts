import { hash } from "node:crypto";
import type { Snapshot } from "../domain/issue.ts";

/**
 * 32 hex digits of SHA-256 that are equal for two snapshots when they show the same issue in every field, written in the
 * same order: the reader orders every key but those of open maps, and Sentry always writes those alike.
 */
export function snapshotHashOf({ fields, details }: Snapshot["written"]): string {
  return hash("sha256", `[${fields},${details}]`).slice(0, 32);
}
