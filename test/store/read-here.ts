import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import type { Reader } from "../../src/store/reader.ts";
import { openReader } from "../../src/store/sqlite/connection.ts";
import { readerOf } from "../../src/store/sqlite/reader.ts";

/** A reader of the file that starts no threads, for tests that open a store in each of many cases. */
export function readHere(file: string): Disposable & { readonly reader: Reader } {
  const connection = openReader(file);
  return {
    reader: readerOf(connection, { issueObjectOf }),
    [Symbol.dispose]: () => void connection.client.close(),
  };
}
