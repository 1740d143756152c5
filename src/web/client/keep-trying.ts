import { AnswerError, isAbort, mayPass, messageOf } from "./ask.ts";
import type { Connection } from "./connection.ts";
import { PlaceLostError } from "./follow.ts";

/**
 * Does `work` until it ends or `signal` aborts: again after a while where an error may pass or a place was lost, as
 * `connection` then shows. Who has to sign in is asked to. What trying again cannot mend ends it, and `failed` gets what to
 * show of it.
 *
 * @param work calls `succeeded` once all of it is answered: then the next wait is short again.
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
