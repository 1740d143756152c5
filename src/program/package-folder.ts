import { findPackageJSON } from "node:module";
import { dirname } from "node:path";

/** The folder of this package, wherever a build puts its modules. */
export const packageFolder = dirname(findPackageJSON(import.meta.url)!);
