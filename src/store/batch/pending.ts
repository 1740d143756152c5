import type { IncomingDelivery, IssueReading, Reading } from "../../domain/delivery.ts";
import type { IssueEvent } from "../../domain/event.ts";
import type { Change } from "../../domain/history.ts";
import { nothingMeasured } from "../../domain/measures.ts";
import type { ContentRow, DeliveryRow } from "../delivery-rows.ts";
import { eventRow, measuresRow, type EventRow } from "../event-rows.ts";
import { remeasure, type CachedHistory } from "../cached-history.ts";
import { shownProject, type Shown, type ShownProject } from "../issue-rows.ts";
import type { IssueWrite, MeasuredWrite, ProjectWrite, WriteTransaction } from "../write.ts";
import { snapshotFrom, withProjectOf } from "./kept-snapshot.ts";
import { placeKey } from "./place-key.ts";

/** What a delivery changed in the history of its issue. */
export type AppliedChange = {
  readonly reading: IssueReading;
  readonly change: Change;
  readonly held: CachedHistory;
};

/** What rows need besides the deliveries. */
export type PendingOptions = {
  /** Reads a kept body again. */
  readonly read: (body: Uint8Array) => Reading;
  /** The commit time of a delivery's entries, in epoch milliseconds. */
  readonly committedAt: (delivery: IncomingDelivery) => number;
};

/** The rows of one batch, gathered until they are written together. */
export class Pending {
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
  readonly #options: PendingOptions;

  constructor(transaction: WriteTransaction, options: PendingOptions, seq: number) {
    this.#transaction = transaction;
    this.#options = options;
    this.seq = seq;
  }

  /** Adds the entries for what the delivery with this id changed, and what its issue and project are now. */
  async addChange(
    delivery: IncomingDelivery,
    { reading, change, held }: AppliedChange,
    id: number,
  ): Promise<void> {
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
  #move(issueId: string, held: CachedHistory, { projectId, projectSlug }: ShownProject): void {
    const before = held.project;
    if (before.projectId === projectId && before.projectSlug === projectSlug) return;
    held.project = { projectId, projectSlug };
    if (held.lastSeq !== null) this.#moved.set(issueId, held.project);
  }

  /** Writes all of it. Nothing may be added afterwards. */
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

/** The delivery that names the issue's project, if it is another than the one that the issue shows; else null. */
function namedApart({ shown, named }: Change): number | null {
  return named === shown ? null : named;
}

function versionKey({ delivery, role }: Pick<EventRow, "delivery" | "role">): string {
  return `${delivery} ${role}`;
}
