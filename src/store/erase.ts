import { and, asc, eq, gt, gte, inArray, isNull, lt, lte } from "drizzle-orm";
import { forgottenRole } from "../domain/event.ts";
import type { IssueFields } from "../domain/issue.ts";
import { metaNames } from "./meta.ts";
import { contentsIn, DamagedPackError, packOf, type PackRow } from "./pack.ts";
import { packHolding } from "./queries/contents.ts";
import { rememberedNumber } from "./queries/meta.ts";
import type { Asked } from "./queries/query.ts";
import type { ContentRow, DeliveryRow } from "./delivery-rows.ts";

/** Most deliveries of which one step erases what they held. */
export const mostInStep = 500;

/** Most packs that one step writes anew: at 7 ms each, webhooks wait for it. */
export const mostPacksInStep = 16;

/** Most bytes of these packs, as they are stored, likewise: of large bodies they hold some 4 MB, which take 50 ms. */
const mostPackedBytesInStep = 512 * 1024;

/** Most bytes of bodies that one step drops, but for those of a single pack. */
const mostBytesInStep = 8 * 1024 * 1024;

/**
 * What stands for the sha256 of a body in a row that is no webhook's: it tells of a forgotten issue, or is set aside until
 * what its delivery held is erased.
 */
export const sha256OfForgotten = Buffer.alloc(32);

/**
 * What becomes of the row of a delivery that is set aside. The rest is left as it was: it says nothing of the issue, and an
 * index that knows it would have to be written at as many places.
 */
const setAside: Omit<DeliveryRow, "id" | "position" | "receivedAt" | "sentAt" | "outcome"> = {
  sha256: sha256OfForgotten,
  // As no delivery has them, nor the row that tells of a forgotten issue.
  bytes: -1,
  reason: "No webhook: what one held is being erased.",
  resource: null,
  action: null,
  requestId: null,
  isRequestIdReused: false,
  idempotencyKey: null,
  installationId: null,
  repeatOf: null,
  issueId: null,
  toldAction: null,
  claim: null,
  shownStatus: null,
  shownSubstatus: null,
  lastSeenMicros: null,
  count: null,
  assignee: null,
  actor: null,
  resolutionType: null,
  snapshotHash: null,
  namesProject: null,
};

/** Deliveries of which one step may erase what they held, and the packs that hold it, by their first delivery. */
type Portion = { readonly ids: readonly number[]; readonly touching: ReadonlyMap<number, PackRow> };

const nothing: Portion = { ids: [], touching: new Map() };

/**
 * What takes things out of the store, each to be called in a transaction of its own. The facts of what is left stay as
 * they were, so that late deliveries, `rebuild` and `doctor` go on working.
 */
export interface Erasing {
  /**
   * Drops the bodies of the oldest deliveries that have them and were received before this time (epoch milliseconds), up to
   * the first that was not. Those that are dated after `now` go with the next one that is not: the clock was ahead then, or
   * it is behind by now. How many deliveries that were: 0 when there are none left. A pack that is damaged stays as it
   * is: its bodies cannot be read anyway.
   */
  dropBodies(before: number, now: number): Promise<number>;
  /**
   * Erases the issues that have been resolved or archived since before this time, the oldest first. How many: 0 when
   * there are none left. Whoever would have read of them in the log can no longer resume before them. Of a damaged pack
   * that holds something of them nothing is left, as when one of them is forgotten. What the deliveries of one held that
   * is more than a step may erase is left to `eraseSetAside`.
   */
  dropClosedIssues(before: number): Promise<number>;
  /**
   * Erases an issue and every delivery about it, and tells those who follow the log that it is gone. False when there
   * is none. Of a damaged pack that holds something of it nothing is left. What its deliveries held is left to
   * `eraseSetAside` where that is more than a step may erase: nobody reads it any more.
   */
  forgetIssue(sentryId: string, now: number): Promise<boolean>;
  /**
   * Erases what some of the deliveries held that were set aside, whoever did so. How many deliveries that were: 0 when
   * there are none left.
   */
  eraseSetAside(): Promise<number>;
  /** Sentry's ids of some issues that are in this project now, at most `limit`. */
  issuesIn(projectId: string, limit: number): Promise<readonly string[]>;
  /** Erases what is known of the project itself. */
  forgetProject(projectId: string): Promise<void>;
}

/** @param mostIssues that one step drops; each takes several statements. */
export function erasing(
  { db, tables }: Pick<Asked, "db" | "tables">,
  { mostIssues = 100 }: { readonly mostIssues?: number } = {},
): Erasing {
  const { contents, deliveries, events, issues, meta, packs, projects } = tables;

  const numberOf = (name: string) => rememberedNumber({ db, tables }, name);
  async function remember(name: string, number: number): Promise<void> {
    const value = String(number);
    await db.insert(meta).values({ name, value }).onConflictDoUpdate({ target: meta.name, set: { value } });
  }

  /** Writes the packs anew, with what `change` leaves of each content. Which are damaged: those stay as they are. */
  async function repack(
    touching: readonly PackRow[],
    change: (row: ContentRow) => ContentRow | null,
  ): Promise<readonly PackRow[]> {
    const damaged: PackRow[] = [];
    for (const pack of touching) {
      const held = heldIn(pack);
      if (held === null) {
        damaged.push(pack);
        continue;
      }
      const left = held.flatMap((row) => change(row) ?? []);
      await db.delete(packs).where(eq(packs.first, pack.first));
      if (left.length > 0) await db.insert(packs).values(packOf(left));
    }
    return damaged;
  }

  /** Leaves nothing in a pack that cannot be read, nor the pack where all that it was made of is gone. */
  async function empty({ first, last }: PackRow, gone: ReadonlySet<number>): Promise<void> {
    const received = await db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(and(gte(deliveries.id, first), lte(deliveries.id, last)));
    if (received.every(({ id }) => gone.has(id))) await db.delete(packs).where(eq(packs.first, first));
    else
      await db
        .update(packs)
        .set({ data: Buffer.alloc(0) })
        .where(eq(packs.first, first));
  }

  /**
   * As many of these deliveries, which are given by ascending id, as one step may erase the contents of beside those of
   * another portion; both together.
   */
  async function portionOf(ids: readonly number[], beside = nothing): Promise<Portion> {
    const touching = new Map(beside.touching);
    const some = ids.slice(0, mostInStep - beside.ids.length);
    const upTo = (count: number): Portion => ({ ids: [...beside.ids, ...some.slice(0, count)], touching });
    /** Up to here it is known what holds a delivery. */
    let known = 0;
    for (const [index, id] of some.entries()) {
      if (id <= known) continue;
      const pack = await packHolding({ db, tables }, id);
      if (pack !== null) {
        if (!touching.has(pack.first) && !hasRoomFor(pack, touching)) return upTo(index);
        touching.set(pack.first, pack);
        known = pack.last;
        continue;
      }
      const [next] = await db
        .select({ first: packs.first })
        .from(packs)
        .where(gt(packs.first, id))
        .orderBy(asc(packs.first))
        .limit(1);
      if (next === undefined) break;
      known = next.first - 1;
    }
    return upTo(some.length);
  }

  /** The portion of another and all of these deliveries; null where that is more than one step may erase. */
  async function portionOfAll(ids: readonly number[], beside = nothing): Promise<Portion | null> {
    const portion = await portionOf(ids, beside);
    return portion.ids.length === beside.ids.length + ids.length ? portion : null;
  }

  /** Erases the deliveries with what they held. */
  async function eraseDeliveries({ ids, touching }: Portion): Promise<void> {
    if (ids.length === 0) return;
    const gone = new Set(ids);
    await db.delete(contents).where(inArray(contents.delivery, [...ids]));
    const damaged = await repack([...touching.values()], (row) => (gone.has(row.delivery) ? null : row));
    for (const pack of damaged) await empty(pack, gone);
    await db.delete(deliveries).where(inArray(deliveries.id, [...ids]));
  }

  /** Those about an issue; of more than a step may erase, one more than that. */
  async function deliveriesOf(sentryId: string): Promise<readonly number[]> {
    const told = await db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(eq(deliveries.issueId, sentryId))
      .orderBy(asc(deliveries.id))
      .limit(mostInStep + 1);
    return told.map(({ id }) => id);
  }

  /** The issues that one step may drop, the oldest first. */
  async function oldestClosed(before: number): Promise<readonly { readonly sentryId: string }[]> {
    const found: { readonly sentryId: string; readonly statusSince: number }[] = [];
    // One status at a time, along its index: behind the oldest of both there may be any number of issues that are open.
    for (const status of ["resolved", "ignored"])
      found.push(
        ...(await db
          .select({ sentryId: issues.sentryId, statusSince: issues.statusSince })
          .from(issues)
          .where(and(eq(issues.status, status), lt(issues.statusSince, before)))
          .orderBy(asc(issues.statusSince), asc(issues.sentryId))
          .limit(mostIssues)),
      );
    return found.toSorted((a, b) => a.statusSince - b.statusSince).slice(0, mostIssues);
  }

  /**
   * Erases the issues; the newest position of their entries, 0 for none.
   * @param portion of all their deliveries; null where these are to be set aside, as more than one step may erase.
   */
  async function eraseIssues(sentryIds: readonly string[], portion: Portion | null): Promise<number> {
    const isTheirs = inArray(deliveries.issueId, sentryIds);
    const told = db.select({ id: deliveries.id }).from(deliveries).where(isTheirs);
    // By their deliveries: no index knows the entries of an issue that are superseded.
    await db.delete(events).where(inArray(events.delivery, told));
    if (portion === null) await db.update(deliveries).set(setAside).where(isTheirs);
    else await eraseDeliveries(portion);
    const erased = await db
      .delete(issues)
      .where(inArray(issues.sentryId, sentryIds))
      .returning({ lastSeq: issues.lastSeq });
    return Math.max(0, ...erased.map(({ lastSeq }) => lastSeq));
  }

  /** True where the first delivery after this one that is not dated after `now` was received before this time. */
  async function isDueAfter(id: number, before: number, now: number): Promise<boolean> {
    const [next] = await db
      .select({ receivedAt: deliveries.receivedAt })
      .from(deliveries)
      .where(and(gt(deliveries.id, id), lte(deliveries.receivedAt, now)))
      .orderBy(asc(deliveries.id))
      .limit(1);
    return next !== undefined && next.receivedAt < before;
  }

  /** The first of these deliveries, as many as have so few bytes; and with them those of the last one's pack, which is read once. */
  async function inOneStep<Row extends { readonly id: number; readonly bytes: number }>(
    due: readonly Row[],
  ): Promise<readonly Row[]> {
    let bytes = 0;
    const tooMany = due.findIndex((row) => (bytes += row.bytes) > mostBytesInStep);
    if (tooMany === -1) return due;
    const { id } = due[Math.max(0, tooMany - 1)]!;
    const last = (await packHolding({ db, tables }, id))?.last ?? id;
    return due.filter((row) => row.id <= last);
  }

  /** Appends an entry that says nothing but that the issue is gone, and which project it was in, for those who may know. */
  async function tellForgotten(sentryId: string, projectId: string | null, now: number): Promise<void> {
    const [delivery] = await db
      .insert(deliveries)
      .values({
        position: 0,
        receivedAt: now,
        sentAt: now,
        isRequestIdReused: false,
        outcome: "IGNORED",
        reason: "No webhook: an issue was forgotten, and its followers are told so.",
        sha256: sha256OfForgotten,
        bytes: 0,
      })
      .returning({ id: deliveries.id });
    const id = delivery!.id;
    await db
      .insert(contents)
      .values({ delivery: id, fields: JSON.stringify(forgottenFields(projectId)), body: null });
    const [event] = await db
      .insert(events)
      .values({
        issueId: sentryId,
        delivery: id,
        role: forgottenRole,
        version: 0,
        place: Buffer.alloc(0),
        source: "INFERRED",
        action: "OTHER",
        occurredAt: now,
        isLate: false,
        isUndone: false,
        committedAt: now,
        afterStatus: "",
        afterSince: now,
        afterShown: id,
        projectId,
      })
      .returning({ seq: events.seq });
    const { seq } = event!;
    // Never part of a history, should the issue be heard of again.
    await db.update(events).set({ supersededBy: seq }).where(eq(events.seq, seq));
    await db.update(deliveries).set({ position: seq }).where(eq(deliveries.id, id));
  }

  return {
    async dropBodies(before, now) {
      const from = await numberOf(metaNames.prunedTo);
      const next = await db
        .select({ id: deliveries.id, receivedAt: deliveries.receivedAt, bytes: deliveries.bytes })
        .from(deliveries)
        .where(gt(deliveries.id, from))
        .orderBy(asc(deliveries.id))
        .limit(mostInStep);
      const notDue = next.findIndex(({ receivedAt }) => receivedAt >= before && receivedAt <= now);
      const perhaps = notDue === -1 ? next : next.slice(0, notDue);
      const datedBefore = perhaps.findLastIndex(({ receivedAt }) => receivedAt < before);
      const areAllAhead = datedBefore === -1 && perhaps.length === mostInStep;
      const allDue =
        areAllAhead && (await isDueAfter(perhaps.at(-1)!.id, before, now))
          ? perhaps
          : perhaps.slice(0, datedBefore + 1);
      const due = await inOneStep(allDue);
      const [first, last] = [due[0]?.id, due.at(-1)?.id];
      if (first === undefined || last === undefined) return 0;
      await db
        .update(contents)
        .set({ body: null })
        .where(and(gte(contents.delivery, first), lte(contents.delivery, last)));
      const holding = await packHolding({ db, tables }, first);
      const touching = await db
        .select()
        .from(packs)
        .where(and(gte(packs.first, holding?.first ?? first), lte(packs.first, last)));
      await repack(touching, (row) => (row.delivery <= last ? { ...row, body: null } : row));
      await remember(metaNames.prunedTo, last);
      return due.length;
    },

    async dropClosedIssues(before) {
      const closed = await oldestClosed(before);
      if (closed.length === 0) return 0;
      const dropping: string[] = [];
      let portion: Portion | null = nothing;
      for (const { sentryId } of closed) {
        const more = await portionOfAll(await deliveriesOf(sentryId), portion);
        // One that is too much for any step goes alone.
        if (more === null && dropping.length > 0) break;
        dropping.push(sentryId);
        portion = more;
        if (portion === null) break;
      }
      const newest = await eraseIssues(dropping, portion);
      if (newest > (await numberOf(metaNames.oldest))) await remember(metaNames.oldest, newest);
      await remember(metaNames.dropped, (await numberOf(metaNames.dropped)) + dropping.length);
      return dropping.length;
    },

    async forgetIssue(sentryId, now) {
      const [issue] = await db
        .select({ projectId: issues.projectId })
        .from(issues)
        .where(eq(issues.sentryId, sentryId));
      if (issue === undefined) return false;
      await eraseIssues([sentryId], await portionOfAll(await deliveriesOf(sentryId)));
      await tellForgotten(sentryId, issue.projectId, now);
      return true;
    },

    async eraseSetAside() {
      const rows = await db
        .select({ id: deliveries.id })
        .from(deliveries)
        .where(
          and(
            isNull(deliveries.issueId),
            eq(deliveries.sha256, sha256OfForgotten),
            eq(deliveries.bytes, setAside.bytes),
          ),
        )
        // As their index has them.
        .orderBy(asc(deliveries.sha256), asc(deliveries.id))
        .limit(mostInStep);
      if (rows.length === 0) return 0;
      const portion = await portionOf(rows.map(({ id }) => id));
      await eraseDeliveries(portion);
      // For a copy that was begun before: nothing else tells it.
      await remember(metaNames.dropped, (await numberOf(metaNames.dropped)) + 1);
      return portion.ids.length;
    },

    async issuesIn(projectId, limit) {
      const rows = await db
        .select({ sentryId: issues.sentryId })
        .from(issues)
        .where(eq(issues.projectId, projectId))
        .limit(limit);
      return rows.map(({ sentryId }) => sentryId);
    },

    async forgetProject(projectId) {
      await db.delete(projects).where(eq(projects.sentryId, projectId));
    },
  };
}

/** True where a step that writes these packs anew may write this one, too. It may always write one. */
function hasRoomFor(pack: PackRow, touching: ReadonlyMap<number, PackRow>): boolean {
  if (touching.size === 0) return true;
  const bytes = [...touching.values(), pack].reduce((sum, { data }) => sum + data.length, 0);
  return touching.size < mostPacksInStep && bytes <= mostPackedBytesInStep;
}

/** What is packed; null where no version can read it. */
function heldIn(pack: PackRow): readonly ContentRow[] | null {
  try {
    return contentsIn(pack);
  } catch (error) {
    if (error instanceof DamagedPackError) return null;
    throw error;
  }
}

/** What is left of an issue that was forgotten: which project it was in. */
export function forgottenFields(projectId: string | null): IssueFields {
  return {
    shortId: null,
    title: "",
    culprit: null,
    statusRaw: "",
    substatusRaw: null,
    statusDetails: {},
    levelRaw: null,
    priorityRaw: null,
    category: null,
    issueType: null,
    platform: null,
    project: projectId === null ? null : { sentryId: projectId, slug: "", name: "", platform: null },
    assignee: null,
    isUnhandled: null,
    count: 0,
    userCount: 0,
    firstSeen: null,
    lastSeen: null,
  };
}
