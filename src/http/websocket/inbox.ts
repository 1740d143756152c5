import { CloseCode, MessageType } from "graphql-ws";
import { clientMessage, type ClientMessage } from "./client-message.ts";
import { createInTurn, type InTurn, type InTurnOptions } from "./in-turn.ts";

export type InboxOptions = Omit<InTurnOptions, "take"> & {
  /** Handles a message. For one that begins an operation, resolves once the operation has ended. */
  readonly handle: (message: ClientMessage) => Promise<void>;
  readonly close: (code: CloseCode, reason: string) => void;
  /** Called if a message could not be handled. */
  readonly failed: (error: unknown) => void;
};

/** One operation that has not ended. */
type Running = {
  /** The client has completed it, and may reuse its id. */
  isCompleted: boolean;
  /** The message that begins the next operation with its id. */
  next: ClientMessage | null;
};

/**
 * Passes the messages of a client to graphql-ws.
 *
 * A client may reuse the id of an operation that it has completed but that has not ended here yet. The new operation
 * then begins once the old one has ended: graphql-ws knows operations by id alone, and would go on with the old one.
 */
export function createInbox({ handle, close, failed, ...options }: InboxOptions): InTurn {
  const operations = new Map<string, Running>();

  /** Handles the message that begins an operation, then the one that begins the next with its id; holds one at a time. */
  async function run(id: string, message: ClientMessage | null): Promise<void> {
    while (message !== null && options.isOpen()) {
      const running: Running = { isCompleted: false, next: null };
      operations.set(id, running);
      try {
        await handle(message);
      } finally {
        operations.delete(id);
      }
      message = running.next;
    }
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
