import { and, eq, isNull } from "drizzle-orm";
import type { Maintenance } from "../maintenance.ts";
import type { Reader } from "../reader.ts";
import type { QueryContext } from "./query.ts";

/** Finds what commands are given the names of. */
export function namedQueries(
  reader: Pick<Reader, "issues" | "issueByShortId" | "projects" | "projectBySlug">,
  { db, tables: { deliveries } }: Pick<QueryContext, "db" | "tables">,
): Pick<Maintenance, "findIssue" | "findProject" | "hasDelivery"> {
  return {
    async findIssue(shortIdOrId) {
      const found =
        (await reader.issueByShortId(shortIdOrId)) ?? (await reader.issues([shortIdOrId])).get(shortIdOrId);
      return found?.sentryId ?? null;
    },
    async findProject(slugOrId) {
      return (
        (await reader.projectBySlug(slugOrId)) ?? (await reader.projects([slugOrId])).get(slugOrId) ?? null
      );
    },
    async hasDelivery(sha256) {
      const found = await db
        .select({ id: deliveries.id })
        .from(deliveries)
        .where(and(isNull(deliveries.issueId), eq(deliveries.sha256, Buffer.from(sha256, "hex"))))
        .limit(1);
      return found.length > 0;
    },
  };
}
