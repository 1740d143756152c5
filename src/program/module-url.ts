import { extname } from "node:path";

/** Where the module is that `path` names without its extension, seen from another: `.ts` in the sources, `.js` built. */
export function moduleUrl(path: string, from: string): URL {
  return new URL(`${path}${extname(from)}`, from);
}
