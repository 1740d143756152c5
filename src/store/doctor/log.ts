import { count, desc, eq, gt } from "drizzle-orm";
import { forgottenRole } from "../../domain/event.ts";
import { metaNames } from "../meta.ts";
import { rememberedNumber } from "../queries/meta.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";

/**
 * Examines whether the log has all positions after the newest entry that tells of an erased issue, and after the oldest
 * that can be resumed after. Before these, some may be missing.
 */
export async function examineLog({
  db,
  tables,
  newestPosition,
  howToRebuild,
}: Examined): Promise<readonly Finding[]> {
  const { deliveries, events } = tables;
  const [erased] = await db
    .select({ seq: events.seq })
    .from(events)
    .where(eq(events.role, forgottenRole))
    .orderBy(desc(events.seq))
    .limit(1);
  const after = Math.max(erased?.seq ?? 0, await rememberedNumber({ db, tables }, metaNames.oldest));
  const [kept] = await db.select({ entries: count() }).from(events).where(gt(events.seq, after));
  const [last] = await db
    .select({ position: deliveries.position })
    .from(deliveries)
    .orderBy(desc(deliveries.id))
    .limit(1);
  // The last delivery tells how far the log had come, in case its end is gone.
  const newest = Math.max(await newestPosition(), last?.position ?? 0);
  const missing = newest - after - (kept?.entries ?? 0);
  if (missing <= 0) return [];
  return [
    {
      problem: `The log has lost ${missing} ${missing === 1 ? "entry" : "entries"} after position ${after}.`,
      remedy: howToRebuild,
    },
  ];
}
