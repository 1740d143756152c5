import { and, asc, eq, gt, gte, inArray, isNull, lt, lte } from "drizzle-orm";
import { forgottenRole } from "../domain/event.ts";
import type { IssueFields } from "../domain/issue.ts";
import { metaNames } from "./meta.ts";
import { contentsIn, DamagedPackError, packOf, type PackRow } from "./pack.ts";
import { packHolding } from "./queries/contents.ts";
import { rememberedNumber } from "./queries/meta.ts";
import type { QueryContext } from "./queries/query.ts";
import type { ContentRow, DeliveryRow } from "./delivery-rows.ts";

/** Most deliveries that one step erases the contents of. */
export const mostInStep = 500;

/** Most packs that one step rewrites: webhooks wait for it, at 7 ms per pack. */
export const mostPacksInStep = 16;

/**
 * Most bytes of these packs as stored, for the same reason: with large bodies they hold some 4 MB, which take 50 ms.
 */
const mostPackedBytesInStep = 512 * 1024;

/** Most bytes of bodies that one step drops, besides the rest of the last body's pack. */
const mostBytesInStep = 8 * 1024 * 1024;

/**
 * The sha256 in rows of `deliveries` that are no webhooks: those that tell of a forgotten issue, and those set aside
 * until their contents are erased.
 */
export const sha256OfForgotten = Buffer.alloc(32);

/**
 * What the row of a delivery is set to if it is set aside. The other columns stay as they are: they say nothing of the
 * issue, and each change to an indexed one would cost a write to its index.
 */
const setAside: Omit<DeliveryRow, "id" | "position" | "receivedAt" | "sentAt" | "outcome"> = {
  sha256: sha256OfForgotten,
  // No delivery and no row that tells of a forgotten issue has this.
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

/** Deliveries whose contents one step may erase, and the packs that hold these, by first delivery. */
type Portion = { readonly ids: readonly number[]; readonly touching: ReadonlyMap<number, PackRow> };

const nothing: Portion = { ids: [], touching: new Map() };

/**
 * The steps that erase from the store; each must be called in a transaction of its own. The facts of what is left stay
 * as they are, so that late deliveries, `rebuild` and `doctor` still work.
 */
export interface Erasing {
  /**
   * Drops the bodies of the oldest deliveries that still have them, as many as one step may, up to the first received
   * at `before` or later (epoch milliseconds). A delivery dated after `now`, by a wrong clock, goes with the next one
   * that is not. Returns how many deliveries that were; 0 if none is left. A damaged pack stays as it is: its bodies
   * cannot be read anyway.
   */
  dropBodies(before: number, now: number): Promise<number>;
  /**
   * Erases the issues that have been resolved or archived since before this time (epoch milliseconds), oldest first, as
   * many as one step may. Returns how many; 0 if none is left. Cursors from before the newest of their entries expire.
   * A damaged pack that holds something of them is emptied. If one issue's deliveries are more than a step may erase,
   * their contents are left to `eraseSetAside`.
   */
  dropClosedIssues(before: number): Promise<number>;
  /**
   * Erases an issue and every delivery about it, and appends an entry that tells followers so. Returns false if there
   * is no such issue. A damaged pack that holds something of it is emptied. If its deliveries are more than a step may
   * erase, their contents are left to `eraseSetAside`; nothing reads them any more.
   */
  forgetIssue(sentryId: string, now: number): Promise<boolean>;
  /**
   * Erases deliveries that were set aside, by whatever process, with their contents, as many as one step may. Returns
   * how many; 0 if none is left.
   */
  eraseSetAside(): Promise<number>;
  /** Sentry's ids of up to `limit` issues that are in this project now. */
  issuesIn(projectId: string, limit: number): Promise<readonly string[]>;
  /** Erases what is known of the project itself. */
  forgetProject(projectId: string): Promise<void>;
}

/** @param mostIssues the most that one step drops; each takes several statements. */
export function erasing(
  { db, tables }: Pick<QueryContext, "db" | "tables">,
  { mostIssues = 100 }: { readonly mostIssues?: number } = {},
): Erasing {
  const { contents, deliveries, events, issues, meta, packs, projects } = tables;

  const numberOf = (name: string) => rememberedNumber({ db, tables }, name);
  async function remember(name: string, number: number): Promise<void> {
    const value = String(number);
    await db.insert(meta).values({ name, value }).onConflictDoUpdate({ target: meta.name, set: { value } });
  }

  /**
   * Rewrites the packs with what `change` returns for each content; null removes it. Returns the damaged ones, which
   * stay as they are.
   */
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

  /** Empties a pack that cannot be read; deletes it if all deliveries in it are `gone`. */
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

  /** Adds to a portion as many of these deliveries, by ascending id, as one step may erase together with it. */
  async function portionOf(ids: readonly number[], beside = nothing): Promise<Portion> {
    const touching = new Map(beside.touching);
    const some = ids.slice(0, mostInStep - beside.ids.length);
    const upTo = (count: number): Portion => ({ ids: [...beside.ids, ...some.slice(0, count)], touching });
    /** The pack of each delivery up to this id is known, or that it has none. */
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

  /** Adds all of these deliveries to a portion; null if that is more than one step may erase. */
  async function portionOfAll(ids: readonly number[], beside = nothing): Promise<Portion | null> {
    const portion = await portionOf(ids, beside);
    return portion.ids.length === beside.ids.length + ids.length ? portion : null;
  }

  /** Erases the deliveries and their contents. */
  async function eraseDeliveries({ ids, touching }: Portion): Promise<void> {
    if (ids.length === 0) return;
    const gone = new Set(ids);
    await db.delete(contents).where(inArray(contents.delivery, [...ids]));
    const damaged = await repack([...touching.values()], (row) => (gone.has(row.delivery) ? null : row));
    for (const pack of damaged) await empty(pack, gone);
    await db.delete(deliveries).where(inArray(deliveries.id, [...ids]));
  }

  /** The ids of the deliveries about an issue, ascending, but at most one more than a step may erase. */
  async function deliveriesOf(sentryId: string): Promise<readonly number[]> {
    const told = await db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(eq(deliveries.issueId, sentryId))
      .orderBy(asc(deliveries.id))
      .limit(mostInStep + 1);
    return told.map(({ id }) => id);
  }

  /** The issues that one step may drop, oldest first. */
  async function oldestClosed(before: number): Promise<readonly { readonly sentryId: string }[]> {
    const found: { readonly sentryId: string; readonly statusSince: number }[] = [];
    // One status at a time, along its index: by time alone, any number of open issues may come before the closed ones.
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
   * Erases the issues. Returns the newest position of their entries, 0 for none.
   * @param portion all their deliveries; null if these are more than one step may erase, so that they are set aside.
   */
  async function eraseIssues(sentryIds: readonly string[], portion: Portion | null): Promise<number> {
    const isTheirs = inArray(deliveries.issueId, sentryIds);
    const told = db.select({ id: deliveries.id }).from(deliveries).where(isTheirs);
    // By their deliveries: no index finds the superseded entries of an issue.
    await db.delete(events).where(inArray(events.delivery, told));
    if (portion === null) await db.update(deliveries).set(setAside).where(isTheirs);
    else await eraseDeliveries(portion);
    const erased = await db
      .delete(issues)
      .where(inArray(issues.sentryId, sentryIds))
      .returning({ lastSeq: issues.lastSeq });
    return Math.max(0, ...erased.map(({ lastSeq }) => lastSeq));
  }

  /** True if the first delivery after this one that is not dated after `now` was received before this time. */
  async function isDueAfter(id: number, before: number, now: number): Promise<boolean> {
    const [next] = await db
      .select({ receivedAt: deliveries.receivedAt })
      .from(deliveries)
      .where(and(gt(deliveries.id, id), lte(deliveries.receivedAt, now)))
      .orderBy(asc(deliveries.id))
      .limit(1);
    return next !== undefined && next.receivedAt < before;
  }

  /**
   * The first of these deliveries, up to `mostBytesInStep` but at least one, with the others in the last one's pack, so
   * that it is read once.
   */
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

  /** Appends an entry that says only that the issue is gone, and names its project, which decides who may know. */
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
    // Supersedes itself: it must not be part of a history if the issue is heard of again.
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
        // An issue that is too large for any step goes alone.
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
        // In the order of their index.
        .orderBy(asc(deliveries.sha256), asc(deliveries.id))
        .limit(mostInStep);
      if (rows.length === 0) return 0;
      const portion = await portionOf(rows.map(({ id }) => id));
      await eraseDeliveries(portion);
      // Tells a copy that was begun before: nothing else does.
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

/** True if a step that rewrites these packs may rewrite this one too; it may always rewrite one. */
function hasRoomFor(pack: PackRow, touching: ReadonlyMap<number, PackRow>): boolean {
  if (touching.size === 0) return true;
  const bytes = [...touching.values(), pack].reduce((sum, { data }) => sum + data.length, 0);
  return touching.size < mostPacksInStep && bytes <= mostPackedBytesInStep;
}

/**
 * The contents of a pack; null if it is damaged.
 * @throws UnreadablePackError if only a newer version can read it.
 */
function heldIn(pack: PackRow): readonly ContentRow[] | null {
  try {
    return contentsIn(pack);
  } catch (error) {
    if (error instanceof DamagedPackError) return null;
    throw error;
  }
}

/** The fields of a forgotten issue: nothing but which project it was in. */
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
