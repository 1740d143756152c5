import type { IncomingDelivery, IssueReading, Reading } from "../../domain/delivery.ts";
import type { IssueFields } from "../../domain/issue.ts";

/**
 * A batch of deliveries on its way from thread to thread: as few values as can be, because cloning the deliveries as they
 * are, object by object, costs a fifth of what writing them does.
 */
export type Wire = {
  /** The bodies, one after the other, in memory of their own that may be handed over. */
  readonly bodies: Uint8Array<ArrayBuffer>;
  /** What is short, as JSON. */
  readonly short: string;
  /** Of each delivery about an issue, in turn, what its snapshot is written as: fields, details. */
  readonly texts: readonly string[];
};

type Short = Omit<IncomingDelivery, "body" | "reading"> & {
  readonly bytes: number;
  readonly reading:
    | Exclude<Reading, { readonly is: "issue" }>
    | { readonly is: "issue"; readonly sentryId: string; readonly told: Omit<IssueReading, "snapshot"> };
};

export function pack(batch: readonly IncomingDelivery[]): Wire {
  const bodies = new Uint8Array(batch.reduce((sum, { body }) => sum + body.byteLength, 0));
  const texts: string[] = [];
  let at = 0;
  const short = batch.map(({ body, reading, ...rest }): Short => {
    bodies.set(body, at);
    at += body.byteLength;
    if (reading.is !== "issue") return { ...rest, bytes: body.byteLength, reading };
    const { snapshot, ...told } = reading.issue;
    texts.push(snapshot.written.fields, snapshot.written.details);
    return { ...rest, bytes: body.byteLength, reading: { is: "issue", sentryId: snapshot.sentryId, told } };
  });
  return { bodies, short: JSON.stringify(short), texts };
}

/** The batch that `pack` was given. */
export function unpack({ bodies, short, texts }: Wire): IncomingDelivery[] {
  let at = 0;
  let text = 0;
  // `pack` wrote it.
  return (JSON.parse(short) as Short[]).map(({ bytes, reading, ...rest }) => {
    const body = bodies.subarray(at, (at += bytes));
    if (reading.is !== "issue") return { ...rest, body, reading };
    const written = { fields: texts[text++]!, details: texts[text++]! };
    const fields = JSON.parse(written.fields) as IssueFields;
    const snapshot = { sentryId: reading.sentryId, fields, written };
    return { ...rest, body, reading: { is: "issue", issue: { ...reading.told, snapshot } } };
  });
}
