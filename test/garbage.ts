import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** True once nobody holds it. To be asked again in a later turn of the event loop: whoever has asked holds it in that one. */
export function isGarbage(held: WeakRef<object>): boolean {
  collect();
  return held.deref() === undefined;
}
