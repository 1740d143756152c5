import type { ExecutionResult, GraphQLError } from "graphql";
import { cursorOf, type Position, type Seq } from "../../domain/cursor.ts";
import type { End } from "../../stream/subscriber.ts";
import { errorOf } from "../errors.ts";
import { cursorFault } from "../paging/position.ts";

export type EndedOptions = {
  /** The subscriber has been told everything up to here. */
  readonly position: Position;
  readonly newest: Seq;
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
};

/** What a subscriber is told when its stream ends; null if there is nothing to say. */
export function endedResult(end: End, { position, newest, mask }: EndedOptions): ExecutionResult | null {
  switch (end.is) {
    case "told":
    case "stopped":
      return null;
    case "expired":
      return { errors: [cursorFault("CURSOR_EXPIRED", { epoch: position.epoch, seq: newest })] };
    case "slow": {
      const message =
        "You read too slowly and have fallen too far behind: resume after `cursor`, or reload your lists.";
      return { errors: [errorOf("SLOW_CONSUMER", message, { cursor: cursorOf(position) })] };
    }
    case "failed":
      return { errors: [mask(end.error)] };
  }
}

/** Sent to a subscriber who may no longer read. */
export const nowUnauthenticated: ExecutionResult = {
  errors: [errorOf("UNAUTHENTICATED", "Your access has ended: reconnect with a valid token.")],
};

/** Sent to a subscriber for whom there is no memory left. */
export const noRoomToFollow: ExecutionResult = {
  errors: [
    errorOf(
      "SERVICE_UNAVAILABLE",
      "Open subscriptions already use all the memory allowed for them: try again later. Subscriptions with the same document share memory, so pass what differs as variables.",
    ),
  ],
};
