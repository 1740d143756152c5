import type { AskedBy } from "../store/asked-by.ts";

/** Something that is to be made once, however many ask for it. */
export type Work = {
  /** False once nobody waits for it. */
  readonly isWanted: () => boolean;
  /** Makes it. Never rejects. */
  readonly begin: () => Promise<unknown>;
  /** Called in place of `begin` if nobody waits for it. */
  readonly drop: () => void;
};

/** A client's connection. Its live answers are made one after the other, and so are those that it replays. */
export type Connection = {
  /** The client, as `clientKey` gives it. */
  readonly client: string;
};

/** For whom something is made: connections that are live, or that replay. The turn of any of them will do. */
export type For = { readonly is: "live" | "replay"; readonly connections: Iterable<Connection> };

/**
 * The order in which answers are made: fair queueing by the time that each client's answers took. So nobody else is
 * held up by a client that asks for much, by an answer that takes long, or by clients that have left. Live answers come
 * before replayed ones, unless the live client has had much more time than those that replay.
 */
export type FairQueue = {
  /**
   * Queues it to be made in its turn. If it is added for several connections, at once or one after the other, it is
   * made at the first turn of any. It is queued for a few clients, and wherever its turn comes sooner than for those.
   * Dropped at once if it is for nobody.
   */
  readonly add: (work: Work, whom: For) => void;
};

/** A client's live answers, or its replayed ones. Kept until nothing is left to be made for anybody. */
type Share = {
  readonly client: string;
  readonly is: For["is"];
  /** Queues with works of which none is being made; the one whose turn is next comes first. */
  readonly ready: Queue[];
  /** When its next turn comes, in milliseconds of a virtual clock that turns advance. Each answer adds what it took. */
  nextAt: number;
  /** What its last answer took, at most `mostMs`. One that is being made is expected to take as long. */
  usualMs: number;
};

/** What is to be made for a connection: its live answers, or its replayed ones. */
type Queue = {
  readonly connection: Connection;
  readonly share: Share;
  readonly works: Work[];
  isBusy: boolean;
};

/** Where a work waits. */
type Places = {
  readonly shares: Set<Share>;
  /** The earliest of its turns in these, as estimated when it was added. */
  soonest: number;
};

/** About what a quick answer takes, in milliseconds. */
const quickMs = 0.25;

/** Most that one answer counts for. A client has waited enough once others have had a thousand quick ones before it. */
const mostMs = 250;

/** How much more than those that replay a client may have had and still have its live answers made first. */
const liveFirstMs = 250;

/** In how many shares a work waits at least. Of thousands that come back together and want the same, a few suffice. */
const leastPlaces = 4;

type FairQueueOptions = {
  /** Resolves when one more may begin. */
  readonly turn: () => Promise<unknown>;
  readonly askedBy: AskedBy;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

export function createFairQueue({
  turn,
  askedBy,
  now = performance.now.bind(performance),
}: FairQueueOptions): FairQueue {
  const shares = { live: new Map<string, Share>(), replay: new Map<string, Share>() };
  const queues = { live: new Map<Connection, Queue>(), replay: new Map<Connection, Queue>() };
  /** Those with ready queues; the one whose turn is next comes first. */
  const ready: Share[] = [];
  let clock = 0;
  /** Turns that were asked for and have not come: at least as many as there are ready queues. */
  let turnsToCome = 0;
  let readyQueues = 0;
  /** Works that have begun or were dropped. */
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

  /** Takes out the first work that is still to be made, and drops those before it that nobody wants. */
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
    // What each client has had counts until nothing waits, not even what one asks for as soon as it has an answer.
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

  /** About when one more work would have its turn: after those in its queue, and after one of each ready queue. */
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
        // Its turn is asked for now, so that it need not wait once what is before it is made.
        else if (isNew) awaitTurn();
        // No turn can come sooner, and thousands of connections may be live.
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

/** Inserts a share in the order of turns, behind those whose turn is at the same time. */
function insert(share: Share, ready: Share[]): void {
  let [from, to] = [0, ready.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (turnOf(ready[middle]!) <= turnOf(share)) from = middle + 1;
    else to = middle;
  }
  ready.splice(from, 0, share);
}
