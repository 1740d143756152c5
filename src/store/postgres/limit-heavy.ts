import { wrapMethods } from "../wrap-methods.ts";
import { isHeavy } from "../query-cost.ts";
import type { Reader } from "../reader.ts";
import type { Semaphore } from "../semaphore.ts";

/**
 * The same reader, with at most as many heavy questions at once as it has slots. Each keeps a core and a connection
 * of the server busy for up to seconds, and webhooks and quick questions need some too.
 */
export function limitHeavy(reader: Reader, semaphore: Semaphore): Reader {
  return wrapMethods(reader, async (ask, args, name) => {
    if (!isHeavy(name, args)) return ask(...args);
    using _slot = await semaphore.take();
    return await ask(...args);
  });
}
