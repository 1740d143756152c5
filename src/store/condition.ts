import { and, or, SQL } from "drizzle-orm";

/** A condition on a row: SQL, or a constant. `all` and `any` drop constants, so one is only ever a whole condition. */
export type Condition = SQL | boolean;

/** True if every condition is; always, if there is none. */
export function all(conditions: readonly Condition[]): Condition {
  if (conditions.includes(false)) return false;
  return joined(conditions.filter(isSql), and) ?? true;
}

/** True if one of the conditions is; never, if there is none. */
export function any(conditions: readonly Condition[]): Condition {
  if (conditions.includes(true)) return true;
  return joined(conditions.filter(isSql), or) ?? false;
}

function isSql(condition: Condition): condition is SQL {
  return condition instanceof SQL;
}

/** Most conditions that one AND or OR joins directly. */
const widest = 8;

/**
 * Joins as a balanced tree: SQLite reads `a or b or c` as nested pairs, and refuses an expression more than 1,000 deep.
 */
function joined(conditions: readonly SQL[], join: typeof and): SQL | undefined {
  if (conditions.length <= widest) return join(...conditions);
  const half = Math.ceil(conditions.length / 2);
  return join(joined(conditions.slice(0, half), join), joined(conditions.slice(half), join));
}
