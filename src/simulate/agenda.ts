/** A priority queue by time. Items due at the same time come out in the order in which they were added. */
type Agenda<Item> = {
  readonly add: (at: number, item: Item) => void;
  /** Takes out the item that is due first; null if there is none. */
  readonly take: () => { readonly at: number; readonly item: Item } | null;
};

type Entry<Item> = { readonly at: number; readonly order: number; readonly item: Item };

/** A binary heap. */
export function createAgenda<Item>(): Agenda<Item> {
  const heap: Entry<Item>[] = [];
  let added = 0;

  const isBefore = (one: Entry<Item>, other: Entry<Item>): boolean =>
    one.at < other.at || (one.at === other.at && one.order < other.order);

  // Every index below is within the heap.
  const rise = (from: number, entry: Entry<Item>): void => {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = entry;
  };
  const sink = (entry: Entry<Item>): void => {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, entry)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = entry;
  };

  return {
    add: (at, item) => {
      const entry = { at, order: added++, item };
      heap.push(entry);
      rise(heap.length - 1, entry);
    },
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return null;
      if (heap.length > 0) sink(last);
      return first;
    },
  };
}
