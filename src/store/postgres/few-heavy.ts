import { calledBy } from "../called-by.ts";
import { isHeavy } from "../heavy.ts";
import type { Reader } from "../reader.ts";
import type { Slots } from "../slots.ts";

/**
 * The same reader, of whose heavy questions each takes a slot. It keeps one of the server's cores busy and a connection
 * taken for up to seconds, and batches of webhooks and quick questions need some too.
 */
export function fewHeavy(reader: Reader, slots: Slots): Reader {
  return calledBy(reader, async (ask, args, name) => {
    if (!isHeavy(name, args)) return ask(...args);
    using _slot = await slots.take();
    return await ask(...args);
  });
}
