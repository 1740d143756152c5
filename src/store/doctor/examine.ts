import { examineBodies } from "./bodies.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";
import { examineHistories } from "./histories.ts";
import { examineLog } from "./log.ts";

/**
 * Everything in the store that is not as it should be; empty when all is well. It reads only, and is to be asked in one
 * moment of the store.
 *
 * Every body that is kept is compared with the sha256 that it was received with, and none may be missing but those that
 * were pruned; the log has to have every position; every history is derived anew, to be compared with the log and the
 * issues; and each issue has to show what its delivery does.
 */
export async function examineStore(store: Examined): Promise<readonly Finding[]> {
  return [...(await examineLog(store)), ...(await examineBodies(store)), ...(await examineHistories(store))];
}
