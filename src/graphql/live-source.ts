import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Context } from "./context.ts";
import { checkPosition, resumablePosition } from "./position.ts";

/** An entry of the log, in an epoch. */
export type Payload = { readonly entry: LogEntry; readonly epoch: string };

/**
 * The root value of one execution of a subscription: an entry of the log that it tells. Of one entry, what a field tells
 * a viewer is the same wherever it is of the same kind.
 */
export type Told = Payload & { readonly kind: string };

/**
 * What the field of a subscription gives: not a stream of its own, but what the fan-out needs to make one for all who ask
 * the same. graphql-js wants something that can be iterated; nobody does.
 */
export type LiveSource<One extends Told = Told> = AsyncIterable<One> & { readonly epoch: string } & (
    | {
        readonly is: "entries";
        readonly after: Seq;
        /** The root value that tells an entry; null for one that the subscription does not tell. */
        readonly toldOf: (payload: Payload) => One | null;
      }
    | {
        readonly is: "figures";
        /** True when an entry can have changed what is told. */
        readonly concerns: (entry: LogEntry) => boolean;
      }
  );

/**
 * What `toldOf` makes of every entry after the position where the client's stream broke off, or after the cursor
 * `after`, or from the next entry on. It makes null of those that the subscription does not tell.
 * @throws GraphQLError with a code of `checkPosition`'s when it cannot resume there.
 */
export async function entriesAfter<One extends Told>(
  after: string | null | undefined,
  { reader, services, lastEventId }: Context,
  toldOf: (payload: Payload) => One | null,
): Promise<LiveSource<One>> {
  const cursor = lastEventId ?? after;
  let bounds = await services.recentBounds();
  // Another process may have written since.
  if (cursor != null && checkPosition(cursor, bounds).is === "refused") bounds = await reader.bounds();
  const position = cursor == null ? bounds.newest : resumablePosition(cursor, bounds);
  return {
    ...neverIterated,
    is: "entries",
    epoch: bounds.epoch,
    after: position,
    toldOf: (payload) => toldOf(asFirstTold(payload)),
  };
}

/** Whoever was there when it was entered was told nothing else, for what replaces an event is entered later. */
function asFirstTold(payload: Payload): Payload {
  const { event, ...issue } = payload.entry;
  if (event.supersededBy === null) return payload;
  return { ...payload, entry: { ...issue, event: { ...event, supersededBy: null } } };
}

/** What stands in the store now, and again when entries that `concerns` is true of have changed it. */
export async function figuresOfNow(
  { services }: Context,
  concerns: (entry: LogEntry) => boolean,
): Promise<LiveSource<never>> {
  const { epoch } = await services.recentBounds();
  return { ...neverIterated, is: "figures", epoch, concerns };
}

const neverIterated = {
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new Error("A live source is not iterated: the fan-out tells it.");
  },
};
