import type pg from "pg";

/**
 * True if a pooler, such as PgBouncer, stands between the connection and the server: the process that answers is not
 * the one that was named when the connection was made.
 *
 * Behind a pooler the next transaction may run in another session of the server. Settings and locks of a session are
 * missing there; they last in a session that somebody else goes on using.
 */
export async function isPooled(client: pg.ClientBase): Promise<boolean> {
  const { rowCount } = await client.query("select 1 where pg_backend_pid() = $1", [namedProcess(client)]);
  return rowCount === 0;
}

/**
 * Sets for the session those settings that the server knows. Behind a pooler, where the session is not the connection's
 * own, it does nothing.
 */
export async function setForSession(
  client: pg.ClientBase,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await client.query(
    `select set_config(name, value, false) from unnest($1::text[], $2::text[]) as given(name, value)
     where pg_backend_pid() = $3 and current_setting(name, true) is not null`,
    [Object.keys(settings), Object.values(settings), namedProcess(client)],
  );
}

/**
 * Asserts that the search_path is the one that the connection's options ask for.
 * @throws Error that says what to do if a pooler has left them out.
 */
export async function assertSearchPath(client: pg.ClientBase): Promise<void> {
  const { options = "" } = (client as Connected).connectionParameters;
  const [, written] = /(?:^|\s)(?:-c\s*|--)search_path=((?:\\.|[^\s\\])*)/.exec(options) ?? [];
  if (written === undefined) return;
  const asked = written.replaceAll(/\\(.)/g, "$1");
  const { rows } = await client.query<{ present: string }>(
    "select current_setting('search_path') as present",
  );
  if (rows[0]!.present !== asked && (await isPooled(client))) throw new Error(howToNameSchema);
}

/** What to do if a pooler does not pass on the options that name the schema. */
export const howToNameSchema =
  "A pooler in front of PostgreSQL drops the options in DATABASE_URL: leave them out, and name the schema with ALTER ROLE … IN DATABASE … SET search_path = ….";

/** The properties of a connection that pg does not declare. */
type Connected = pg.ClientBase & {
  readonly processID: number | null;
  readonly connectionParameters: { readonly options?: string };
};

function namedProcess(client: pg.ClientBase): number | null {
  return (client as Connected).processID;
}
