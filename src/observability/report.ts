import type { DeliveryOutcome } from "../domain/delivery.ts";
import type { Logger } from "./logger.ts";
import type { Metrics, NotKeptCode, TimestampFault, Transport } from "./metrics.ts";
import { refusals, type RefusalCode } from "./refusals.ts";

/**
 * One function for each thing that happens. Numbers go to the metrics, under few labels; details go to the log. No
 * body, signature, token or header goes to either. None of the functions throws.
 */
export type Report = ReturnType<typeof createReport>;

/**
 * Each kind of trouble is logged at most once in ten seconds. The metrics count each webhook that is refused or not
 * kept, each consumer that is cut, and each INTERNAL_SERVER_ERROR.
 */
const quietMs = 10_000;

/** Creates the report of one process. */
export function createReport({
  logger,
  metrics,
  now = performance.now.bind(performance),
}: {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}) {
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
    started: ({ url, database }: { readonly url: string; readonly database: string }) =>
      logger.info({ url, database }, "listening"),
    /** No way to authenticate is configured: requests made on this machine may read everything. */
    openHere: () => logger.info("there are no tokens: any request from this machine may read everything"),
    /**
     * There is no SENTRY_CLIENT_SECRET: webhooks are checked with the random secret that the gateway made, in this file.
     */
    secretOwn: ({ file }: { readonly file: string }) =>
      logger.warn(
        { file },
        "SENTRY_CLIENT_SECRET is not set: what Sentry sends is refused. Set it to the Client Secret of your integration. Until then simulate signs with the random secret in this file.",
      ),
    stopped: () => logger.info("stopped"),

    /** A webhook was answered 202. `milliseconds` is from the last byte of its body to the answer. */
    deliveryKept: (outcome: DeliveryOutcome, milliseconds: number) => {
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
    /** A webhook was refused before it was kept. */
    deliveryRefused: (code: RefusalCode) => {
      metrics.deliveriesRefused.inc({ code });
      quietly(`refused ${code}`, () => logger.warn({ code }, `webhook refused: ${refusals[code]}`));
    },
    /** A signed webhook was answered 503: it is not kept, and Sentry may never send it again. */
    deliveryNotKept: (code: NotKeptCode, err: unknown) => {
      metrics.deliveriesNotKept.inc({ code });
      quietly(`not kept ${code}`, () =>
        logger.error(
          { code, err },
          "a webhook was not stored and was answered 503: Sentry may never send it again",
        ),
      );
    },
    /** A signed webhook could not be applied through a fault of this program: it is kept as QUARANTINED. */
    deliveryFaulted: (err: unknown) =>
      quietly("faulted", () =>
        logger.error(
          { err },
          "internal error: a delivery could not be applied, and is kept as QUARANTINED. Once a version without this fault runs, rebuild applies it.",
        ),
      ),
    /** `Sentry-Hook-Timestamp` was missing or could not be true, so another time was taken. */
    sentAtAdjusted: (reason: TimestampFault) => {
      metrics.sentAtAdjusted.inc({ reason });
      quietly(`adjusted ${reason}`, () =>
        logger.warn(
          { reason },
          "a webhook's Sentry-Hook-Timestamp was missing or implausible, so another time was used. If the timestamp is too early or too late, check the clock of this machine.",
        ),
      );
    },

    /** One transaction wrote so many deliveries and entries. */
    committed: ({
      deliveries,
      entries,
      milliseconds,
    }: {
      readonly deliveries: number;
      readonly entries: number;
      readonly milliseconds: number;
    }) => {
      metrics.commitSeconds.observe(milliseconds / 1000);
      metrics.commitDeliveries.observe(deliveries);
      metrics.logEntries.inc(entries);
    },
    /** Deliveries could not be written. */
    storeFailed: (err: unknown) =>
      quietly("store", () => {
        isStoreSaidToFail = true;
        logger.error(
          { err },
          "the store cannot write: webhooks are answered 503. Check the disk, or the database server.",
        );
      }),
    /** The store writes again. Logged only if the failure was. */
    storeRecovered() {
      // On a disk that is nearly full it may fail and recover with each webhook.
      if (isStoreSaidToFail) logger.info("the store writes again");
      isStoreSaidToFail = false;
    },
    /** What is too old, or was set aside by a command, could not be dropped; it is tried again. */
    notDropped: (err: unknown) =>
      quietly("drop", () =>
        logger.error(
          { err },
          "data that is too old, or was forgotten, could not be deleted and is still stored. The gateway tries again within a minute.",
        ),
      ),
    /** The newest position could not be noted beside the database; it is tried again. */
    positionNotNoted: (err: unknown) =>
      quietly("position", () =>
        logger.error(
          { err },
          "the newest position could not be written to the .instance file beside the database. The gateway tries again every second; until it succeeds, a restored backup may not be noticed.",
        ),
      ),
    /** Contents of some deliveries cannot be read, and count as gone. Logged once for each such place of the store. */
    contentUnreadable(err: Error) {
      if (saidUnreadable.has(err.message)) return;
      saidUnreadable.add(err.message);
      logger.error(
        { err },
        "the contents of some deliveries cannot be read, and count as deleted. Run doctor to see which.",
      );
    },
    /** The tail could not read the log; it tries again. */
    tailFailed: (err: unknown) =>
      quietly("tail", () =>
        logger.error(
          { err },
          "the log cannot be read: subscribers get nothing new. The gateway tries again.",
        ),
      ),
    /** Commits of other replicas are not heard at once; the log is still read every second. */
    listenerFailed: (err: unknown) =>
      quietly("listener", () =>
        logger.warn(
          { err },
          "other replicas' commits are not heard, so they are seen up to a second later. The gateway tries to listen again.",
        ),
      ),
    /**
     * Commits of other replicas are not heard, because PostgreSQL is reached through a pooler; the log is read every
     * second.
     */
    pollingAlone: () =>
      logger.info(
        "PostgreSQL is reached through a pooler: other replicas' commits are seen up to a second later. To hear them at once, set DATABASE_DIRECT_URL.",
      ),
    /** The index of the issues' texts is missing, and is created now. */
    textIndexMissing: () =>
      logger.info("the index for text search is being built: until it is there, a search reads every issue"),
    /** It could not be created: searches try every issue. */
    textIndexFailed: (err: unknown) =>
      logger.warn(
        { err },
        "the index for text search could not be built, so a search reads every issue. The next start tries again.",
      ),
    /**
     * The database's LC_CTYPE knows English letters only: a search in another script has no trigrams, and uses no index.
     */
    scriptsUnknown: () =>
      logger.warn(
        "the database's LC_CTYPE knows English letters only: a search for text in another script reads every issue. To change that, create a new database with a UTF-8 locale, and restore a dump of this one into it if it holds anything.",
      ),
    /** Something else makes or changes the store's tables, for long. */
    tablesHeld: () =>
      quietly("tables", () =>
        logger.warn(
          "something else has locked the tables, for example another replica that is migrating them. The gateway waits until it ends.",
        ),
      ),
    /** A new epoch is due, but something else holds the log's lock for long. */
    logHeld: () =>
      quietly("held", () =>
        logger.warn(
          "a new epoch has to begin, but something else has locked the log, as rebuild does. The gateway waits until it ends.",
        ),
      ),
    /**
     * A new epoch has begun: the database has lost some of the log, or was rebuilt. Streams end, and cursors from before
     * are refused with EPOCH_CHANGED.
     */
    epochChanged: () =>
      logger.warn(
        "a new epoch has begun: cursors from before are refused, and subscribers have to read their lists again",
      ),
    /**
     * The database was found to be restored when it was opened. Tokens of these names are valid, though they may have
     * been revoked since the backup.
     */
    restored: (tokens: readonly string[]) =>
      logger.warn(
        { tokens, count: tokens.length },
        tokens.length === 0
          ? "the database was restored, so a new epoch has begun: cursors from before are refused. There was no token at the backup, so none is valid."
          : "the database was restored, so a new epoch has begun: cursors from before are refused. These tokens were valid at the backup and are again: revoke those that should not be.",
      ),
    /**
     * The database file was gone or empty, and a new one was made. `newest` is the position that the former log had come
     * to.
     */
    databaseLost: ({ file, newest }: { readonly file: string; readonly newest: number }) =>
      logger.warn(
        { file, newest },
        "the database file was gone or empty, so a new one was made. `newest` is how far the log of the lost one had come. Cursors and tokens from before are refused. To get the data back, stop the gateway and restore a backup.",
      ),

    /** The tokens could not be read; those last known stay valid. */
    tokensFailed: (err: unknown) =>
      quietly("tokens", () =>
        logger.error(
          { err },
          "the tokens cannot be read: those last known stay valid. The gateway tries again.",
        ),
      ),
    /** The keys that JWTs are checked with could not be fetched. */
    keysFailed: (err: unknown) =>
      quietly("keys", () =>
        logger.error({ err }, "the keys that JWTs are checked with cannot be fetched. Check JWT_JWKS_URL."),
      ),
    /** A JWT was refused. `code` is jose's; `claim` is the one that is wrong, null if it is about none. */
    jwtRefused: ({ code, claim }: { readonly code: string; readonly claim: string | null }) =>
      quietly(`JWT ${code} ${claim}`, () => logger.info({ code, claim }, "a JWT was refused")),

    subscriberJoined: (transport: Transport) => metrics.subscribers.inc({ transport }),
    subscriberLeft: (transport: Transport) => metrics.subscribers.dec({ transport }),
    /** A subscriber that took nothing, or too little, for too long was cut. */
    slowConsumerCut: (transport: Transport) => {
      metrics.slowConsumers.inc({ transport });
      quietly(`slow ${transport}`, () =>
        logger.warn(
          { transport },
          "a subscriber that read too slowly was disconnected. It can subscribe again, after its last cursor if it has one.",
        ),
      );
    },
    // Another replica's clock may be ahead, and Prometheus takes a sum that falls for one that began anew.
    /** An entry was written to all subscribers of one operation, so many milliseconds after its webhook came in. */
    entryTold: (milliseconds: number) => metrics.toldSeconds.observe(Math.max(0, milliseconds) / 1000),

    /** The store could not be read: the client is told to try again. */
    readFailed: (err: unknown) =>
      quietly("read", () => logger.error({ err }, "the store cannot be read: clients are told to try again")),
    /** A GraphQL resolver failed in a way that clients see as INTERNAL_SERVER_ERROR. */
    resolverFailed: (err: unknown) => {
      metrics.graphqlErrors.inc();
      quietly("resolver", () =>
        logger.error({ err }, "internal error: a GraphQL field failed with INTERNAL_SERVER_ERROR"),
      );
    },
    /** A request handler failed where nothing should fail. */
    requestFailed: (err: unknown) =>
      quietly("request", () => logger.error({ err }, "internal error: a request failed")),
  };
}
