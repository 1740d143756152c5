import { and, or, SQL } from "drizzle-orm";

/** What decides whether a row is wanted: SQL, or a constant, which never reaches the database unless it stands alone. */
export type Condition = SQL | boolean;

/** True where every condition is: where there is none, always. */
export function all(conditions: readonly Condition[]): Condition {
  if (conditions.includes(false)) return false;
  return joined(conditions.filter(isSql), and) ?? true;
}

/** True where one of the conditions is: where there is none, never. */
export function any(conditions: readonly Condition[]): Condition {
  if (conditions.includes(true)) return true;
  return joined(conditions.filter(isSql), or) ?? false;
}

function isSql(condition: Condition): condition is SQL {
  return condition instanceof SQL;
}

/** Most conditions that are joined side by side. */
const widest = 8;

/** A balanced tree: SQLite reads `a or b or c` as nested pairs, and refuses an expression more than 1,000 deep. */
function joined(conditions: readonly SQL[], join: typeof and): SQL | undefined {
  if (conditions.length <= widest) return join(...conditions);
  const half = Math.ceil(conditions.length / 2);
  return join(joined(conditions.slice(0, half), join), joined(conditions.slice(half), join));
}
