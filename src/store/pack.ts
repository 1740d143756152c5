import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { dictionaries } from "./dictionaries.ts";
import type { ContentRow } from "./delivery-rows.ts";
import type { packs } from "./tables/sqlite.ts";

/**
 * Contents of deliveries, compressed together. Sentry's bodies have most of their text in common, so 64 of them take
 * less than a tenth of their space, and a tenth of the time that each would take alone.
 */

export type PackRow = typeof packs.$inferSelect;

/** Most deliveries in a pack. Reading one of them decompresses all: some 160 kB, in a quarter of a millisecond. */
export const packSize = 64;

/** Most bytes in a pack. A delivery with more has a pack of its own, which only its own readers wait for. */
export const packBytes = 256 * 1024;

const newest = "sentry-1";
/** Beyond this, each further level costs twice the time for a few percent. */
const level = 6;

/** For each delivery its id, and the lengths in bytes of its body and its fields; null for none. */
type Header = readonly (readonly [delivery: number, body: number | null, fields: number | null])[];

/**
 * Divides contents into packs by their sizes in bytes, from the first on, and returns how many contents each pack has.
 * Those at the end that do not fill a pack are left out.
 */
export function fullPacks(sizes: readonly number[]): readonly number[] {
  const full: number[] = [];
  let [count, bytes] = [0, 0];
  const close = () => {
    full.push(count);
    [count, bytes] = [0, 0];
  };
  for (const size of sizes) {
    if (count > 0 && bytes + size > packBytes) close();
    count += 1;
    bytes += size;
    if (count === packSize || bytes >= packBytes) close();
  }
  return full;
}

/**
 * Compresses contents into a pack.
 * @param contents at least one, by ascending id.
 */
export function packOf(contents: readonly ContentRow[]): PackRow {
  const parts = contents.map(({ delivery, body, fields }) => ({
    delivery,
    body,
    fields: fields === null ? null : Buffer.from(fields),
  }));
  const header: Header = parts.map(({ delivery, body, fields }) => [
    delivery,
    body?.length ?? null,
    fields?.length ?? null,
  ]);
  const plain = Buffer.concat([
    Buffer.from(`${JSON.stringify(header)}\n`),
    ...parts.flatMap(({ body, fields }) => [body ?? nothing, fields ?? nothing]),
  ]);
  const data = zstdCompressSync(plain, {
    dictionary: dictionaries.get(newest)!,
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  return { first: contents[0]!.delivery, last: contents.at(-1)!.delivery, dictionary: newest, data };
}

/** This version cannot read the pack. */
export class UnreadablePackError extends Error {
  override readonly name: string = "UnreadablePackError";
}

/** No version can read the pack. */
export class DamagedPackError extends UnreadablePackError {
  override readonly name = "DamagedPackError";
}

/**
 * The contents of a pack, by ascending id.
 * @throws DamagedPackError for a pack that is damaged.
 * @throws UnreadablePackError for one that is compressed with a dictionary of a newer version.
 */
export function contentsIn(pack: PackRow): readonly ContentRow[] {
  return Array.from(partsIn(pack), ({ delivery, body, fields }) => ({
    delivery,
    body: body && Buffer.from(body),
    fields: fields?.toString() ?? null,
  }));
}

/**
 * The bodies that a pack holds of these deliveries; no entry for one that has none.
 * @throws UnreadablePackError
 */
export function bodiesIn(pack: PackRow, deliveries: ReadonlySet<number>): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const { delivery, body } of partsIn(pack))
    // Copied: a view would keep the whole pack in memory for as long as one body of it is used.
    if (body !== null && deliveries.has(delivery)) found.set(delivery, Buffer.from(body));
  return found;
}

/** As `bodiesIn`, for the fields. */
export function fieldsIn(pack: PackRow, deliveries: ReadonlySet<number>): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const { delivery, fields } of partsIn(pack))
    if (fields !== null && deliveries.has(delivery)) found.set(delivery, fields.toString());
  return found;
}

type Parts = { readonly delivery: number; readonly body: Buffer | null; readonly fields: Buffer | null };

/** Decompresses a pack, and yields its contents as views of its bytes. */
function* partsIn(pack: PackRow): Generator<Parts> {
  const plain = plainOf(pack);
  const headerEnd = plain.indexOf("\n");
  const header = JSON.parse(plain.toString("utf8", 0, headerEnd)) as Header;
  let offset = headerEnd + 1;
  const take = (length: number | null): Buffer | null =>
    length === null ? null : plain.subarray(offset, (offset += length));
  for (const [delivery, bodyLength, fieldsLength] of header)
    yield { delivery, body: take(bodyLength), fields: take(fieldsLength) };
}

function plainOf({ first, dictionary, data }: PackRow): Buffer {
  const known = dictionaries.get(dictionary);
  if (known === undefined)
    throw new UnreadablePackError(
      `Pack ${first} is compressed with "${dictionary}", which this version does not have.`,
    );
  try {
    return zstdDecompressSync(data, { dictionary: known });
  } catch (cause) {
    if (isOfData(cause)) throw new DamagedPackError(`Pack ${first} is damaged.`, { cause });
    throw cause;
  }
}

/** True if zstd refuses the data; false if, for example, it has no memory. */
function isOfData(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return /^(?:Z_BUF_ERROR|ZSTD_error_(?!memory_allocation))/.test(String(error.code));
}

const nothing = Buffer.alloc(0);
