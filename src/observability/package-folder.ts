import { findPackageJSON } from "node:module";
import { dirname } from "node:path";

/** The folder of this package, wherever in it a build puts the modules. */
export const packageFolder = dirname(findPackageJSON(import.meta.url)!);
