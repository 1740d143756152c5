import type { ReaderOptions } from "../queries/query.ts";
import { filterOf, isOftenQuick } from "../query-cost.ts";
import type { Reader } from "../reader.ts";
import { wrapMethods } from "../wrap-methods.ts";
import { openReader } from "./connection.ts";
import { readerOf } from "./reader.ts";

/**
 * How long a question is tried; webhooks wait meanwhile. A page takes a fraction of it if many issues pass its filter,
 * or if there are few.
 */
const momentMs = 2;

/** The longest filter that is tried, as JSON: a longer one may take too long for a single row. */
const mostCharacters = 500;

/**
 * `elsewhere`, but what is often quick is first tried on the calling thread, for `forMs`: mostly it takes less time to
 * read than to hand over between threads. Filters that search texts by their index are not tried, because nothing can
 * stop them.
 *
 * Disposing closes the connection that they are tried on.
 */
export function openRetryOnThread(
  file: string,
  elsewhere: Reader,
  options: ReaderOptions,
  forMs = momentMs,
): Disposable & { readonly reader: Reader } {
  let begunAt = 0;
  // The time counts from the newest question: an older one may go on until then. Nobody waits longer for it.
  const connection = openReader(file, () => performance.now() - begunAt > forMs);

  return {
    reader: wrapMethods(readerOf(connection, options), async (askHere, args, name) => {
      const askElsewhere = elsewhere[name] as typeof askHere;
      if (!isOftenQuick(name) || !isWorthATry(filterOf(args))) return askElsewhere(...args);
      begunAt = performance.now();
      try {
        return await askHere(...args);
      } catch {
        // It took too long, or it failed, as it will there too.
        return askElsewhere(...args);
      }
    }),
    [Symbol.dispose]: () => void connection.client.close(),
  };
}

function isWorthATry(filter: object): boolean {
  const text = JSON.stringify(filter);
  return text.length <= mostCharacters && !text.includes('"search"');
}
