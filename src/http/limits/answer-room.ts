import type { IncomingMessage } from "node:http";

/** A bound on the memory of the answers that clients have not read yet. */
export type AnswerRoom = {
  /**
   * Counts an answer of `bytes` until the returned function is called; null if there is no room for it. While no more
   * than 16 KiB wait on its connection, it is not counted and never refused.
   *
   * If there is no room, clients that hold more than this client then would hold give way, the largest holder first,
   * each with its oldest answer. So no client takes all the room from others, but one that is alone, or a proxy with
   * many behind it, may have it all.
   *
   * @param behind the bytes that wait on its connection already.
   * @param request the request that is answered. Without one, the answer belongs to no client: no other gives way to
   * it, and it gives way to none.
   * @param giveWay ends the answer once it is no longer counted; by default, its connection is reset.
   */
  readonly add: (
    bytes: number,
    behind: number,
    request?: Pick<IncomingMessage, "socket" | "headers">,
    giveWay?: () => void,
  ) => (() => void) | null;
};

/** Bytes that may wait uncounted on each connection, so that large answers never keep out ordinary ones. */
const alwaysRoomBytes = 16 * 1024;

/** An answer that waits. */
type Waiting = { readonly bytes: number; readonly giveWay: () => void };

/** The waiting answers of one client, oldest first. */
type Held = { bytes: number; readonly answers: Set<Waiting> };

/**
 * Without such a bound, a few dozen clients that ask for much and read nothing would fill the memory.
 *
 * @param clientOf the client that a request comes from: one key for all of a client's addresses.
 */
export function createAnswerRoom(
  mostBytes: number,
  clientOf: (request: Pick<IncomingMessage, "socket" | "headers">) => string = () => "",
): AnswerRoom {
  let taken = 0;
  const clients = new Map<string, Held>();

  function hold(client: string, answer: Waiting): () => void {
    const held = clients.get(client) ?? { bytes: 0, answers: new Set() };
    clients.set(client, held);
    held.bytes += answer.bytes;
    held.answers.add(answer);
    return () => letGo(client, held, answer);
  }

  function letGo(client: string, held: Held, answer: Waiting): void {
    if (!held.answers.delete(answer)) return;
    taken -= answer.bytes;
    held.bytes -= answer.bytes;
    if (held.answers.size === 0) clients.delete(client);
  }

  /** Makes room for an answer with which its client holds `fair` bytes. False, ending nothing, if it cannot. */
  function makeRoom(bytes: number, fair: number): boolean {
    const beyond = [...clients.values()].reduce((sum, held) => sum + Math.max(0, held.bytes - fair), 0);
    if (beyond < taken + bytes - mostBytes) return false;
    while (taken + bytes > mostBytes) {
      const [client, held] = [...clients].reduce((most, one) => (one[1].bytes > most[1].bytes ? one : most));
      const [oldest] = held.answers;
      letGo(client, held, oldest!);
      oldest!.giveWay();
    }
    return true;
  }

  return {
    add(bytes, behind, request, giveWay) {
      if (behind + bytes <= alwaysRoomBytes) return uncounted;
      if (request === undefined) {
        if (taken + bytes > mostBytes) return null;
        taken += bytes;
        return () => {
          taken -= bytes;
        };
      }
      const client = clientOf(request);
      const fair = (clients.get(client)?.bytes ?? 0) + bytes;
      if (taken + bytes > mostBytes && !makeRoom(bytes, fair)) return null;
      taken += bytes;
      const { socket } = request;
      return hold(client, { bytes, giveWay: giveWay ?? (() => void socket.resetAndDestroy()) });
    },
  };
}

function uncounted(): void {}
