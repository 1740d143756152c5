/**
 * What waits for clients that take turns: however much waits for one of them, another waits for one of those at a time.
 * What is one client's comes in its order.
 */
export type Round<Item> = {
  readonly size: number;
  readonly add: (client: string, item: Item) => void;
  readonly remove: (client: string, item: Item) => void;
  /** Takes out the first of the client whose turn it is; undefined where nothing waits. */
  readonly next: () => Item | undefined;
  /** Takes out the last of the client that has most; of several, of the one whose turn is last. */
  readonly lastOfMost: () => Item | undefined;
};

export function createRound<Item>(): Round<Item> {
  /** By client, the one whose turn is next first. None is empty. */
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
