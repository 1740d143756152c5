import { asc, eq } from "drizzle-orm";
import type { Token } from "../../domain/token.ts";
import { TokenExistsError, type Tokens } from "../tokens.ts";
import type { tokens as table } from "../tables/sqlite.ts";
import type { QueryContext } from "./query.ts";

type TokenRow = typeof table.$inferSelect;

/** The tokens in this database. */
export function tokenQueries({ db, tables: { tokens } }: Pick<QueryContext, "db" | "tables">): Tokens {
  return {
    async list() {
      const rows = await db.select().from(tokens).orderBy(asc(tokens.name));
      return rows.map(tokenFrom);
    },

    async add({ sha256, projects, ...token }) {
      const row = {
        ...token,
        sha256: Buffer.from(sha256, "hex"),
        projects: projects === "all" ? null : JSON.stringify(projects),
      };
      const added = await db
        .insert(tokens)
        .values(row)
        .onConflictDoNothing({ target: tokens.name })
        .returning({ name: tokens.name });
      if (added.length === 0)
        throw new TokenExistsError(
          `There is a token named ${token.name}. Revoke it, or choose another name.`,
        );
    },

    async remove(name) {
      const removed = await db.delete(tokens).where(eq(tokens.name, name)).returning({ name: tokens.name });
      return removed.length > 0;
    },
  };
}

function tokenFrom({ sha256, projects, ...token }: TokenRow): Token {
  return {
    ...token,
    sha256: sha256.toString("hex"),
    // The store wrote this text itself.
    projects: projects === null ? "all" : (JSON.parse(projects) as readonly string[]),
  };
}
