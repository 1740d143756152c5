import {
  MessageType,
  parseMessage,
  type CompleteMessage,
  type ConnectionInitMessage,
  type PingMessage,
  type PongMessage,
  type SubscribeMessage,
} from "graphql-ws";
import { mostNesting, nestsDeeperThan } from "../graphql/nesting.ts";
import { isPersisted } from "../graphql/params.ts";

/** What a client says by one message of graphql-transport-ws. */
export type ClientMessage =
  ConnectionInitMessage | PingMessage | PongMessage | SubscribeMessage | CompleteMessage;

/** Most characters of an operation's id: each of its results says it again. */
const mostInId = 256;

/**
 * Reads one message. What it is made of is what we look at and no more: graphql-ws holds that as long as the operation that
 * it begins, and `Followed` counts nothing else. Null for what a client may not say.
 */
export function clientMessage(text: string): ClientMessage | null {
  try {
    const message = parseMessage(text);
    switch (message.type) {
      case MessageType.ConnectionInit:
        return message;
      case MessageType.Ping:
        // One that nests deeper cannot be sent back.
        return nestsDeeperThan(mostNesting, message.payload) ? null : message;
      case MessageType.Pong:
        return { type: message.type };
      case MessageType.Subscribe: {
        const { query, operationName, variables, extensions } = message.payload;
        const persisted = isPersisted(extensions) ? { extensions: { persistedQuery: null } } : {};
        const payload = { query, operationName, variables, ...persisted };
        return { id: idOf(message), type: message.type, payload };
      }
      case MessageType.Complete:
        return { id: idOf(message), type: message.type };
      default:
        return null;
    }
  } catch {
    return null;
  }
}

function idOf({ id }: SubscribeMessage | CompleteMessage): string {
  if (id.length > mostInId) throw new RangeError("The id is too long.");
  return id;
}
