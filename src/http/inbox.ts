import { CloseCode, MessageType } from "graphql-ws";
import { mostNesting, nestsDeeperThan } from "../graphql/nesting.ts";

export type InboxOptions = {
  /** Does what a message asks for; of an operation, resolves once that has ended. */
  readonly handle: (message: string) => Promise<void>;
  readonly close: (code: CloseCode, reason: string) => void;
  /** False once the socket closes. */
  readonly isOpen: () => boolean;
};

/** One operation that has not ended. */
type Running = {
  /** The client has completed it, and may give its id to another one. */
  isCompleted: boolean;
  /** The message that begins the other one. */
  next: string | null;
};

/**
 * Hands what a client sends to graphql-ws. Resolves once that is done.
 *
 * An operation that has the id of one that the client has completed, but that has not ended here yet, begins when that has:
 * graphql-ws knows operations by their ids alone, would take the two for one, and go on with what was completed. And it
 * would take a message that only servers send for a fault of ours, and a ping whose payload is too deep to be sent back.
 */
export function createInbox({ handle, close, isOpen }: InboxOptions): (message: string) => Promise<void> {
  const operations = new Map<unknown, Running>();

  async function run(id: unknown, message: string): Promise<void> {
    const running: Running = { isCompleted: false, next: null };
    operations.set(id, running);
    try {
      await handle(message);
    } finally {
      operations.delete(id);
    }
    if (running.next !== null && isOpen()) await run(id, running.next);
  }

  return async (message) => {
    const { type, id, payload } = partsOf(message);
    const running = operations.get(id);
    switch (type) {
      case MessageType.Subscribe:
        if (running === undefined) return run(id, message);
        if (!running.isCompleted) return handle(message);
        if (running.next !== null)
          return close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${String(id)} already exists`);
        running.next = message;
        return;
      case MessageType.Complete:
        if (running === undefined || !running.isCompleted) {
          if (running !== undefined) running.isCompleted = true;
          return handle(message);
        }
        running.next = null;
        return;
      case MessageType.Next:
      case MessageType.Error:
      case MessageType.ConnectionAck:
        return close(CloseCode.BadRequest, "Invalid message received");
      case MessageType.Ping:
        return nestsDeeperThan(mostNesting, payload)
          ? close(CloseCode.BadRequest, "Invalid message received")
          : handle(message);
      default:
        return handle(message);
    }
  };
}

/** What graphql-ws will find in the message, or refuse. */
function partsOf(message: string): {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly payload?: unknown;
} {
  try {
    return (JSON.parse(message) as object | null) ?? {};
  } catch {
    return {};
  }
}
