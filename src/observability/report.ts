import type { DeliveryOutcome } from "../domain/delivery.ts";
import type { Logger } from "./logger.ts";
import type { Metrics, NotKeptCode, TimestampFault, Transport } from "./metrics.ts";
import { refusals, type RefusalCode } from "./refusals.ts";

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
        "SENTRY_CLIENT_SECRET is not set: what Sentry sends is refused. Set it to the Client Secret of your integration. Until then simulate signs with the random secret in this file.",
      ),
    stopped: () => logger.info("stopped"),

    deliveryKept: (outcome, milliseconds) => {
      metrics.deliveries.inc({ outcome });
      metrics.ackSeconds.observe(milliseconds / 1000);
      logger.debug({ outcome, milliseconds }, "delivery kept");
      // If Sentry changes what it sends, only this tells: the webhook is heard, and answered 202.
      if (outcome === "QUARANTINED")
        quietly("quarantined", () =>
          logger.warn(
            "a signed webhook was not understood, and is kept as QUARANTINED. Its `reason` in `Query.deliveries` says why.",
          ),
        );
    },
    deliveryRefused: (code) => {
      metrics.deliveriesRefused.inc({ code });
      quietly(`refused ${code}`, () => logger.warn({ code }, `webhook refused: ${refusals[code]}`));
    },
    deliveryNotKept: (code, err) => {
      metrics.deliveriesNotKept.inc({ code });
      quietly(`not kept ${code}`, () =>
        logger.error(
          { code, err },
          "a webhook was not stored and was answered 503: Sentry may never send it again",
        ),
      );
    },
    deliveryFaulted: (err) =>
      quietly("faulted", () =>
        logger.error(
          { err },
          "internal error: a delivery could not be applied, and is kept as QUARANTINED. Once a version without this fault runs, rebuild applies it.",
        ),
      ),
    sentAtAdjusted: (reason) => {
      metrics.sentAtAdjusted.inc({ reason });
      quietly(`adjusted ${reason}`, () =>
        logger.warn(
          { reason },
          "a webhook's Sentry-Hook-Timestamp was missing or implausible, so another time was used. If the timestamp is too early or too late, check the clock of this machine.",
        ),
      );
    },

    committed: ({ deliveries, entries, milliseconds }) => {
      metrics.commitSeconds.observe(milliseconds / 1000);
      metrics.commitDeliveries.observe(deliveries);
      metrics.logEntries.inc(entries);
    },
    storeFailed: (err) =>
      quietly("store", () => {
        isStoreSaidToFail = true;
        logger.error(
          { err },
          "the store cannot write: webhooks are answered 503. Check the disk, or the database server.",
        );
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
          "data that is too old, or was forgotten, could not be deleted and is still stored. The gateway tries again within a minute.",
        ),
      ),
    positionNotNoted: (err) =>
      quietly("position", () =>
        logger.error(
          { err },
          "the newest position could not be written to the .instance file beside the database. The gateway tries again every second; until it succeeds, a restored backup may not be noticed.",
        ),
      ),
    contentUnreadable(err) {
      if (saidUnreadable.has(err.message)) return;
      saidUnreadable.add(err.message);
      logger.error(
        { err },
        "the contents of some deliveries cannot be read, and count as deleted. Run doctor to see which.",
      );
    },
    tailFailed: (err) =>
      quietly("tail", () =>
        logger.error(
          { err },
          "the log cannot be read: subscribers get nothing new. The gateway tries again.",
        ),
      ),
    listenerFailed: (err) =>
      quietly("listener", () =>
        logger.warn(
          { err },
          "other replicas' commits are not heard, so they are seen up to a second later. The gateway tries to listen again.",
        ),
      ),
    pollingAlone: () =>
      logger.info(
        "PostgreSQL is reached through a pooler: other replicas' commits are seen up to a second later. To hear them at once, set DATABASE_DIRECT_URL.",
      ),
    textIndexMissing: () =>
      logger.info("the index for text search is being built: until it is there, a search reads every issue"),
    textIndexFailed: (err) =>
      logger.warn(
        { err },
        "the index for text search could not be built, so a search reads every issue. The next start tries again.",
      ),
    scriptsUnknown: () =>
      logger.warn(
        "the database's LC_CTYPE knows English letters only: a search for text in another script reads every issue. To change that, create a new database with a UTF-8 locale, and restore a dump of this one into it if it holds anything.",
      ),
    logHeld: () =>
      quietly("held", () =>
        logger.warn(
          "a new epoch has to begin, but something else has locked the log, as rebuild does. The gateway waits until it ends.",
        ),
      ),
    epochChanged: () =>
      logger.warn(
        "a new epoch has begun: cursors from before are refused, and subscribers have to read their lists again",
      ),
    restored: (tokens) =>
      logger.warn(
        { tokens, count: tokens.length },
        tokens.length === 0
          ? "the database was restored, so a new epoch has begun: cursors from before are refused. There was no token at the backup, so none is valid."
          : "the database was restored, so a new epoch has begun: cursors from before are refused. These tokens were valid at the backup and are again: revoke those that should not be.",
      ),
    databaseLost: ({ file, newest }) =>
      logger.warn(
        { file, newest },
        "the database file was gone or empty, so a new one was made. `newest` is how far the log of the lost one had come. Cursors and tokens from before are refused. To get the data back, stop the gateway and restore a backup.",
      ),

    tokensFailed: (err) =>
      quietly("tokens", () =>
        logger.error(
          { err },
          "the tokens cannot be read: those last known stay valid. The gateway tries again.",
        ),
      ),
    keysFailed: (err) =>
      quietly("keys", () =>
        logger.error({ err }, "the keys that JWTs are checked with cannot be fetched. Check JWT_JWKS_URL."),
      ),
    jwtRefused: ({ code, claim }) =>
      quietly(`JWT ${code} ${claim}`, () => logger.info({ code, claim }, "a JWT was refused")),

    subscriberJoined: (transport) => metrics.subscribers.inc({ transport }),
    subscriberLeft: (transport) => metrics.subscribers.dec({ transport }),
    slowConsumerCut: (transport) => {
      metrics.slowConsumers.inc({ transport });
      quietly(`slow ${transport}`, () =>
        logger.warn(
          { transport },
          "a subscriber that read too slowly was disconnected. It can subscribe again, after its last cursor if it has one.",
        ),
      );
    },
    // Another replica's clock may be ahead, and Prometheus takes a sum that falls for one that began anew.
    entryTold: (milliseconds) => metrics.toldSeconds.observe(Math.max(0, milliseconds) / 1000),

    readFailed: (err) =>
      quietly("read", () => logger.error({ err }, "the store cannot be read: clients are told to try again")),
    resolverFailed: (err) => {
      metrics.graphqlErrors.inc();
      quietly("resolver", () =>
        logger.error({ err }, "internal error: a GraphQL field failed with INTERNAL_SERVER_ERROR"),
      );
    },
    requestFailed: (err) =>
      quietly("request", () => logger.error({ err }, "internal error: a request failed")),
  };
}
