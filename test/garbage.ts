import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/**
 * True once nothing holds the object. To be asked again in a later turn of the event loop: each call holds it until the
 * end of its own.
 */
export function isGarbage(held: WeakRef<object>): boolean {
  collect();
  return held.deref() === undefined;
}
