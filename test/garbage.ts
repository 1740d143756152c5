import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** True once nothing holds the object. A call holds it for its turn of the event loop: ask again in a later one. */
export function isGarbage(held: WeakRef<object>): boolean {
  collect();
  return held.deref() === undefined;
}

/** Bytes of the heap in use, garbage not counted. */
export function heapInUse(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
