import { and, asc, count, desc, eq, inArray, sql } from "drizzle-orm";
import type { Project } from "../../domain/issue.ts";
import { storable } from "../../domain/text.ts";
import type { Reader } from "../reader.ts";
import { askedByKeys, pageFrom, type QueryContext } from "./query.ts";

type ProjectQueries = Pick<Reader, "projects" | "projectBySlug" | "projectPage" | "projectCount">;

/** The reader's queries for projects. */
export function projectQueries({ db, dialect, tables: { projects } }: QueryContext): ProjectQueries {
  const select = () =>
    db
      .select({
        sentryId: projects.sentryId,
        slug: projects.slug,
        name: projects.name,
        platform: projects.platform,
      })
      .from(projects);
  const byIds = askedByKeys("projects_by_id", (ids) => select().where(inArray(projects.sentryId, ids)));
  return {
    async projects(sentryIds) {
      const rows = await byIds(sentryIds);
      return new Map(rows.map((row): [string, Project] => [row.sentryId, row]));
    },

    async projectBySlug(slug, among) {
      const [row] = await select()
        .where(and(eq(projects.slug, slug), among && dialect.tried(dialect.among(projects.sentryId, among))))
        .orderBy(desc(projects.shownAt), desc(projects.sentryId))
        .limit(1);
      return row ?? null;
    },

    async projectPage(page) {
      const by = page.from === "first" ? asc : desc;
      const key = ([slug, sentryId]: readonly [string, string]) =>
        sql`(${storable(slug)}, ${storable(sentryId)})`;
      const rows = await select()
        .where(
          and(
            page.after === null
              ? undefined
              : sql`(${projects.slug}, ${projects.sentryId}) > ${key(page.after)}`,
            page.before === null
              ? undefined
              : sql`(${projects.slug}, ${projects.sentryId}) < ${key(page.before)}`,
          ),
        )
        .orderBy(by(projects.slug), by(projects.sentryId))
        .limit(page.limit + 1);
      return pageFrom(rows, page);
    },

    async projectCount() {
      const [row] = await db.select({ count: count() }).from(projects);
      return row!.count;
    },
  };
}
