import type { LogEntry } from "../domain/event.ts";
import type { Context } from "./context.ts";
import { mapStream } from "./map-stream.ts";
import { resumablePosition } from "./position.ts";

/** The root value of one execution of a subscription: an entry of the log that it tells. */
export type Payload = { readonly entry: LogEntry; readonly epoch: string };

/**
 * What `payloadOf` makes of every entry after the cursor `after`, then of every entry as it is committed; it makes null
 * of those that the subscription does not tell.
 * @throws GraphQLError with a code of `checkPosition`'s when it cannot resume there.
 */
export async function followed<Told extends Payload>(
  after: string | null | undefined,
  { reader, services: { follow } }: Context,
  payloadOf: (payload: Payload) => Told | null,
): Promise<AsyncIterableIterator<Told>> {
  const bounds = await reader.bounds();
  const position = after == null ? null : resumablePosition(after, bounds);
  const stop = new AbortController();
  const entries = follow(position, stop.signal);
  return mapStream(
    {
      next: () => entries.next(),
      return: async () => {
        // Where `follow` is a generator, only this settles what it waits for.
        stop.abort();
        await entries.return?.();
      },
    },
    (entry) => payloadOf({ entry, epoch: bounds.epoch }),
  );
}
