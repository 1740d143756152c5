import type { Socket } from "node:net";
import type pg from "pg";
import { codeOf } from "./error.ts";

/** How long to wait for an answer of the server: TCP alone would wait for minutes. */
export const deadAfterMs = 8_000;

/**
 * Awaits an answer that takes a server no time. If it does not come within 8 s, the connection is cut, with all that
 * was asked on it: a server that does not answer does not say goodbye either.
 * @throws Error that says what to do, if it did not come.
 */
export async function promptly<Answer>(client: pg.Client, answer: Promise<Answer>): Promise<Answer> {
  const silent = new Error(`No answer within ${deadAfterMs / 1_000} s.`);
  const timer = setTimeout(() => (client as Connected).connection.stream.destroy(silent), deadAfterMs);
  try {
    return await answer;
  } catch (error) {
    throw error === silent ? unreachable(silent) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** Awaits an answer; fails as for a server that cannot be reached if there is none and the server does not say why. */
export async function reached<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw codeOf(error) === null ? unreachable(error) : error;
  }
}

/** What a command fails with if the server cannot be reached, or no longer. */
export function unreachable(cause: unknown): Error {
  return new Error(
    "PostgreSQL cannot be reached: check that its URL is right and that the server is running.",
    { cause },
  );
}

/** The properties of a connection that pg does not declare. */
type Connected = pg.Client & { readonly connection: { readonly stream: Socket } };
