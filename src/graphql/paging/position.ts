import type { GraphQLError } from "graphql";
import { cursorOf, positionOf, type Position, type Seq } from "../../domain/cursor.ts";
import type { LogBounds } from "../../store/reader.ts";
import { errorOf } from "../errors.ts";
import type { Loaders } from "../reading/loaders.ts";

export type CursorFault = "CURSOR_INVALID" | "CURSOR_AHEAD" | "CURSOR_EXPIRED" | "EPOCH_CHANGED";

/** Where a subscriber may resume, or why it may not. */
export type PositionCheck =
  { readonly is: "resumable"; readonly seq: Seq } | { readonly is: "refused"; readonly code: CursorFault };

/** Checks that everything after `cursor` is still in the log, according to `bounds`. */
export function checkPosition(cursor: string, bounds: LogBounds): PositionCheck {
  const position = positionOf(cursor);
  if (position === null) return { is: "refused", code: "CURSOR_INVALID" };
  if (position.epoch !== bounds.epoch) return { is: "refused", code: "EPOCH_CHANGED" };
  if (position.seq > bounds.newest) return { is: "refused", code: "CURSOR_AHEAD" };
  if (position.seq < bounds.oldest) return { is: "refused", code: "CURSOR_EXPIRED" };
  return { is: "resumable", seq: position.seq };
}

/** The position of `seq`, in the epoch of the log that this execution reads. */
export async function positionAt(seq: Seq, loaders: Loaders): Promise<Position> {
  return { epoch: await loaders.epoch(), seq };
}

/** The newest position: a client reads its lists as of it, and subscribes after it. */
export function newestPosition({ epoch, newest }: LogBounds): Position {
  return { epoch, seq: newest };
}

/**
 * The position that `cursor` stands for.
 * @throws GraphQLError with the `CursorFault` as its code, and the newest cursor to start again from.
 */
export function resumablePosition(cursor: string, bounds: LogBounds): Seq {
  const check = checkPosition(cursor, bounds);
  if (check.is === "resumable") return check.seq;
  throw cursorFault(check.code, newestPosition(bounds));
}

/** The error for a cursor that cannot be resumed, with the newest cursor to start again from. */
export function cursorFault(code: CursorFault, newest: Position): GraphQLError {
  return errorOf(code, faults[code], { newestCursor: cursorOf(newest) });
}

const faults: Readonly<Record<CursorFault, string>> = {
  CURSOR_INVALID: "This is not a cursor of the event log.",
  CURSOR_AHEAD:
    "This cursor is beyond the newest position of the log. Read your lists again and resume after newestCursor.",
  CURSOR_EXPIRED:
    "What followed this cursor is no longer in the log. Read your lists again and resume after newestCursor.",
  EPOCH_CHANGED:
    "A new log has begun since this cursor was issued. Read your lists again and resume after newestCursor.",
};
