/**
 * A position in the log, valid within one epoch only. A store that was restored from a backup begins a new epoch,
 * because it would hand out the same numbers again with another meaning.
 */
export type Seq = number;

/** A position together with its epoch. */
export type Position = { readonly epoch: string; readonly seq: Seq };

/** Wider than the epochs that are made now: a cursor with any other is of another log, and no fault of its client. */
const shape = /^v1\.([0-9A-Za-z_-]{1,64})\.(0|[1-9][0-9]{0,15})$/;

/** The opaque form that clients hold: `v1.<epoch>.<seq>` in base64url. */
export function cursorOf({ epoch, seq }: Position): string {
  return Buffer.from(`v1.${epoch}.${seq}`).toString("base64url");
}

/** The position that a cursor stands for, of any log; null for anything that is no cursor. */
export function positionOf(cursor: string): Position | null {
  if (cursor.length > 120) return null;
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  const match = shape.exec(text);
  // Other texts decode to the same bytes.
  if (match === null || Buffer.from(text, "latin1").toString("base64url") !== cursor) return null;
  const seq = Number(match[2]);
  return Number.isSafeInteger(seq) ? { epoch: match[1]!, seq } : null;
}
