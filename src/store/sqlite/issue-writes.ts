import { eq, sql } from "drizzle-orm";
import {
  followed,
  followingColumns,
  plainColumns,
  shownColumns,
  type IssueRow,
  type PlainColumns,
} from "../issue-rows.ts";
import { issues } from "../tables/sqlite.ts";
import type { IssueWrite } from "../write.ts";
import type { Connection } from "./connection.ts";
import { pick, placeholdersOf, prepareRun, type Row } from "./prepared.ts";

/** The columns that every entry changes. No index holds them. */
const always = ["lastSeq"] as const;
/** The same if the issue shows another delivery than before. */
const alwaysShown = ["lastSeq", "shown", "rest", "details"] as const satisfies readonly (keyof IssueRow)[];

/** The columns that are written only if they differ. */
const compared = [
  "status",
  "substatus",
  "statusSince",
  "shortId",
  "title",
  "culprit",
  "level",
  "priority",
  "category",
  "issueType",
  "platform",
  "projectId",
  "projectSlug",
  "assigneeType",
  "assigneeId",
  "assigneeName",
  "assigneeEmail",
  "isUnhandled",
  "count",
  "userCount",
  "firstSeen",
  "lastSeen",
] as const satisfies readonly (
  "status" | "substatus" | "statusSince" | Exclude<keyof PlainColumns, (typeof alwaysShown)[number]>
)[];

/** For each column, those that are derived from it. */
const following = new Map<string, (keyof typeof followed)[]>();
for (const name of Object.keys(followed) as (keyof typeof followed)[])
  following.set(followed[name], [...(following.get(followed[name]) ?? []), name]);

/** The bound of the cache of update statements, one for each set of changed columns. Some dozens of these occur. */
const maxUpdates = 500;

/**
 * Writes the row of one issue.
 *
 * An update names only the columns that differ: SQLite rewrites every index on a column that an update names. Most
 * indexes hold a status or an assignee, which half of all webhooks leave as they are.
 */
export function issueWrites({ client, db }: Connection): (write: IssueWrite) => void {
  const { id: _given, ...values } = placeholdersOf(issues);
  const insert = prepareRun(client, db.insert(issues).values(values));
  const columns = [issues.id, ...compared.map((name) => issues[name])];
  const written = client
    .prepare<[string], unknown[]>(
      db
        .select({ values: sql.join(columns, sql`, `) })
        .from(issues)
        .where(eq(issues.sentryId, sql.placeholder("sentryId")))
        .toSQL().sql,
    )
    .raw();
  // A Map iterates in the order of insertion, so its first key is the oldest.
  const updates = new Map<number, (row: Row) => void>();

  function updateOf(difference: number, names: () => readonly (keyof IssueRow)[]): (row: Row) => void {
    const known = updates.get(difference);
    if (known !== undefined) return known;
    const set = db
      .update(issues)
      .set(pick(values, names() as readonly (keyof typeof values)[]))
      .where(eq(issues.id, sql.placeholder("id")));
    const update = prepareRun(client, set);
    updates.set(difference, update);
    if (updates.size > maxUpdates) updates.delete(updates.keys().next().value!);
    return update;
  }

  return ({ shown, ...state }) => {
    const found = written.get(state.sentryId);
    if (found === undefined) return shown === null ? undefined : insert({ ...state, ...shownColumns(shown) });
    const [id, ...before] = found;
    const plain = shown === null ? null : plainColumns(shown);
    const row: Row = { ...state, ...plain };
    // A bit for each column that differs, and one for whether `shown` is given.
    let difference = plain === null ? 0 : 1 << compared.length;
    const changed = compared.filter((name, index) => {
      const value = row[name];
      if (value === undefined || before[index] === (typeof value === "boolean" ? Number(value) : value))
        return false;
      difference |= 1 << index;
      return true;
    });
    const follow = changed.flatMap((name) => following.get(name) ?? []);
    const update = updateOf(difference, () => [
      ...(plain === null ? always : alwaysShown),
      ...changed,
      ...follow,
    ]);
    update({ ...row, ...(plain === null || follow.length === 0 ? {} : followingColumns(plain)), id });
  };
}
