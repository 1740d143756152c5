import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates the folder of a database file if it is missing.
 * @throws Error that says what to do.
 */
export function makeFolderOf(file: string): void {
  const folder = dirname(file);
  try {
    makeFolder(folder);
  } catch (error) {
    throw new Error(
      `The folder ${folder} cannot be made: name another file in DATABASE_URL, or make a folder there that this user may write in.`,
      { cause: error },
    );
  }
}

/**
 * Not `mkdirSync` with `recursive`: it loops for ever if the system says that an existing parent is missing, as /proc
 * does.
 */
function makeFolder(folder: string): void {
  if (isFolder(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isFolder(folder)) throw error;
  }
}

/** True if there is a folder at this path, and it can be seen. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
