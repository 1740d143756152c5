import {
  MessageType,
  parseMessage,
  type CompleteMessage,
  type ConnectionInitMessage,
  type PingMessage,
  type PongMessage,
  type SubscribeMessage,
  type SubscribePayload,
} from "graphql-ws";
import { mostNesting, nestsDeeperThan } from "../../graphql/limits/nesting.ts";
import { isPersisted } from "../../graphql/params.ts";

/** A message that a client may send in graphql-transport-ws. */
export type ClientMessage =
  ConnectionInitMessage | PingMessage | PongMessage | SubscribeMessage | CompleteMessage;

/** What begins an operation; graphql-ws passes on the object that `clientMessage` has made. */
export type CountedPayload = SubscribePayload & {
  /** Of the whole message. */
  readonly characters: number;
};

/** The most characters of an operation's id, which each of its results repeats. */
const mostInId = 256;

/**
 * Reads one message; null if a client may not send it. Fields that we do not use are dropped: graphql-ws holds a
 * message as long as the operation that it begins, and `SubscriptionRoom` does not count them.
 */
export function clientMessage(text: string): ClientMessage | null {
  try {
    const message = parseMessage(text);
    switch (message.type) {
      case MessageType.ConnectionInit:
        return message;
      case MessageType.Ping:
        // Our pong sends the payload back, and `JSON.stringify` may fail on one that nests deeper.
        return nestsDeeperThan(mostNesting, message.payload) ? null : message;
      case MessageType.Pong:
        return { type: message.type };
      case MessageType.Subscribe: {
        const { query, operationName, variables, extensions } = message.payload;
        const persisted = isPersisted(extensions) ? { extensions: { persistedQuery: null } } : {};
        const payload: CountedPayload = {
          query,
          operationName,
          variables,
          ...persisted,
          characters: text.length,
        };
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
