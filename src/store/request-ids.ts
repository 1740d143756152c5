import { desc } from "drizzle-orm";
import type { QueryContext } from "./queries/query.ts";
import type { KnownDelivery } from "./delivery-rows.ts";

/** The Request-IDs of the newest deliveries, to detect one that is used again with another body. */
export type RequestIds = {
  /** True if the first delivery under this Request-ID had another body. Remembers a new Request-ID with this body. */
  readonly isReused: (requestId: string | null, sha256: string) => boolean;
};

/** How many Request-IDs are remembered. An index on disk would cost more than all that it could find. */
const remembered = 10_000;

/** Loads the Request-IDs of the newest deliveries that are kept. */
export async function loadRequestIds({
  db,
  tables: { deliveries },
}: Pick<QueryContext, "db" | "tables">): Promise<RequestIds> {
  const newest = await db
    .select({ requestId: deliveries.requestId, sha256: deliveries.sha256 })
    .from(deliveries)
    .orderBy(desc(deliveries.id))
    .limit(remembered);
  return createRequestIds(
    newest.map(({ requestId, sha256 }) => ({ requestId, sha256: sha256.toString("hex") })).reverse(),
  );
}

/** @param newest the newest deliveries, oldest first. */
export function createRequestIds(newest: readonly Pick<KnownDelivery, "requestId" | "sha256">[]): RequestIds {
  // A Request-ID keeps the first body that it came with.
  const bodies = new Map<string, string>();
  // A ring buffer: a Map's own first key is slow to find once many before it are deleted.
  const oldest: string[] = [];
  let turn = 0;
  const remember = (requestId: string, sha256: string) => {
    const forgotten = oldest[turn];
    if (forgotten !== undefined) bodies.delete(forgotten);
    oldest[turn] = requestId;
    turn = (turn + 1) % remembered;
    bodies.set(requestId, sha256);
  };
  const isReused: RequestIds["isReused"] = (requestId, sha256) => {
    if (requestId === null) return false;
    const known = bodies.get(requestId);
    if (known === undefined) remember(requestId, sha256);
    return known !== undefined && known !== sha256;
  };
  for (const { requestId, sha256 } of newest) isReused(requestId, sha256);
  return { isReused };
}
