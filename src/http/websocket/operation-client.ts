import type { Client } from "../../graphql/reading/waiting.ts";
import type { Connection } from "./connection.ts";

/** The client that waits for an operation. A class, like `ResponseClient`, so that all instances have one shape. */
export class OperationClient implements Client {
  readonly #connection: Connection;
  readonly #id: string;

  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.#id = id;
  }

  get key(): string {
    return this.#connection.client;
  }

  get aborted(): boolean {
    const { webSocket, operations } = this.#connection;
    // This id is given to another operation only once this one has ended: see `createInbox`.
    return webSocket.readyState !== webSocket.OPEN || !(this.#id in operations);
  }
}
