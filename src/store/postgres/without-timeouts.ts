import type pg from "pg";
import { setForSession } from "./pooler.ts";
import { promptly } from "./promptly.ts";

/** Lifts the time limits that a role is often given. */
const withoutLimit = {
  statement_timeout: "0",
  lock_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  transaction_timeout: "0",
} as const;

/**
 * Lifts the time limits of this connection: its statements may take any time, and end only if this process is gone.
 * Behind a pooler settings of a session do not last: begin transactions with `beginWithoutTimeouts` there.
 */
export async function liftTimeouts(client: pg.ClientBase): Promise<void> {
  await setForSession(client, {
    ...withoutLimit,
    // A machine that dies without a sign closes no connection, and the server would keep what it holds for two hours.
    // So it counts as gone after a minute, whether anything is under way to it or not.
    tcp_keepalives_idle: "20",
    tcp_keepalives_interval: "10",
    tcp_keepalives_count: "4",
    tcp_user_timeout: "60000",
  });
}

/**
 * Begins a transaction without time limits, whatever the role's settings are.
 * @param mode the transaction's modes, in SQL.
 */
export async function beginWithoutTimeouts(
  client: pg.Client,
  mode = "isolation level read committed",
): Promise<void> {
  const settings = Object.entries(withoutLimit).map(([name, value]) => `('${name}', '${value}')`);
  const text = `begin ${mode};
     select set_config(name, value, true) from (values ${settings.join(", ")}) as given(name, value)
     where current_setting(name, true) is not null`;
  await promptly(client, client.query(text));
}

/**
 * Runs VACUUM ANALYZE on the tables at once, instead of waiting some minutes for autovacuum: from then on the planner
 * has statistics, and index-only scans need not visit the tables. A failure is left to autovacuum: VACUUM cannot run in
 * a transaction, so behind a pooler the role's statement_timeout may end it.
 */
export async function vacuumAndAnalyze(client: pg.ClientBase, tables: string): Promise<void> {
  await client.query(`vacuum (analyze) ${tables}`).catch(() => {});
}
