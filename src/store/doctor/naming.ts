import { and, count, countDistinct, isNotNull, isNull, ne } from "drizzle-orm";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";

/**
 * Examines whether it is known of every delivery that its issue is derived from whether it names a project. Where it is
 * not, the delivery counts as naming one.
 */
export async function examineNaming({
  db,
  tables: { deliveries },
  howToRebuild,
}: Examined): Promise<readonly Finding[]> {
  const isUnknown = and(
    isNull(deliveries.namesProject),
    isNotNull(deliveries.issueId),
    ne(deliveries.outcome, "QUARANTINED"),
  );
  const [unknown] = await db
    .select({ told: count(), issues: countDistinct(deliveries.issueId) })
    .from(deliveries)
    .where(isUnknown);
  const { told = 0, issues = 0 } = unknown ?? {};
  if (told === 0) return [];
  return [
    {
      problem: `An earlier version received ${told === 1 ? "1 delivery" : `${told} deliveries`} of ${issues === 1 ? "1 issue" : `${issues} issues`} without keeping whether each names a project: such an issue may be shown in no project, or in an earlier one.`,
      remedy: howToRebuild,
    },
  ];
}
