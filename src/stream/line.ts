import type { AskedBy } from "../store/asked-by.ts";

/** Something that is to be made, once, whoever asked for it. */
export type Work = {
  /** False once nobody waits for it. */
  readonly isWanted: () => boolean;
  /** Makes it. Never rejects. */
  readonly begin: () => Promise<unknown>;
  /** In place of `begin`, where it is not wanted any more. */
  readonly drop: () => void;
};

/** Answers are made one after the other for each connection. */
export type Connection = {
  /** Whose it is, as `clientKey` gives it. */
  readonly client: string;
};

/** For whom something is made: connections that are live, or that read on from behind. The turn of any of them will do. */
export type For = { readonly is: "live" | "replay"; readonly connections: Iterable<Connection> };

/**
 * The order in which answers are made: fair queueing by the time that each client's answers took. So a client that asks
 * for much, an answer that takes long, or clients that have left hold nobody else up. Live answers come before replayed
 * ones, unless the live client has had much more time than those that replay.
 */
export type Line = {
  /**
   * Has it made, in its turn. Added for several, at once or one after the other, it is made at whichever's turn comes
   * first: it is queued for a few clients, and wherever its turn comes sooner than for those. What is for nobody is
   * dropped.
   */
  readonly add: (work: Work, whom: For) => void;
};

/** What is live for a client, or what it replays; for as long as there is something to be made for anybody. */
type Share = {
  readonly client: string;
  readonly is: For["is"];
  /** Those of which nothing is being made, the one whose turn is next first. */
  readonly ready: Queue[];
  /** When it has its next turn, in milliseconds of a clock that goes on as turns are had: later by what it has had more. */
  nextAt: number;
  /** What its last answer took. One that is being made is taken to take as long. */
  usualMs: number;
};

/** What is to be made for a connection. */
type Queue = {
  readonly connection: Connection;
  readonly share: Share;
  readonly works: Work[];
  isBusy: boolean;
};

/** Where one waits. */
type Places = {
  readonly shares: Set<Share>;
  /** When its turn comes in the one of them where it comes first, as far as could be told. */
  soonest: number;
};

/** About what a quick answer takes. */
const quickMs = 0.25;

/** Most that counts of what one answer took: whoever others have had a thousand quick ones before has waited enough. */
const mostMs = 250;

/** How much more than those that replay a client may have had, and have first what is live all the same. */
const liveFirstMs = 250;

/** In how many shares one waits at least: of the thousands that come back together and want the same, any few will do. */
const leastPlaces = 4;

export type LineOptions = {
  /** Resolves when one more may begin. */
  readonly turn: () => Promise<unknown>;
  readonly askedBy: AskedBy;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

export function createLine({ turn, askedBy, now = performance.now.bind(performance) }: LineOptions): Line {
  const shares = { live: new Map<string, Share>(), replay: new Map<string, Share>() };
  const queues = { live: new Map<Connection, Queue>(), replay: new Map<Connection, Queue>() };
  /** Those with something ready, next first. */
  const ready: Share[] = [];
  let clock = 0;
  /** At least as many as there are queues that are ready. */
  let turnsToCome = 0;
  let readyQueues = 0;
  /** What has begun, or was dropped. */
  const over = new WeakSet<Work>();
  const placesOf = new WeakMap<Work, Places>();

  function awaitTurn(): void {
    turnsToCome += 1;
    void turn().then(begin);
  }

  function begin(): void {
    turnsToCome -= 1;
    for (let share = ready.shift(); share !== undefined; share = ready.shift()) {
      const turnAt = turnOf(share);
      const queue = share.ready.shift()!;
      readyQueues -= 1;
      const work = firstOf(queue);
      if (work !== undefined) share.nextAt += share.usualMs;
      if (share.ready.length > 0) insert(share, ready);
      if (work === undefined) {
        goOn(queue);
        continue;
      }
      clock = Math.max(clock, turnAt);
      return void make(work, queue);
    }
  }

  async function make(work: Work, queue: Queue): Promise<void> {
    const { share } = queue;
    const chargedMs = share.usualMs;
    const begunAt = now();
    queue.isBusy = true;
    await askedBy(share.client, work.begin);
    queue.isBusy = false;
    share.usualMs = Math.min(now() - begunAt, mostMs);
    if (share.ready.length > 0) ready.splice(ready.indexOf(share), 1);
    share.nextAt += share.usualMs - chargedMs;
    if (share.ready.length > 0) insert(share, ready);
    goOn(queue);
  }

  /** Takes the first out that is still to be made. */
  function firstOf({ works }: Queue): Work | undefined {
    for (let work = works.shift(); work !== undefined; work = works.shift()) {
      if (over.has(work)) continue;
      over.add(work);
      if (work.isWanted()) return work;
      work.drop();
    }
    return undefined;
  }

  function goOn(queue: Queue): void {
    if (queue.works.length > 0) return getReady(queue);
    queues[queue.share.is].delete(queue.connection);
    if (queues.live.size + queues.replay.size > 0) return;
    // What each has had counts for as long as others wait, who asks again as soon as it has its answer among them.
    shares.live.clear();
    shares.replay.clear();
  }

  function getReady(queue: Queue): void {
    const { share } = queue;
    share.ready.push(queue);
    readyQueues += 1;
    if (share.ready.length === 1) {
      share.nextAt = Math.max(clock, share.nextAt);
      insert(share, ready);
    }
    if (turnsToCome < readyQueues) awaitTurn();
  }

  function shareOf(client: string, is: For["is"]): Share {
    const known = shares[is].get(client);
    if (known !== undefined) return known;
    const share: Share = { client, is, ready: [], nextAt: clock, usualMs: quickMs };
    shares[is].set(client, share);
    return share;
  }

  function queueOf(connection: Connection, share: Share): Queue {
    const queue: Queue = { connection, share, works: [], isBusy: false };
    queues[share.is].set(connection, queue);
    return queue;
  }

  /** About when one more would have its turn: behind what is in the queue, and one of each that is ready besides. */
  function turnIn(share: Share, queue: Queue | undefined): number {
    const inQueue = queue === undefined ? 0 : queue.works.length + (queue.isBusy ? 1 : 0);
    const nextAt = Math.max(clock, share.nextAt) + (share.ready.length + inQueue) * share.usualMs;
    return turnOf({ is: share.is, nextAt });
  }

  return {
    add(work, { is, connections }) {
      if (over.has(work)) return;
      const isNew = !placesOf.has(work);
      const places = placesOf.get(work) ?? { shares: new Set(), soonest: Infinity };
      placesOf.set(work, places);
      for (const connection of connections) {
        const known = queues[is].get(connection);
        const share = known?.share ?? shareOf(connection.client, is);
        const turn = turnIn(share, known);
        if (turn >= places.soonest && (places.shares.has(share) || places.shares.size >= leastPlaces))
          continue;
        const queue = known ?? queueOf(connection, share);
        places.shares.add(share);
        places.soonest = Math.min(turn, places.soonest);
        queue.works.push(work);
        if (known === undefined) getReady(queue);
        // Where what is before it is quick, it is made as soon as that.
        else if (isNew) awaitTurn();
        // Nobody's turn comes sooner, and thousands may be live.
        if (turn <= turnOf({ is, nextAt: clock })) break;
      }
      if (places.shares.size > 0) return;
      over.add(work);
      work.drop();
    },
  };
}

function turnOf({ is, nextAt }: Pick<Share, "is" | "nextAt">): number {
  return is === "live" ? nextAt - liveFirstMs : nextAt;
}

/** Behind those whose turn is at the same time. */
function insert(share: Share, ready: Share[]): void {
  let [from, to] = [0, ready.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (turnOf(ready[middle]!) <= turnOf(share)) from = middle + 1;
    else to = middle;
  }
  ready.splice(from, 0, share);
}
