/**
 * One timer for all connections. Each is visited once a second, and counts its own seconds: ten thousand timers would cost
 * more than what they look after.
 */
export type Heartbeat = Disposable & {
  /** Visits again and again, from a second after this on, until what it returns is disposed. */
  readonly add: (visit: () => void) => Disposable;
  /** Visits everyone now. */
  readonly beat: () => void;
};

/** How long a beat is. */
const beatMs = 1_000;

/** Seconds between pings: proxies cut what is silent for 30 or 60. */
export const pingSeconds = 12;

/**
 * Seconds that a connection may have no room for what is written to it. Linux says that there is room again once a third of
 * its buffer is free, which grows to 4 MB: who takes less than 45 kB/s may seem to take nothing.
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
