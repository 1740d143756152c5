/**
 * One timer for all connections: ten thousand timers would cost more than the work they start. Each connection is
 * visited once a second, and counts its own seconds.
 */
export type Heartbeat = Disposable & {
  /** Calls `visit` at each beat until the returned value is disposed. */
  readonly add: (visit: () => void) => Disposable;
  /** Calls all visits now. */
  readonly beat: () => void;
};

/** The time from one beat to the next. */
const beatMs = 1_000;

/** Seconds between pings: proxies cut connections that are silent for 30 s or 60 s. */
export const pingSeconds = 12;

/**
 * The seconds for which a connection may have no room. Linux reports room again only once a third of its send buffer,
 * which grows to 4 MB, is free: a client that reads less than 45 kB/s may seem to read nothing.
 */
export const stallSeconds = 30;

export function startHeartbeat(everyMs = beatMs): Heartbeat {
  const visits = new Set<() => void>();
  const beat = (): void => {
    for (const visit of visits) visit();
  };
  const timer = setInterval(beat, everyMs);
  return {
    beat,
    add(visit) {
      visits.add(visit);
      return { [Symbol.dispose]: () => void visits.delete(visit) };
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
