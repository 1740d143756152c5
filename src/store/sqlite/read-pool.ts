import type { Reader, ReadTransaction } from "../reader.ts";
import { openReader, type Connection } from "./connection.ts";

/** Most read transactions at once; more wait for one to end. */
const maxConnections = 8;

export type ReadPool = AsyncDisposable & { readonly begin: () => Promise<ReadTransaction> };

/** Connections for read transactions, opened when they are first needed: a transaction has one for itself. */
export function openReadPool(file: string, readerOf: (connection: Connection) => Reader): ReadPool {
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];

  async function take(): Promise<Connection> {
    const connection = idle.pop();
    if (connection !== undefined) return connection;
    if (all.length >= maxConnections) return new Promise((resolve) => waiting.push(resolve));
    const opened = openReader(file);
    all.push(opened);
    return opened;
  }

  function giveBack(connection: Connection): void {
    if (connection.client.inTransaction) connection.client.exec("rollback");
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else next(connection);
  }

  return {
    async begin() {
      const connection = await take();
      // Deferred: the moment that it shows is that of its first read.
      connection.client.exec("begin");
      let isOver = false;
      return {
        ...readerOf(connection),
        [Symbol.asyncDispose]: async () => {
          if (isOver) return;
          isOver = true;
          giveBack(connection);
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const { client } of all) client.close();
    },
  };
}
