import { constants, getPriority, setPriority } from "node:os";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { StorageUnavailableError } from "../../domain/failure.ts";
import type { ReaderOptions } from "../queries/query.ts";
import type { Reader } from "../reader.ts";
import { openReader } from "./connection.ts";
import { readerOf } from "./reader.ts";

/** What the gateway asks of the thread: one question of `Reader`, or to end its read transaction or itself. */
export type ReadRequest =
  | {
      readonly id: number;
      readonly ask: keyof Reader;
      readonly args: readonly unknown[];
      /** Asked in a read transaction, which the first of its questions begins. */
      readonly inMoment: boolean;
    }
  | { readonly id: number; readonly ask: "end" | "close" };

/** What the thread is started with. */
export type ReadData = {
  readonly file: string;
  /** The id of a question. It and all before it are to be stopped: nobody waits for their answers any more. */
  readonly stopped: Int32Array<SharedArrayBuffer>;
};

/** What the thread says: that it is open, then one answer for each request, in their order, stopped ones included. */
export type ReadAnswer =
  | { readonly is: "open" }
  /** Unasked: contents of some deliveries cannot be read, and count as gone. */
  | { readonly is: "unreadable"; readonly message: string }
  | { readonly id: number; readonly is: "value"; readonly value: unknown }
  | { readonly id: number; readonly is: "unavailable" | "fault"; readonly message: string };

/** Runs this worker thread: answers its requests, one after the other, on a connection of its own. */
export function answerReads({ issueObjectOf }: Pick<ReaderOptions, "issueObjectOf">): void {
  if (isMainThread || parentPort === null) throw new Error("This is to be started as a worker thread.");
  const port = parentPort;
  const { file, stopped } = workerData as ReadData;
  let asked = 0;
  const isStopped = () => asked <= Atomics.load(stopped, 0);
  comeAfterWebhooks();
  const connection = openReader(file, isStopped);
  const reader = readerOf(connection, {
    issueObjectOf,
    onUnreadable: ({ message }) => port.postMessage({ is: "unreadable", message } satisfies ReadAnswer),
  });

  async function answer(request: ReadRequest): Promise<ReadAnswer> {
    const { id } = request;
    asked = id;
    try {
      switch (request.ask) {
        case "end":
          if (connection.client.inTransaction) connection.client.exec("rollback");
          return { id, is: "value", value: null };
        case "close":
          connection.client.close();
          port.close();
          return { id, is: "value", value: null };
        default: {
          if (isStopped()) return { id, is: "fault", message: "The question was stopped before it began." };
          // Deferred: the transaction shows the moment of its first read.
          if (request.inMoment && !connection.client.inTransaction) connection.client.exec("begin");
          // Only `reads.ts` asks, and its callers are typed by `Reader`.
          const ask = reader[request.ask] as (...args: readonly unknown[]) => Promise<unknown>;
          return { id, is: "value", value: await ask(...request.args) };
        }
      }
    } catch (error) {
      const message = messageOf(error);
      return { id, is: error instanceof StorageUnavailableError ? "unavailable" : "fault", message };
    }
  }

  port.postMessage({ is: "open" } satisfies ReadAnswer);
  port.on("message", (request: ReadRequest) => {
    void answer(request).then((reply) => port.postMessage(reply));
  });
}

/** Lowers this thread's priority below the threads that take in and write webhooks: Sentry waits for one second. */
function comeAfterWebhooks(): void {
  // Elsewhere a priority is that of the whole process.
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // If the system refuses, the priority stays as it is.
  }
}

/** The messages of an error and of its causes, because the error itself stays in this thread. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} ${messageOf(error.cause)}`;
}
