import DataLoader from "dataloader";
import { unknownDetails, type Json, type Project } from "../../domain/issue.ts";
import type { LogBounds, Page, PageRequest, Reader } from "../../store/reader.ts";
import { errorOf } from "../errors.ts";
import type { Payload } from "../live/live-source.ts";
import { remembered } from "../caching/remembered.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Batches questions: one statement for each kind, however many ask it at once. Nothing is asked for twice. */
export type Loaders = ReturnType<typeof createLoaders>;

/**
 * The loaders of one execution. They remember what they loaded, so they must not outlive it.
 *
 * With `told`, the entry's issue and its project are as of that entry wherever they are shown: one answer must not show
 * two versions of them.
 */
export function createLoaders(reader: Reader, now: number, told: Payload | null = null) {
  const issue = loader(
    (ids: readonly string[]) => reader.issues(ids),
    told && [told.entry.after.sentryId, told.entry.after],
  );
  const project = loader((ids: readonly string[]) => reader.projects(ids));
  const bounds = remembered((): Promise<LogBounds> => reader.bounds());
  return {
    bounds,
    epoch: async (): Promise<string> => told?.epoch ?? (await bounds()).epoch,
    lastDeliveryAt: remembered(() => reader.lastDeliveryAt()),
    /** Of the last 24 hours. */
    outcomeCounts: remembered(() => reader.outcomeCounts({ since: now - 24 * 3_600_000 })),

    issue,
    /** The issue of an event. */
    issueOf: still(issue),
    /**
     * A subscription may tell of an issue that is gone by now, or hidden from the viewer: then its details are unknown.
     */
    issueDetails: otherwise(
      unknownDetails,
      loader((ids: readonly string[]) => reader.issueDetails(ids)),
    ),
    rawIssue: otherwise<string, Json>(
      {},
      loader((ids: readonly string[]) => reader.rawIssues(ids)),
    ),
    project,
    shownProject: asKnown(project, told?.entry.after.fields.project ?? null),
    /** The project of a count. */
    countedProject: still(project),
    user: loader((ids: readonly string[]) => reader.assignees("USER", ids)),
    team: loader((ids: readonly string[]) => reader.assignees("TEAM", ids)),

    event: loader((seqs: readonly number[]) => reader.events(seqs)),
    eventById: loader((ids: readonly string[]) => reader.eventsById(ids)),
    eventsOfDelivery: loader((deliveries: readonly number[]) => reader.eventsOfDeliveries(deliveries)),
    replacedBy: loader((seqs: readonly number[]) => reader.replacedBy(seqs)),
    before: loader((seqs: readonly number[]) => reader.before(seqs)),
    transitionedBefore: loader((seqs: readonly number[]) => reader.transitionedBefore(seqs)),
    transitionsOf: loader((issues: readonly string[]) => reader.transitionsOf(issues)),

    delivery: loader((ids: readonly number[]) => reader.deliveries(ids)),
    /** Null if the viewer may not see it, because the issue was in another project then. */
    snapshot: loader((ids: readonly number[]) => reader.snapshots(ids)),
    /** Decoded as UTF-8. */
    body: loader(async (ids: readonly number[]) => {
      const bodies = await reader.bodies(ids);
      return new Map([...bodies].map(([id, body]): [number, string] => [id, utf8.decode(body)]));
    }),

    issuePageOf: pageLoader((ids, request: QuestionOf<"issuePagesOf">) => reader.issuePagesOf(ids, request)),
    issueCountOf: countLoader((ids, request: QuestionOf<"issueCountsOf">) =>
      reader.issueCountsOf(ids, request),
    ),
    eventPageOf: pageLoader((ids, request: QuestionOf<"eventPages">) => reader.eventPages(ids, request)),
    eventCountOf: countLoader((ids, request: QuestionOf<"eventCounts">) => reader.eventCounts(ids, request)),
    transitionPageOf: pageLoader((ids, request: QuestionOf<"transitionPagesOf">) =>
      reader.transitionPagesOf(ids, request),
    ),
    transitionCountOf: countLoader((ids, request: QuestionOf<"transitionCountsOf">) =>
      reader.transitionCountsOf(ids, request),
    ),
  };
}

/** What a question about many parents says about all of them. */
type QuestionOf<
  Question extends
    | "issuePagesOf"
    | "issueCountsOf"
    | "eventPages"
    | "eventCounts"
    | "transitionPagesOf"
    | "transitionCountsOf",
> = Parameters<Reader[Question]>[1];

/** Most keys in one question: databases limit the parameters of a statement. */
const mostKeys = 10_000;

/** Asks about many keys at once. A key that is not in the map has no value. */
type Ask<Key, Value> = (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
type Load<Key, Value> = (key: Key) => Promise<Value>;

/** @param known a key and its value, which need not be asked for. */
function loader<Key, Value>(
  ask: Ask<Key, Value>,
  known: readonly [Key, Value] | null = null,
): Load<Key, Value | null> {
  // Made when it is first needed: an execution needs few of them.
  let made: DataLoader<Key, Value | null> | undefined;
  return (key) => (made ??= batches(ask, known)).load(key);
}

function batches<Key, Value>(ask: Ask<Key, Value>, known: readonly [Key, Value] | null) {
  const made = new DataLoader<Key, Value | null>(
    async (keys) => {
      const found = await ask(keys);
      return keys.map((key) => found.get(key) ?? null);
    },
    { maxBatchSize: mostKeys },
  );
  if (known !== null) made.prime(...known);
  return made;
}

/** @throws SERVICE_UNAVAILABLE if what an earlier read named is by now erased, or hidden from the viewer. */
function still<Key, Value>(load: Load<Key, Value | null>): Load<Key, Value> {
  return async (key) => {
    const value = await load(key);
    if (value === null)
      throw errorOf("SERVICE_UNAVAILABLE", "The data was erased while it was being read: try again.");
    return value;
  };
}

/**
 * The project that an issue shows, as the gateway knows it: `told`, or as it is now, or, if it was forgotten meanwhile,
 * as the issue shows it. Caches answers itself, since the issues of a list have few projects: a DataLoader takes longer
 * to repeat an answer than to give it.
 */
function asKnown(
  load: Load<string, Project | null>,
  told: Project | null,
): (shown: Project) => Promise<Project> | Project {
  let answers: Map<string, Promise<Project>> | undefined;
  return (shown) => {
    if (shown.sentryId === told?.sentryId) return told;
    answers ??= new Map();
    let answer = answers.get(shown.sentryId);
    if (answer === undefined) {
      answer = load(shown.sentryId).then((project) => project ?? shown);
      answers.set(shown.sentryId, answer);
    }
    return answer;
  };
}

function otherwise<Key, Value>(fallback: Value, load: Load<Key, Value | null>): Load<Key, Value> {
  return async (key) => (await load(key)) ?? fallback;
}

/** Fields with arguments share a batch when their arguments are equal. */
function perRequest<Request, Value>(
  ask: (keys: readonly string[], request: Request) => Promise<ReadonlyMap<string, Value>>,
): (key: string, request: Request) => Promise<Value | null> {
  const loadFor = remembered((request: Request) => loader((keys: readonly string[]) => ask(keys, request)));
  return (key, request) => loadFor(request)(key);
}

function pageLoader<Request extends PageRequest<unknown>, Row>(
  ask: (keys: readonly string[], request: Request) => Promise<ReadonlyMap<string, Page<Row>>>,
): (key: string, request: Request) => Promise<Page<Row>> {
  const load = perRequest(ask);
  return async (key, request) => (await load(key, request)) ?? { rows: [], more: false };
}

function countLoader<Request>(
  ask: (keys: readonly string[], request: Request) => Promise<ReadonlyMap<string, number>>,
): (key: string, request: Request) => Promise<number> {
  const load = perRequest(ask);
  return async (key, request) => (await load(key, request)) ?? 0;
}
