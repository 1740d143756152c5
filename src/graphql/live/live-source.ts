import type { Seq } from "../../domain/cursor.ts";
import type { LogEntry } from "../../domain/event.ts";
import type { Context } from "../context.ts";
import { checkPosition, resumablePosition } from "../paging/position.ts";

/** An entry of the log, and the log's epoch. */
export type Payload = { readonly entry: LogEntry; readonly epoch: string };

/**
 * The root value of one execution of a subscription: the entry of the log that it tells. For the same entry, viewer and
 * `kind` every field has the same value, whatever the subscription's filter.
 */
export type Told = Payload & { readonly kind: string };

/**
 * What a subscription field returns: not a stream, but what the fan-out needs to make one for all subscribers of the
 * same operation. It is an AsyncIterable only because graphql-js requires that; iterating it throws.
 */
export type LiveSource<One extends Told = Told> = AsyncIterable<One> & { readonly epoch: string } & (
    | {
        readonly is: "entries";
        readonly after: Seq;
        /** The root value that tells an entry; null for an entry that the subscription does not tell. */
        readonly toldOf: (payload: Payload) => One | null;
      }
    | {
        readonly is: "figures";
        /** True if an entry can have changed the figures. */
        readonly concerns: (entry: LogEntry) => boolean;
      }
  );

/**
 * A source of every entry after a position: `lastEventId` if there is one, else the cursor `after`, else the newest
 * position. `toldOf` returns null for an entry that the subscription does not tell.
 * @throws GraphQLError with a `CursorFault` as its code if the log cannot be resumed there.
 */
export async function entriesAfter<One extends Told>(
  after: string | null | undefined,
  { reader, services, lastEventId }: Context,
  toldOf: (payload: Payload) => One | null,
): Promise<LiveSource<One>> {
  const cursor = lastEventId ?? after;
  let bounds = await services.recentBounds();
  // The recent bounds may lack what another process has just written.
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

/** The entry as it was when it was logged, so that replay and live tell the same: what supersedes it came later. */
function asFirstTold(payload: Payload): Payload {
  const { event, ...issue } = payload.entry;
  if (event.supersededBy === null) return payload;
  return { ...payload, entry: { ...issue, event: { ...event, supersededBy: null } } };
}

/** A source of figures: read at the beginning, and again after entries for which `concerns` is true. */
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
