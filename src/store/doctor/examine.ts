import { examineBodies } from "./bodies.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";
import { examineHistories } from "./histories.ts";
import { examineLog } from "./log.ts";
import { examineNaming } from "./naming.ts";

/**
 * Finds everything in the store that is not as it should be; empty if all is well. Only reads, and must read one moment
 * of the store.
 *
 * - Every kept body must have the sha256 that it was received with, and only pruned ones may be missing.
 * - The log must have every position.
 * - Of every delivery about an issue it must be known whether it names a project.
 * - Every history is derived anew, and must equal the log and the issues.
 * - Each issue must show what its delivery does.
 */
export async function examineStore(store: Examined): Promise<readonly Finding[]> {
  return [
    ...(await examineLog(store)),
    ...(await examineBodies(store)),
    ...(await examineNaming(store)),
    ...(await examineHistories(store)),
  ];
}
