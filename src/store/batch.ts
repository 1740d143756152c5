import type { DeliveryOutcome, Facts, IncomingDelivery, IssueReading, Reading } from "../domain/delivery.ts";
import { addDelivery, PastNeededError, type Change } from "../domain/history.ts";
import type { IssueEvent } from "../domain/event.ts";
import { nothingMeasured } from "../domain/measures.ts";
import type { IssueFields, Snapshot } from "../domain/issue.ts";
import { contentRow, deliveryRow, factsFrom, type ContentRow, type DeliveryRow } from "./delivery-rows.ts";
import { eventRow, measuresRow, type EventRow } from "./event-rows.ts";
import { shownProject, type Shown, type ShownProject } from "./issue-rows.ts";
import { derived, remeasure, type Held } from "./held.ts";
import type { Receipt } from "./store.ts";
import type { RequestIds } from "./request-ids.ts";
import type { WalkCache } from "./walks.ts";
import {
  mostAlike,
  type IssueWrite,
  type MeasuredWrite,
  type ProjectWrite,
  type WriteTransaction,
} from "./write.ts";

export type BatchOptions = {
  /** Histories in memory. If a batch is not committed, those of its issues must be forgotten. */
  readonly walks: WalkCache;
  readonly requestIds: RequestIds;
  /** Reads a kept body again. */
  readonly read: (body: Uint8Array) => Reading;
  /** The commit time of a delivery's entries, in epoch milliseconds. */
  readonly committedAt: (delivery: IncomingDelivery) => number;
  /** Called if a fault of this program kept a delivery from being applied; it is kept as QUARANTINED. */
  readonly onFault: (error: unknown) => void;
};

export type BatchResult = { readonly receipts: readonly Receipt[]; readonly entries: number };

/**
 * Writes one batch of deliveries, in order: the raw deliveries, then new log entries for what they change in their
 * issues' histories, then the issues and projects as they are now. The caller commits.
 */
export async function writeBatch(
  transaction: WriteTransaction,
  batch: readonly IncomingDelivery[],
  options: BatchOptions,
): Promise<BatchResult> {
  const newest = await transaction.newest();
  const numbered = batch.map((one, index) => ({ id: newest.delivery + 1 + index, delivery: one }));
  return writeAfter(transaction, newest.seq, numbered, options);
}

/** A delivery and its own id. */
export type Numbered = { readonly id: number; readonly delivery: IncomingDelivery };

/**
 * As `writeBatch`, for deliveries that have their ids: ascending, and greater than the id of any delivery of the same
 * issues or bodies written before.
 */
export async function writeNumbered(
  transaction: WriteTransaction,
  batch: readonly Numbered[],
  options: BatchOptions,
): Promise<BatchResult> {
  const { seq } = await transaction.newest();
  return writeAfter(transaction, seq, batch, options);
}

/** @param newest the newest position of the log. */
async function writeAfter(
  transaction: WriteTransaction,
  newest: number,
  batch: readonly Numbered[],
  options: BatchOptions,
): Promise<BatchResult> {
  const repeats = await findRepeats(transaction, batch);
  const histories = await loadHistories(transaction, batch, options.walks);
  const pending = new Pending(transaction, options, newest);
  const receipts: Receipt[] = [];

  for (const { id, delivery } of batch) {
    const known = repeats.add(id, delivery);
    const applied = await apply(id, delivery, histories, options);
    const reading = applied.is === "applied" ? applied.reading : null;
    pending.contents.push(contentRow(id, delivery, reading));
    if (applied.is === "applied") await pending.addChange(delivery, applied, id);
    const decided = decide(applied, known.sameDelivery, known.sameBody);
    pending.deliveries.push(
      deliveryRow(delivery, {
        ...decided,
        id,
        position: pending.seq,
        isRequestIdReused: options.requestIds.isReused(delivery.requestId, delivery.sha256),
        reading,
      }),
    );
    receipts.push({ delivery: id, outcome: decided.outcome, position: pending.seq });
  }

  await pending.write();
  return { receipts, entries: pending.seq - newest };
}

/** The reading that a delivery is kept with if this program fails to apply it. */
export const unapplied = {
  is: "quarantined",
  reason: "The gateway failed to apply it; rebuild tries again.",
} as const;

type Told = { readonly reading: IssueReading; readonly change: Change; readonly held: Held };
type Applied =
  ({ readonly is: "applied" } & Told) | { readonly is: "ignored" | "quarantined"; readonly reason: string };

async function apply(
  id: number,
  delivery: IncomingDelivery,
  histories: Histories,
  { onFault }: BatchOptions,
): Promise<Applied> {
  const { reading } = delivery;
  if (reading.is !== "issue") return reading;
  const { issue } = reading;
  const { sentryId } = issue.snapshot;
  const facts = factsFrom(id, delivery, issue);
  for (;;) {
    const held = histories.held(sentryId);
    try {
      const change = addDelivery(held.walk, facts);
      histories.added(sentryId, facts);
      return { is: "applied", reading: issue, change, held };
    } catch (error) {
      // After any error the walk must not be used again.
      await histories.renew(sentryId);
      if (error instanceof PastNeededError) continue;
      onFault(error);
      return unapplied;
    }
  }
}

function decide(
  applied: Applied,
  sameDelivery: number | null,
  sameBody: number | null,
): { readonly outcome: DeliveryOutcome; readonly reason: string | null; readonly repeatOf: number | null } {
  if (applied.is === "applied") {
    const { change } = applied;
    const outcome =
      change.repeatOf !== null ? "DUPLICATE" : change.entries.length > 0 ? "APPLIED" : "UNCHANGED";
    return { outcome, reason: change.reason, repeatOf: change.repeatOf };
  }
  if (sameDelivery !== null) {
    const reason = "The same body with the same Request-ID was received before.";
    return { outcome: "DUPLICATE", reason, repeatOf: sameDelivery };
  }
  const outcome = applied.is === "ignored" ? "IGNORED" : "QUARANTINED";
  return { outcome, reason: applied.reason, repeatOf: sameBody };
}

/** The histories of a batch's issues, with the batch's deliveries applied so far. */
type Histories = {
  readonly held: (issueId: string) => Held;
  /** Records that the delivery is part of the history now. */
  readonly added: (issueId: string, facts: Facts) => void;
  /** Derives the whole history anew, from the deliveries written and those added. */
  readonly renew: (issueId: string) => Promise<void>;
};

/** Loads the histories of a batch's issues, from memory if they are there. */
async function loadHistories(
  transaction: WriteTransaction,
  batch: readonly Numbered[],
  cache: WalkCache,
): Promise<Histories> {
  const found = new Map<string, Held>();
  const missing = new Set<string>();
  for (const { delivery } of batch) {
    if (delivery.reading.is !== "issue") continue;
    const { sentryId } = delivery.reading.issue.snapshot;
    const held = cache.get(sentryId);
    if (held === undefined) missing.add(sentryId);
    else found.set(sentryId, held);
  }
  const written = (issueIds: readonly string[]) => transaction.facts(issueIds, batch[0]!.id);
  if (missing.size > 0) {
    // An issue with deliveries has a row. Most issues that are not cached are new, and need no second query.
    const known = await transaction.knownIssues([...missing]);
    const facts = await written([...known.keys()]);
    for (const sentryId of missing) {
      const { lastSeq, ...project } = known.get(sentryId) ?? unknownIssue;
      const held = { ...derived(facts.get(sentryId) ?? []), lastSeq, project };
      found.set(sentryId, held);
      cache.set(sentryId, held);
    }
  }

  const added = new Map<string, Facts[]>();
  // Every issue of the batch was loaded above.
  const heldOf = (issueId: string): Held => found.get(issueId)!;
  return {
    held: heldOf,
    added(issueId, facts) {
      const before = added.get(issueId);
      if (before === undefined) added.set(issueId, [facts]);
      else before.push(facts);
    },
    async renew(issueId) {
      const facts = (await written([issueId])).get(issueId) ?? [];
      Object.assign(heldOf(issueId), derived([...facts, ...(added.get(issueId) ?? [])]));
    },
  };
}

const unknownIssue = { lastSeq: null, projectId: null, projectSlug: null } as const;

const nothingAlike = { sameDelivery: null, sameBody: null } as const;

/**
 * Finds earlier deliveries with the same bytes, in the store or in this batch, among those that are not about issues.
 * Of each body it compares the first and the `mostAlike` newest, wherever the batch begins.
 */
async function findRepeats(transaction: WriteTransaction, batch: readonly Numbered[]) {
  const others = batch.filter(({ delivery }) => delivery.reading.is !== "issue");
  const bySha256 = new Map<string, { readonly id: number; readonly requestId: string | null }[]>();
  const add = (id: number, { sha256, requestId }: Pick<IncomingDelivery, "sha256" | "requestId">) => {
    const same = bySha256.get(sha256);
    if (same === undefined) bySha256.set(sha256, [{ id, requestId }]);
    else same.push({ id, requestId });
  };
  if (others.length > 0) {
    const sha256s = new Set(others.map(({ delivery }) => delivery.sha256));
    for (const one of await transaction.knownBySha256([...sha256s], batch[0]!.id)) add(one.id, one);
  }
  return {
    /** Returns what the delivery repeats (null for nothing), then counts it as known. */
    add(id: number, delivery: IncomingDelivery) {
      if (delivery.reading.is === "issue") return nothingAlike;
      const [first, ...others] = bySha256.get(delivery.sha256) ?? [];
      add(id, delivery);
      if (first === undefined) return nothingAlike;
      const same = [first, ...others.slice(-mostAlike)].find(
        ({ requestId }) => requestId === delivery.requestId,
      );
      return { sameDelivery: same?.id ?? null, sameBody: first.id };
    },
  };
}

/** The rows of one batch, and the log's newest position once they are written. */
class Pending {
  /** The newest position, including the entries that wait here. */
  seq: number;
  readonly deliveries: DeliveryRow[] = [];
  readonly contents: ContentRow[] = [];
  readonly #events: EventRow[] = [];
  /** New measures of events entered before, by issue and place. */
  readonly #measured = new Map<string, MeasuredWrite>();
  readonly #superseded: { readonly seq: number; readonly by: number }[] = [];
  readonly #issues = new Map<string, IssueWrite>();
  /** The projects of issues that show another one than before, by issue. */
  readonly #moved = new Map<string, ShownProject>();
  readonly #projects = new Map<string, ProjectWrite>();
  /** Positions of this batch's events and of those that it supersedes, by issue and place, until they leave it. */
  readonly #places = new Map<string, number>();
  /** How many events of this batch each delivery and role has. */
  readonly #versions = new Map<string, number>();
  readonly #transaction: WriteTransaction;
  readonly #options: BatchOptions;

  constructor(transaction: WriteTransaction, options: BatchOptions, seq: number) {
    this.#transaction = transaction;
    this.#options = options;
    this.seq = seq;
  }

  async addChange(delivery: IncomingDelivery, { reading, change, held }: Told, id: number): Promise<void> {
    if (change.entries.length === 0) return;
    const { sentryId, fields } = reading.snapshot;
    const shown = await this.#shownBy(change, id, reading);
    if (shown !== null) this.#move(sentryId, held, shownProject(shown.snapshot.fields));
    const measured = remeasure(held, change);
    await this.#locate(sentryId, change);
    const versions = await this.#versionsBefore(change);
    // Before any is entered: an entry may take the place of an event that a later one supersedes.
    const replaced = change.entries.map((entry) =>
      entry.supersedes.map((event) => this.#take(sentryId, event)),
    );
    for (const [i, entry] of change.entries.entries()) {
      this.seq += 1;
      const supersedes = replaced[i]!;
      for (const seq of supersedes) this.#superseded.push({ seq, by: this.seq });
      const key = versionKey(entry.event);
      const waiting = this.#versions.get(key) ?? 0;
      this.#versions.set(key, waiting + 1);
      this.#events.push(
        eventRow(entry, measured.get(entry.event) ?? nothingMeasured, {
          seq: this.seq,
          issueId: sentryId,
          previous: held.lastSeq,
          version: (versions.get(key) ?? 0) + waiting,
          supersedes: supersedes.length === 0 ? null : Math.min(...supersedes),
          supersededBy: null,
          committedAt: this.#options.committedAt(delivery),
          afterShown: change.shown,
          afterNamed: namedApart(change),
          ...held.project,
        }),
      );
      held.lastSeq = this.seq;
      this.#places.set(placeKey(sentryId, entry.event.place), this.seq);
      // The event's own row has its measures; any that wait for this place are of an event that had it before.
      this.#measured.delete(placeKey(sentryId, entry.event.place));
      measured.delete(entry.event);
    }
    for (const [{ place }, measures] of measured) {
      const write = { issueId: sentryId, place: Buffer.from(place), ...measuresRow(measures) };
      this.#measured.set(placeKey(sentryId, place), write);
    }

    const { state, statusSince } = change;
    this.#issues.set(sentryId, {
      sentryId,
      status: state.status,
      substatus: state.substatus,
      statusSince,
      lastSeq: this.seq,
      shown,
    });
    if (fields.project !== null) {
      // A snapshot older than the one that names the issue's project may have a former name: with 0, any other
      // delivery's takes precedence.
      const shownAt = change.named === id ? delivery.sentAt : 0;
      const other = this.#projects.get(fields.project.sentryId);
      if (other === undefined || other.shownAt <= shownAt)
        this.#projects.set(fields.project.sentryId, { ...fields.project, shownAt });
    }
  }

  /** Records the project that the issue shows now. */
  #move(issueId: string, held: Held, { projectId, projectSlug }: ShownProject): void {
    const before = held.project;
    if (before.projectId === projectId && before.projectSlug === projectSlug) return;
    held.project = { projectId, projectSlug };
    if (held.lastSeq !== null) this.#moved.set(issueId, held.project);
  }

  async write(): Promise<void> {
    await this.#transaction.insertDeliveries(this.deliveries, this.contents);
    // Events come first: the batch may supersede events of its own.
    await this.#transaction.insertEvents(this.#events);
    await this.#transaction.supersede(this.#superseded);
    await this.#transaction.measure([...this.#measured.values()]);
    await this.#transaction.moveEvents(
      [...this.#moved].map(([issueId, project]) => ({ issueId, ...project })),
    );
    await this.#transaction.writeIssues([...this.#issues.values()]);
    await this.#transaction.writeProjects([...this.#projects.values()]);
  }

  /**
   * Puts the positions of all events that the change supersedes into `#places`, with one call, since locks are held
   * meanwhile.
   */
  async #locate(issueId: string, { entries }: Change): Promise<void> {
    const places = entries
      .flatMap(({ supersedes }) => supersedes.map(({ place }) => place))
      .filter((place) => !this.#places.has(placeKey(issueId, place)));
    if (places.length === 0) return;
    for (const { seq, place } of await this.#transaction.placed(issueId, places))
      this.#places.set(placeKey(issueId, place), seq);
  }

  /** Takes an event out of `#places`, and returns its position. */
  #take(issueId: string, { place }: IssueEvent): number {
    const key = placeKey(issueId, place);
    const seq = this.#places.get(key);
    if (seq === undefined) throw new Error(`Issue ${issueId} has no event at a place that its history has.`);
    this.#places.delete(key);
    return seq;
  }

  /** How many events of each delivery and role the log held before this batch, for the deliveries of late entries. */
  async #versionsBefore({ entries }: Change): Promise<ReadonlyMap<string, number>> {
    const late = new Set(entries.flatMap(({ event, isLate }) => (isLate ? event.delivery : [])));
    if (late.size === 0) return new Map();
    const versions = new Map<string, number>();
    for (const event of await this.#transaction.eventsOf([...late]))
      versions.set(versionKey(event), (versions.get(versionKey(event)) ?? 0) + 1);
    return versions;
  }

  async #kept(delivery: number): Promise<Pick<ContentRow, "body" | "fields">> {
    return this.contents.find((row) => row.delivery === delivery) ?? this.#transaction.kept(delivery);
  }

  /** What the issue's row shows from this delivery on; null if it shows that already. */
  async #shownBy(change: Change, id: number, { snapshot }: IssueReading): Promise<Shown | null> {
    const isShownOn = change.shown === change.shownBefore && change.named === change.namedBefore;
    let shown = isShownOn ? (this.#issues.get(snapshot.sentryId)?.shown ?? null) : null;
    if (change.shown === id) shown = { delivery: id, snapshot };
    else if (!isShownOn) shown = await this.#shownAgain(change.shown);
    const named = namedApart(change);
    if (shown === null || named === null) return shown;
    const { fields: naming } = await this.#kept(named);
    return { ...shown, snapshot: withProjectOf(shown.snapshot, naming!) };
  }

  /** What an older delivery shows, after a late one made it the shown one again. */
  async #shownAgain(shown: number): Promise<Shown> {
    const row = await this.#kept(shown);
    const reading = row.body === null ? null : this.#options.read(row.body);
    return {
      delivery: shown,
      snapshot: reading?.is === "issue" ? reading.issue.snapshot : snapshotFrom(row.fields!),
    };
  }
}

/** A snapshot from a delivery's kept fields. Its details are empty: only the body has them, and that may be pruned. */
export function snapshotFrom(fields: string): Pick<Snapshot, "fields" | "written"> {
  return {
    fields: JSON.parse(fields) as IssueFields,
    written: { fields, details: "{}" },
  };
}

/** A snapshot that names no project, with the project that another delivery's fields name. */
export function withProjectOf({ fields, written }: Shown["snapshot"], naming: string): Shown["snapshot"] {
  return { fields: { ...fields, project: snapshotFrom(naming).fields.project }, written };
}

/** The delivery that names the issue's project, if it is another than the one that the issue shows; else null. */
function namedApart({ shown, named }: Change): number | null {
  return named === shown ? null : named;
}

function versionKey({ delivery, role }: Pick<EventRow, "delivery" | "role">): string {
  return `${delivery} ${role}`;
}

/** Equal for two events if and only if they have the same place in the history of the same issue. */
export function placeKey(issueId: string, place: Uint8Array): string {
  return `${issueId} ${Buffer.from(place.buffer, place.byteOffset, place.byteLength).toString("latin1")}`;
}
