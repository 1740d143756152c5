import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes the folder of a database file, where it is missing.
 * @throws Error that says what to do.
 */
export function makeFolderOf(file: string): void {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(
      `The folder ${folder} cannot be made: name another file by DATABASE_URL, or make a folder there that this user may write in.`,
      { cause: error },
    );
  }
}
