/** Something that is to be made, once, whoever asked for it. */
export type Work = {
  /** False once nobody waits for it. */
  readonly isWanted: () => boolean;
  /** Makes it. Never rejects. */
  readonly begin: () => Promise<unknown>;
  /** In place of `begin`, where it is not wanted any more. */
  readonly drop: () => void;
};

/** For whom something is made: for those who are live, or for a client, any object, that reads on from behind. */
export type For = "live" | { readonly client: object };

/**
 * The order in which answers are made. What is live comes first. Of what each client replays one is made after the other,
 * and those clients have a turn each for as long as what they were given took: neither who replays much, nor what takes
 * long to make, nor those who have left hold up anybody else.
 */
export type Line = {
  /**
   * Has it made, in its turn. Added for several, it is made at whichever's turn comes first; at most four are queued for.
   */
  readonly add: (work: Work, whom: For) => void;
};

type Client = {
  readonly works: Work[];
  isBusy: boolean;
  /** Milliseconds that it has had more than others who are ready. */
  ahead: number;
};

/** What a client is less ahead whenever it is passed by: about what a quick answer takes. */
const passedByMs = 0.25;

/** Most that counts of what one answer took: a client that others have had a thousand turns before has waited enough. */
const mostAheadMs = 250;

/** Most clients among whose works one waits: thousands that come back together want the same, and any few will do. */
const mostPlaces = 4;

/**
 * @param turn resolves when one more may begin.
 * @param now milliseconds of a clock that never goes back.
 */
export function createLine(
  turn: () => Promise<unknown>,
  now: () => number = performance.now.bind(performance),
): Line {
  const live: Work[] = [];
  const clients = new WeakMap<object, Client>();
  /** Those that something can be begun for. For each of them, and for each work that is live, there is a turn to come. */
  const ready = new Set<Client>();
  /** What has begun, or was dropped. */
  const over = new WeakSet<Work>();
  /** In how many places each waits; Infinity where nothing can come before it. */
  const places = new WeakMap<Work, number>();

  function begin(): void {
    const work = firstOf(live);
    if (work !== undefined) {
      void work.begin();
      return;
    }
    // Whoever is passed by is visited again, behind the others.
    for (const client of ready) {
      ready.delete(client);
      if (client.ahead > 0) {
        client.ahead -= passedByMs;
        ready.add(client);
        continue;
      }
      const next = firstOf(client.works);
      if (next !== undefined) return void beginFor(client, next);
    }
  }

  async function beginFor(client: Client, work: Work): Promise<void> {
    const begunAt = now();
    client.isBusy = true;
    await work.begin();
    client.isBusy = false;
    client.ahead = Math.min(now() - begunAt, mostAheadMs);
    getReady(client);
  }

  /** Takes the first out that is still to be made. */
  function firstOf(works: Work[]): Work | undefined {
    for (let work = works.shift(); work !== undefined; work = works.shift()) {
      if (over.has(work)) continue;
      over.add(work);
      places.set(work, Infinity);
      if (work.isWanted()) return work;
      work.drop();
    }
    return undefined;
  }

  function getReady(client: Client): void {
    if (client.works.length === 0 || client.isBusy || ready.has(client)) return;
    ready.add(client);
    void turn().then(begin);
  }

  return {
    add(work, whom) {
      const before = places.get(work) ?? 0;
      if (before >= mostPlaces) return;
      places.set(work, whom === "live" ? Infinity : before + 1);
      if (whom === "live") {
        live.push(work);
        void turn().then(begin);
        return;
      }
      const client = clients.get(whom.client) ?? { works: [], isBusy: false, ahead: 0 };
      clients.set(whom.client, client);
      client.works.push(work);
      getReady(client);
    },
  };
}
