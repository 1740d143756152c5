/**
 * A round-robin queue: clients take turns, however many items one of them has. The items of one client are first in,
 * first out.
 */
export type RoundRobin<Item> = {
  readonly size: number;
  readonly add: (client: string, item: Item) => void;
  readonly remove: (client: string, item: Item) => void;
  /** Takes out the first item of the client whose turn it is; undefined if the queue is empty. */
  readonly next: () => Item | undefined;
  /** Takes out the last item of the client that has most; of several such clients, of the one whose turn is last. */
  readonly lastOfMost: () => Item | undefined;
};

export function createRoundRobin<Item>(): RoundRobin<Item> {
  /** Each client's items, in the order of turns. No list is empty. */
  const lines = new Map<string, Item[]>();
  let size = 0;

  function takeOut(client: string, line: Item[], place: number): Item | undefined {
    const [item] = line.splice(place, 1);
    size -= 1;
    if (line.length === 0) lines.delete(client);
    return item;
  }

  return {
    get size() {
      return size;
    },
    add(client, item) {
      const line = lines.get(client);
      if (line === undefined) lines.set(client, [item]);
      else line.push(item);
      size += 1;
    },
    remove(client, item) {
      const line = lines.get(client) ?? [];
      const place = line.indexOf(item);
      if (place !== -1) takeOut(client, line, place);
    },
    next() {
      for (const [client, line] of lines) {
        lines.delete(client);
        if (line.length > 1) lines.set(client, line);
        size -= 1;
        return line.shift();
      }
      return undefined;
    },
    lastOfMost() {
      let most: readonly [client: string, line: Item[]] | undefined;
      for (const one of lines) if (one[1].length >= (most?.[1].length ?? 0)) most = one;
      return most && takeOut(...most, -1);
    },
  };
}
