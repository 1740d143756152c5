import type { Facts, IncomingDelivery, IssueReading } from "../domain/delivery.ts";
import { actorText, assigneeText, actorIn, assigneeIn } from "./person-text.ts";
import type { contents, deliveries } from "./tables/sqlite.ts";

/** Rows of deliveries and their contents, as both databases read and write them, and what they mean. */

export type DeliveryRow = typeof deliveries.$inferSelect;
export type ContentRow = typeof contents.$inferSelect;

const factsNames = [
  "id",
  "sentAt",
  "resource",
  "action",
  "toldAction",
  "claim",
  "shownStatus",
  "shownSubstatus",
  "lastSeenMicros",
  "count",
  "assignee",
  "actor",
  "idempotencyKey",
  "requestId",
  "sha256",
  "snapshotHash",
  "namesProject",
] as const satisfies readonly (keyof DeliveryRow)[];

type FactsName = (typeof factsNames)[number];

/** The columns that a delivery's facts are read from, of either database's table. */
export function factsColumns<Deliveries extends Readonly<Record<FactsName, unknown>>>(
  deliveries: Deliveries,
) {
  const columns = factsNames.map((name) => [name, deliveries[name]]);
  // Has one column for each name.
  return Object.fromEntries(columns) as Pick<Deliveries, FactsName>;
}

/** The facts in the row of a delivery about an issue. */
export function factsOf(row: Pick<DeliveryRow, FactsName>): Facts {
  const sha256 = row.sha256.toString("hex");
  return {
    delivery: row.id,
    sentAt: row.sentAt,
    resource: row.resource === "activity_alert" ? "activity" : "issue",
    action: row.toldAction ?? row.action ?? "",
    claim: row.claim,
    state: { status: row.shownStatus ?? "", substatus: row.shownSubstatus },
    lastSeen: row.lastSeenMicros,
    count: row.count,
    assignee: assigneeIn(row.assignee),
    actor: actorIn(row.actor),
    idempotencyKey: row.idempotencyKey,
    requestId: requestIdOf(row.requestId, sha256),
    sha256,
    snapshotHash: row.snapshotHash?.toString("hex") ?? "",
    namesProject: row.namesProject ?? true,
  };
}

/** The facts of an incoming delivery about an issue, which is kept under this id. */
export function factsFrom(id: number, delivery: IncomingDelivery, reading: IssueReading): Facts {
  return {
    delivery: id,
    sentAt: delivery.sentAt,
    resource: reading.resource,
    action: reading.action,
    claim: reading.claim,
    state: reading.state,
    lastSeen: reading.lastSeen,
    count: reading.count,
    assignee: reading.assignee,
    actor: reading.actor,
    idempotencyKey: delivery.idempotencyKey,
    requestId: requestIdOf(delivery.requestId, delivery.sha256),
    sha256: delivery.sha256,
    snapshotHash: reading.snapshotHash,
    namesProject: reading.snapshot.fields.project !== null,
  };
}

/** The parts of a kept delivery that repeats are found by; the sha256 is lower-case hex. */
export type KnownDelivery = Pick<DeliveryRow, "id" | "requestId"> & { readonly sha256: string };

/** The `KnownDelivery` of a row. */
export function knownDeliveryOf({
  sha256,
  ...row
}: Pick<DeliveryRow, "id" | "requestId" | "sha256">): KnownDelivery {
  return { ...row, sha256: sha256.toString("hex") };
}

/** The Request-ID; if it was missing or unusable, a substitute that only equal bodies share. */
export function requestIdOf(requestId: string | null, sha256: string): string {
  return requestId ?? `h:${sha256}`;
}

/** The row of a delivery. `decided` has the columns that depend on the whole batch. */
export function deliveryRow(
  delivery: IncomingDelivery,
  decided: Pick<DeliveryRow, "id" | "position" | "outcome" | "reason" | "repeatOf" | "isRequestIdReused"> & {
    readonly reading: IssueReading | null;
  },
): DeliveryRow {
  const { reading, ...columns } = decided;
  return {
    ...columns,
    receivedAt: delivery.receivedAt,
    sentAt: delivery.sentAt,
    resource: delivery.resource,
    action: delivery.action,
    requestId: delivery.requestId,
    idempotencyKey: delivery.idempotencyKey,
    installationId: delivery.installationId,
    sha256: Buffer.from(delivery.sha256, "hex"),
    bytes: delivery.body.length,
    issueId: reading?.snapshot.sentryId ?? null,
    toldAction: reading === null || reading.action === delivery.action ? null : reading.action,
    claim: reading?.claim ?? null,
    shownStatus: reading?.state.status ?? null,
    shownSubstatus: reading?.state.substatus ?? null,
    lastSeenMicros: reading?.lastSeen ?? null,
    count: reading?.count ?? null,
    assignee: assigneeText(reading?.assignee),
    actor: actorText(reading?.actor),
    resolutionType: reading?.resolutionType ?? null,
    snapshotHash: reading === null ? null : Buffer.from(reading.snapshotHash, "hex"),
    namesProject: reading === null ? null : reading.snapshot.fields.project !== null,
  };
}

/** The row of what a delivery held. `reading` is null if it is not about an issue. */
export function contentRow(id: number, { body }: IncomingDelivery, reading: IssueReading | null): ContentRow {
  return {
    delivery: id,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    fields: reading?.snapshot.written.fields ?? null,
  };
}
