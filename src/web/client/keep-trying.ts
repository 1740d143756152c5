import { AnswerError, isAbort, mayPass, messageOf } from "./ask.ts";
import type { Connection } from "./connection.ts";
import { PlaceLostError } from "./follow.ts";

/**
 * Runs `work` until it resolves or `signal` aborts. On an error:
 *
 * - if it may pass, or a place was lost: waits as `connection.retry` does, and runs `work` again;
 * - if the reader has to sign in: asks for that, and stops;
 * - otherwise: stops, and calls `failed` with the message to show.
 *
 * @param work calls `succeeded` once all of it is answered: the back-off then starts over.
 */
export function keepTrying(
  work: (succeeded: () => void) => Promise<void>,
  {
    connection,
    signal,
    failed,
  }: {
    readonly connection: Connection;
    readonly signal: AbortSignal;
    readonly failed: (message: string) => void;
  },
): void {
  let attempt = 0;
  const succeeded = () => {
    attempt = 0;
  };

  async function run(): Promise<void> {
    for (;;) {
      try {
        return await work(succeeded);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof AnswerError && error.code === "UNAUTHENTICATED") return connection.wantSignIn();
        if (!mayPass(error) && !(error instanceof PlaceLostError)) {
          connection.state.set({ is: "idle" });
          return failed(messageOf(error));
        }
        await connection.retry(attempt++, error.message, signal);
      }
    }
  }

  run().catch((error: unknown) => {
    if (!isAbort(error)) reportError(error);
  });
}
