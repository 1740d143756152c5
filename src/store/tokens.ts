import type { Token } from "../domain/token.ts";

/** The tokens that were made and not revoked, whatever database they are in. */
export interface Tokens {
  /** All tokens, ordered by name. */
  list(): Promise<readonly Token[]>;
  /**
   * Resolves once it is on disk.
   * @throws TokenExistsError if there is one of that name.
   */
  add(token: Token): Promise<void>;
  /** Resolves once it is gone from the disk; false if there was none of that name. */
  remove(name: string): Promise<boolean>;
}

/** The names of the tokens that have not expired at `now` (epoch milliseconds). */
export async function validNames(tokens: Pick<Tokens, "list">, now: number): Promise<readonly string[]> {
  const valid = (await tokens.list()).filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
  return valid.map(({ name }) => name);
}

/** There is a token of that name. */
export class TokenExistsError extends Error {
  override readonly name = "TokenExistsError";
}
