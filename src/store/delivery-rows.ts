import type { Facts, IncomingDelivery, IssueReading } from "../domain/delivery.ts";
import { actorText, assigneeText, actorIn, assigneeIn } from "./person-text.ts";
import type { contents, deliveries } from "./tables/sqlite.ts";

/** Rows of deliveries and what they held, as both databases give and take them, and what they mean. */

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

/** The columns of a delivery that the history is derived from, of the table of either database. */
export function factsColumns<Deliveries extends Readonly<Record<FactsName, unknown>>>(
  deliveries: Deliveries,
) {
  const columns = factsNames.map((name) => [name, deliveries[name]]);
  // One for each name.
  return Object.fromEntries(columns) as Pick<Deliveries, FactsName>;
}

/** The facts that a delivery about an issue was kept with. */
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

/** The facts of a delivery that is being kept under this id. */
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

/** A delivery that is already kept, as far as repeats need to know it; the sha256 is lower-case hex. */
export type KnownDelivery = Pick<DeliveryRow, "id" | "requestId"> & { readonly sha256: string };

/** What repeats need to know of a delivery that was kept with this row. */
export function knownDeliveryOf({
  sha256,
  ...row
}: Pick<DeliveryRow, "id" | "requestId" | "sha256">): KnownDelivery {
  return { ...row, sha256: sha256.toString("hex") };
}

/** The Request-ID, or what stands for one that was missing or not usable: then only equal bodies have the same. */
export function requestIdOf(requestId: string | null, sha256: string): string {
  return requestId ?? `h:${sha256}`;
}

/** The row of a delivery; what only the whole batch decides is given beside it. */
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

/** What a delivery held. `reading` is null for one that is not about an issue. */
export function contentRow(id: number, { body }: IncomingDelivery, reading: IssueReading | null): ContentRow {
  return {
    delivery: id,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    fields: reading?.snapshot.written.fields ?? null,
  };
}
