import { fold } from "../domain/fold.ts";
import type { Facts, IncomingDelivery, IssueReading } from "../domain/delivery.ts";
import type { Entry } from "../domain/history.ts";
import type { Measures } from "../domain/measures.ts";
import { forgottenRole, type LoggedEvent } from "../domain/event.ts";
import {
  priorityRankOf,
  type Actor,
  type Assignee,
  type Issue,
  type IssueFields,
  type Project,
  type Snapshot,
} from "../domain/issue.ts";
import type { contents, deliveries, events, issues } from "./tables/sqlite.ts";

/** Rows of the tables, as both databases give and take them, and what they mean. */

export type DeliveryRow = typeof deliveries.$inferSelect;
export type ContentRow = typeof contents.$inferSelect;
export type EventRow = typeof events.$inferSelect;
export type IssueRow = typeof issues.$inferSelect;

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

/** The row of a log entry at this position. */
export function eventRow(
  { event, isLate, state, statusSince }: Entry,
  measures: Measures,
  placed: Pick<
    EventRow,
    | "seq"
    | "issueId"
    | "previous"
    | "version"
    | "supersedes"
    | "supersededBy"
    | "committedAt"
    | "afterShown"
    | "afterNamed"
    | "projectId"
    | "projectSlug"
  >,
): EventRow {
  return {
    ...placed,
    delivery: event.delivery,
    role: event.role,
    place: Buffer.from(event.place),
    source: event.source,
    action: event.action,
    actionRaw: event.actionRaw,
    actorType: event.actor?.type ?? null,
    actorId: event.actor?.sentryId ?? null,
    actorName: event.actor?.name ?? null,
    assignee: assigneeText(event.assignee),
    kind: event.transition?.kind ?? null,
    fromStatus: event.transition?.from?.status ?? null,
    fromSubstatus: event.transition?.from?.substatus ?? null,
    toStatus: event.transition?.to.status ?? null,
    toSubstatus: event.transition?.to.substatus ?? null,
    occurredAt: event.occurredAt,
    occurredAfter: event.occurredAfter,
    isLate,
    afterStatus: state.status,
    afterSubstatus: state.substatus,
    afterSince: statusSince,
    ...measuresRow(measures),
  };
}

export type MeasuresColumns = Pick<EventRow, "stayMs" | "resolvedAfter" | "triagedAfterMs" | "isUndone">;

export function measuresRow({
  stayMs,
  resolvedAfterMs,
  triagedAfterMs,
  isUndone,
}: Measures): MeasuresColumns {
  const resolvedAfter = resolvedAfterMs.length === 0 ? null : resolvedAfterMs.join(",");
  return { stayMs, resolvedAfter, triagedAfterMs, isUndone };
}

/** An event as the log holds it, from its row and its delivery's. */
export function eventOf(
  row: EventRow,
  delivery: Pick<DeliveryRow, "receivedAt" | "resolutionType">,
): LoggedEvent {
  return {
    seq: row.seq,
    issueId: row.issueId,
    id: eventId(row),
    place: row.place,
    delivery: row.delivery,
    role: row.role,
    source: row.source,
    action: row.action,
    actionRaw: row.actionRaw,
    actor:
      row.actorType === null
        ? null
        : { type: row.actorType, sentryId: row.actorId ?? "", name: row.actorName ?? "" },
    assignee: assigneeIn(row.assignee),
    transition:
      row.kind === null || row.toStatus === null
        ? null
        : {
            kind: row.kind,
            from: row.fromStatus === null ? null : { status: row.fromStatus, substatus: row.fromSubstatus },
            to: { status: row.toStatus, substatus: row.toSubstatus },
          },
    occurredAt: row.occurredAt,
    occurredAfter: row.occurredAfter,
    isLate: row.isLate,
    supersedes: row.supersedes,
    supersededBy: row.role === forgottenRole ? null : row.supersededBy,
    receivedAt: delivery.receivedAt,
    committedAt: row.committedAt,
    // It is of what its webhook claims, and no webhook claims what is INFERRED.
    resolutionType: row.source === "INFERRED" ? null : delivery.resolutionType,
  };
}

function eventId({ delivery, role, version }: Pick<EventRow, "delivery" | "role" | "version">): string {
  return version === 0 ? `${delivery}.${role}` : `${delivery}.${role}.${version}`;
}

/** The delivery that an event's own id names; null for text that is no such id. */
export function deliveryIn(eventId: string): number | null {
  const match = /^([1-9][0-9]{0,15})\.(?:before|report|after|told)(?:\.[1-9][0-9]{0,8})?$/.exec(eventId);
  return match === null ? null : Number(match[1]);
}

/** What an issue shows: a snapshot, and the delivery that it came in. */
export type Shown = { readonly delivery: number; readonly snapshot: Pick<Snapshot, "fields" | "written"> };

/** The columns that follow from what an issue shows. */
export type ShownColumns = Omit<
  IssueRow,
  "id" | "sentryId" | "status" | "substatus" | "statusSince" | "lastSeq"
>;

/** The project that an issue shows, as each event of its history has it too. */
export type ShownProject = Pick<IssueRow, "projectId" | "projectSlug">;

export function shownProject({ project }: IssueFields): ShownProject {
  return { projectId: project?.sentryId ?? null, projectSlug: project?.slug ?? null };
}

/** What of `IssueFields` has no column. */
type Rest = Pick<IssueFields, "statusRaw" | "substatusRaw" | "statusDetails"> & {
  readonly project: Pick<Project, "name" | "platform"> | null;
};

/** Of each column that follows from another's text alone, which that is. */
export const followed = {
  shortIdFolded: "shortId",
  titleFolded: "title",
  culpritFolded: "culprit",
  priorityRank: "priority",
  categoryFolded: "category",
  issueTypeFolded: "issueType",
  platformFolded: "platform",
  projectSlugFolded: "projectSlug",
  assigneeNameFolded: "assigneeName",
  assigneeEmailFolded: "assigneeEmail",
} as const satisfies Partial<Record<keyof ShownColumns, keyof ShownColumns>>;

type FollowingColumns = Pick<ShownColumns, keyof typeof followed>;
/** The columns that follow from what an issue shows, and from no other column. */
export type PlainColumns = Omit<ShownColumns, keyof typeof followed>;

export function plainColumns({ delivery, snapshot }: Shown): PlainColumns {
  const { fields, written } = snapshot;
  const { project, assignee } = fields;
  const rest: Rest = {
    statusRaw: fields.statusRaw,
    substatusRaw: fields.substatusRaw,
    statusDetails: fields.statusDetails,
    project: project === null ? null : { name: project.name, platform: project.platform },
  };
  return {
    shown: delivery,
    shortId: fields.shortId,
    title: fields.title,
    culprit: fields.culprit,
    level: fields.levelRaw,
    priority: fields.priorityRaw,
    category: fields.category,
    issueType: fields.issueType,
    platform: fields.platform,
    ...shownProject(fields),
    assigneeType: assignee?.type ?? null,
    assigneeId: assignee?.sentryId ?? null,
    assigneeName: assignee?.name ?? null,
    assigneeEmail: assignee?.email ?? null,
    isUnhandled: fields.isUnhandled,
    count: fields.count,
    userCount: fields.userCount,
    firstSeen: fields.firstSeen,
    lastSeen: fields.lastSeen,
    rest: JSON.stringify(rest),
    details: written.details,
  };
}

export function followingColumns(plain: PlainColumns): FollowingColumns {
  return {
    shortIdFolded: folded(plain.shortId),
    titleFolded: fold(plain.title),
    culpritFolded: folded(plain.culprit),
    priorityRank: priorityRankOf(plain.priority),
    categoryFolded: folded(plain.category),
    issueTypeFolded: folded(plain.issueType),
    platformFolded: folded(plain.platform),
    projectSlugFolded: folded(plain.projectSlug),
    assigneeNameFolded: folded(plain.assigneeName),
    assigneeEmailFolded: folded(plain.assigneeEmail),
  };
}

export function shownColumns(shown: Shown): ShownColumns {
  const plain = plainColumns(shown);
  return { ...plain, ...followingColumns(plain) };
}

/** The columns that an issue is made of. */
export type IssueColumns = Omit<IssueRow, "id" | "lastSeq" | "details" | keyof typeof followed>;

/** An issue as it is now. */
export function issueOf(row: IssueColumns): Issue {
  const { project, ...rest } = restIn(row.rest);
  const { projectId, projectSlug, assigneeType, assigneeId } = row;
  return {
    sentryId: row.sentryId,
    state: { status: row.status, substatus: row.substatus },
    statusSince: row.statusSince,
    shown: row.shown,
    fields: {
      shortId: row.shortId,
      title: row.title,
      culprit: row.culprit,
      ...rest,
      levelRaw: row.level,
      priorityRaw: row.priority,
      category: row.category,
      issueType: row.issueType,
      platform: row.platform,
      project:
        project === null || projectId === null || projectSlug === null
          ? null
          : { sentryId: projectId, slug: projectSlug, ...project },
      assignee:
        assigneeType === null || assigneeId === null
          ? null
          : {
              type: assigneeType,
              sentryId: assigneeId,
              name: row.assigneeName ?? assigneeId,
              email: row.assigneeEmail,
            },
      isUnhandled: row.isUnhandled,
      count: row.count,
      userCount: row.userCount,
      firstSeen: row.firstSeen,
      lastSeen: row.lastSeen,
    },
  };
}

/**
 * What stands for what a delivery showed of its issue, where that is gone: what the issue shows now, but for what the
 * delivery's own row tells. It is the very same where the issue shows this delivery now.
 */
export function standInFor(row: DeliveryRow, { fields, shown }: Issue): IssueFields {
  // Where the delivery names none, the issue shows the project that another one names.
  const project = row.namesProject === false ? null : fields.project;
  if (shown === row.id) return { ...fields, project };
  return {
    ...fields,
    project,
    statusRaw: row.shownStatus ?? fields.statusRaw,
    substatusRaw: row.shownSubstatus,
    // Of another status.
    statusDetails: row.shownStatus === fields.statusRaw ? fields.statusDetails : {},
    assignee: assigneeIn(row.assignee),
    count: row.count ?? 0,
    lastSeen: row.lastSeenMicros === null ? null : Math.floor(row.lastSeenMicros / 1000),
  };
}

/** Read once of all issues that have the same: it takes longer than all else of a row, and most of a project's are alike. */
const rests = new Map<string, Rest>();
const mostRests = 1_000;
/** A longer one, as few are, is not kept. */
const mostOfRest = 2_000;

function restIn(text: string): Rest {
  const known = rests.get(text);
  if (known !== undefined) return known;
  // The store wrote this text itself, from a value of this type.
  const rest = JSON.parse(text) as Rest;
  if (text.length > mostOfRest) return rest;
  if (rests.size >= mostRests) rests.clear();
  rests.set(text, rest);
  return rest;
}

function folded(text: string | null): string | null {
  return text === null ? null : fold(text);
}

/** As a list: without its keys it takes half the space, and most rows have one. */
function actorText(actor: Actor | null | undefined): string | null {
  return actor == null ? null : JSON.stringify([actor.type, actor.sentryId, actor.name]);
}

function assigneeText(assignee: Assignee | null | undefined): string | null {
  return assignee == null
    ? null
    : JSON.stringify([assignee.type, assignee.sentryId, assignee.name, assignee.email]);
}

function actorIn(text: string | null): Actor | null {
  if (text === null) return null;
  // `actorText` wrote it.
  const [type, sentryId, name] = JSON.parse(text) as [Actor["type"], string, string];
  return { type, sentryId, name };
}

function assigneeIn(text: string | null): Assignee | null {
  if (text === null) return null;
  // `assigneeText` wrote it.
  const [type, sentryId, name, email] = JSON.parse(text) as [Assignee["type"], string, string, string | null];
  return { type, sentryId, name, email };
}
