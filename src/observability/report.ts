import type { DeliveryOutcome } from "../domain/delivery.ts";
import type { Logger } from "./logger.ts";
import type { Metrics, NotKeptCode, RefusalCode, TimestampFault, Transport } from "./metrics.ts";

/**
 * One function for each thing that happens. Numbers go to the metrics, under few labels; details go to the log. No
 * body, signature, token or header goes to either. None of the functions throws.
 */
export type Report = {
  readonly started: (where: { readonly url: string; readonly database: string }) => void;
  /** No way to authenticate is configured: requests made on this machine may read everything. */
  readonly openHere: () => void;
  /**
   * There is no SENTRY_CLIENT_SECRET: webhooks are checked with the random secret that the gateway made, in this file.
   */
  readonly secretOwn: (where: { readonly file: string }) => void;
  readonly stopped: () => void;

  /** A webhook was answered 202. `milliseconds` is from the last byte of its body to the answer. */
  readonly deliveryKept: (outcome: DeliveryOutcome, milliseconds: number) => void;
  /** A webhook was refused before it was kept. */
  readonly deliveryRefused: (code: RefusalCode) => void;
  /** A signed webhook was answered 503: it is not kept, and Sentry may never send it again. */
  readonly deliveryNotKept: (code: NotKeptCode, error: unknown) => void;
  /** A signed webhook could not be applied through a fault of this program: it is kept as QUARANTINED. */
  readonly deliveryFaulted: (error: unknown) => void;
  /** `Sentry-Hook-Timestamp` was missing or could not be true, so another time was taken. */
  readonly sentAtAdjusted: (reason: TimestampFault) => void;

  /** One transaction wrote so many deliveries and entries. */
  readonly committed: (size: {
    readonly deliveries: number;
    readonly entries: number;
    readonly milliseconds: number;
  }) => void;
  /** Deliveries could not be written. */
  readonly storeFailed: (error: unknown) => void;
  /** The store writes again. Logged only if the failure was. */
  readonly storeRecovered: () => void;
  /** What is too old, or was set aside by a command, could not be dropped; it is tried again. */
  readonly notDropped: (error: unknown) => void;
  /** The newest position could not be noted beside the database; it is tried again. */
  readonly positionNotNoted: (error: unknown) => void;
  /** Contents of some deliveries cannot be read, and count as gone. Logged once for each such place of the store. */
  readonly contentUnreadable: (error: Error) => void;
  /** The tail could not read the log; it tries again. */
  readonly tailFailed: (error: unknown) => void;
  /** Commits of other replicas are not heard at once; the log is still read every second. */
  readonly listenerFailed: (error: unknown) => void;
  /**
   * Commits of other replicas are not heard, because PostgreSQL is reached through a pooler; the log is read every
   * second.
   */
  readonly pollingAlone: () => void;
  /** The index of the issues' texts is missing, and is created now. */
  readonly textIndexMissing: () => void;
  /** It could not be created: searches try every issue. */
  readonly textIndexFailed: (error: unknown) => void;
  /**
   * The database's LC_CTYPE knows English letters only: a search in another script has no trigrams, and uses no index.
   */
  readonly scriptsUnknown: () => void;
  /** A new epoch is due, but something else holds the log's lock for long. */
  readonly logHeld: () => void;
  /**
   * A new epoch has begun: the database has lost some of the log, or was rebuilt. Streams end, and cursors from before
   * are refused with EPOCH_CHANGED.
   */
  readonly epochChanged: () => void;
  /**
   * The database was found to be restored when it was opened. Tokens of these names are valid, though they may have
   * been revoked since the backup.
   */
  readonly restored: (tokens: readonly string[]) => void;
  /**
   * The database file was gone or empty, and a new one was made. `newest` is the position that the former log had come
   * to.
   */
  readonly databaseLost: (what: { readonly file: string; readonly newest: number }) => void;

  /** The tokens could not be read; those last known stay valid. */
  readonly tokensFailed: (error: unknown) => void;
  /** The keys that JWTs are checked with could not be fetched. */
  readonly keysFailed: (error: unknown) => void;
  /** A JWT was refused. `code` is jose's; `claim` is the one that is wrong, null if it is about none. */
  readonly jwtRefused: (fault: { readonly code: string; readonly claim: string | null }) => void;

  readonly subscriberJoined: (transport: Transport) => void;
  readonly subscriberLeft: (transport: Transport) => void;
  /** A subscriber that took nothing, or too little, for too long was cut. */
  readonly slowConsumerCut: (transport: Transport) => void;
  /** An entry was written to all subscribers of one operation, so many milliseconds after its webhook came in. */
  readonly entryTold: (milliseconds: number) => void;

  /** The store could not be read: the client is told to try again. */
  readonly readFailed: (error: unknown) => void;
  /** A GraphQL resolver failed in a way that clients see as INTERNAL_SERVER_ERROR. */
  readonly resolverFailed: (error: unknown) => void;
  /** A request handler failed where nothing should fail. */
  readonly requestFailed: (error: unknown) => void;
};

/**
 * Each kind of trouble is logged at most once in ten seconds. The metrics count each webhook that is refused or not
 * kept, each consumer that is cut, and each INTERNAL_SERVER_ERROR.
 */
const quietMs = 10_000;

/** The report of one process. */
export function createReport({
  logger,
  metrics,
  now = performance.now.bind(performance),
}: {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}): Report {
  const lastLogged = new Map<string, number>();
  const quietly = (what: string, log: () => void): void => {
    const last = lastLogged.get(what);
    if (last !== undefined && now() - last < quietMs) return;
    lastLogged.set(what, now());
    log();
  };
  let isStoreSaidToFail = false;
  const saidUnreadable = new Set<string>();
  return {
    started: ({ url, database }) => logger.info({ url, database }, "listening"),
    openHere: () => logger.info("there are no tokens: any request from this machine may read everything"),
    secretOwn: ({ file }) =>
      logger.warn(
        { file },
        "no SENTRY_CLIENT_SECRET: webhooks have to be signed with the random secret in this file, as simulate does and Sentry does not",
      ),
    stopped: () => logger.info("stopped"),

    deliveryKept: (outcome, milliseconds) => {
      metrics.deliveries.inc({ outcome });
      metrics.ackSeconds.observe(milliseconds / 1000);
      logger.debug({ outcome, milliseconds }, "delivery kept");
      // If Sentry changes what it sends, only this tells: the webhook is heard, and answered 202.
      if (outcome === "QUARANTINED")
        quietly("quarantined", () =>
          logger.warn("a signed webhook was not understood: kept, quarantined; `Query.deliveries` tells why"),
        );
    },
    deliveryRefused: (code) => {
      metrics.deliveriesRefused.inc({ code });
      quietly(`refused ${code}`, () => logger.warn({ code }, "webhook refused"));
    },
    deliveryNotKept: (code, err) => {
      metrics.deliveriesNotKept.inc({ code });
      quietly(`not kept ${code}`, () => logger.error({ code, err }, "webhook not kept: answered 503"));
    },
    deliveryFaulted: (err) =>
      quietly("faulted", () => logger.error({ err }, "a delivery could not be applied: kept, quarantined")),
    sentAtAdjusted: (reason) => {
      metrics.sentAtAdjusted.inc({ reason });
      quietly(`adjusted ${reason}`, () => logger.warn({ reason }, "Sentry-Hook-Timestamp was not usable"));
    },

    committed: ({ deliveries, entries, milliseconds }) => {
      metrics.commitSeconds.observe(milliseconds / 1000);
      metrics.commitDeliveries.observe(deliveries);
      metrics.logEntries.inc(entries);
    },
    storeFailed: (err) =>
      quietly("store", () => {
        isStoreSaidToFail = true;
        logger.error({ err }, "the store cannot write");
      }),
    storeRecovered() {
      // On a disk that is nearly full it may fail and recover with each webhook.
      if (isStoreSaidToFail) logger.info("the store writes again");
      isStoreSaidToFail = false;
    },
    notDropped: (err) =>
      quietly("drop", () =>
        logger.error(
          { err },
          "what is too old, or was forgotten, could not be dropped and is still in the store: tried again within a minute",
        ),
      ),
    positionNotNoted: (err) =>
      quietly("position", () =>
        logger.error(
          { err },
          "how far the log has come could not be noted beside the database: tried again every second, and until it works a restore might go undetected",
        ),
      ),
    contentUnreadable(err) {
      if (saidUnreadable.has(err.message)) return;
      saidUnreadable.add(err.message);
      logger.error(
        { err },
        "what some deliveries held cannot be read, and counts as gone: doctor says which",
      );
    },
    tailFailed: (err) => quietly("tail", () => logger.error({ err }, "the log cannot be read")),
    listenerFailed: (err) =>
      quietly("listener", () =>
        logger.warn({ err }, "notifications from other replicas do not arrive; polling goes on"),
      ),
    pollingAlone: () =>
      logger.info(
        "PostgreSQL is reached through a pooler: what other replicas commit is seen up to a second later, unless DATABASE_DIRECT_URL leads past it",
      ),
    textIndexMissing: () =>
      logger.info("the index of texts is made: a search reads every issue until it is there"),
    textIndexFailed: (err) =>
      logger.warn(
        { err },
        "the index of texts could not be made: a search reads every issue; the next start tries again",
      ),
    scriptsUnknown: () =>
      logger.warn(
        "the database's LC_CTYPE does not know letters other than English ones: a search for text in another script reads every issue; create the database anew with a UTF-8 locale, and restore a dump into it if this one holds anything",
      ),
    logHeld: () =>
      quietly("held", () =>
        logger.warn("a new epoch is due, and somebody holds the log, as rebuild does: waiting for its end"),
      ),
    epochChanged: () => logger.warn("a new epoch has begun: cursors from before are refused"),
    restored: (tokens) =>
      logger.warn(
        { tokens, count: tokens.length },
        tokens.length === 0
          ? "the database was restored, and a new epoch has begun: cursors from before are refused, and no token is valid, as none was then"
          : "the database was restored, and a new epoch has begun: cursors from before are refused, and these tokens are valid, as they were then; revoke what should not be",
      ),
    databaseLost: ({ file, newest }) =>
      logger.warn(
        { file, newest },
        "the database that was here, whose log had come to this position, is gone, and a new and empty one was made: cursors from before are refused, and no token from before is valid; stop and put a backup in its place to have what that holds",
      ),

    tokensFailed: (err) => quietly("tokens", () => logger.error({ err }, "the tokens cannot be read")),
    keysFailed: (err) =>
      quietly("keys", () => logger.error({ err }, "the keys that JWTs are checked with cannot be fetched")),
    jwtRefused: ({ code, claim }) =>
      quietly(`JWT ${code} ${claim}`, () => logger.info({ code, claim }, "a JWT was refused")),

    subscriberJoined: (transport) => metrics.subscribers.inc({ transport }),
    subscriberLeft: (transport) => metrics.subscribers.dec({ transport }),
    slowConsumerCut: (transport) => {
      metrics.slowConsumers.inc({ transport });
      quietly(`slow ${transport}`, () =>
        logger.warn({ transport }, "a subscriber that read nothing, or too little, was cut"),
      );
    },
    // Another replica's clock may be ahead, and Prometheus takes a sum that falls for one that began anew.
    entryTold: (milliseconds) => metrics.toldSeconds.observe(Math.max(0, milliseconds) / 1000),

    readFailed: (err) => quietly("read", () => logger.error({ err }, "the store cannot be read")),
    resolverFailed: (err) => {
      metrics.graphqlErrors.inc();
      quietly("resolver", () => logger.error({ err }, "a GraphQL field failed"));
    },
    requestFailed: (err) => quietly("request", () => logger.error({ err }, "a request failed")),
  };
}
