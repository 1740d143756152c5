import { CloseCode, MessageType } from "graphql-ws";
import { clientMessage, type ClientMessage } from "./client-message.ts";
import { createInTurn, type InTurn, type InTurnOptions } from "./in-turn.ts";

export type InboxOptions = Omit<InTurnOptions, "take"> & {
  /** Does what a message asks for; of an operation, resolves once that has ended. */
  readonly handle: (message: ClientMessage) => Promise<void>;
  readonly close: (code: CloseCode, reason: string) => void;
  /** What a message asks for could not be done. */
  readonly failed: (error: unknown) => void;
};

/** One operation that has not ended. */
type Running = {
  /** The client has completed it, and may give its id to another one. */
  isCompleted: boolean;
  /** The message that begins the other one. */
  next: ClientMessage | null;
};

/**
 * Hands what a client sends to graphql-ws.
 *
 * An operation that has the id of one that the client has completed, but that has not ended here yet, begins when that has:
 * graphql-ws knows operations by their ids alone, would take the two for one, and go on with what was completed.
 */
export function createInbox({ handle, close, failed, ...options }: InboxOptions): InTurn {
  const operations = new Map<string, Running>();

  async function run(id: string, message: ClientMessage): Promise<void> {
    const running: Running = { isCompleted: false, next: null };
    operations.set(id, running);
    try {
      await handle(message);
    } finally {
      operations.delete(id);
    }
    if (running.next !== null && options.isOpen()) await run(id, running.next);
  }

  async function take(text: string): Promise<void> {
    const message = clientMessage(text);
    if (message === null) return close(CloseCode.BadRequest, "Invalid message received");
    switch (message.type) {
      case MessageType.Subscribe: {
        const running = operations.get(message.id);
        if (running === undefined) return run(message.id, message);
        if (!running.isCompleted) return handle(message);
        if (running.next !== null)
          return close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${message.id} already exists`);
        running.next = message;
        return;
      }
      case MessageType.Complete: {
        const running = operations.get(message.id);
        if (running?.isCompleted === true) {
          running.next = null;
          return;
        }
        if (running !== undefined) running.isCompleted = true;
        return handle(message);
      }
      default:
        return handle(message);
    }
  }

  return createInTurn({ ...options, take: (text) => void take(text).catch(failed) });
}
