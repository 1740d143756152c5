import { errorOf } from "../../graphql/errors.ts";
import { serialised } from "../../graphql/serialised.ts";
import type { Report } from "../../observability/report.ts";
import { noRoomToAnswer } from "../graphql-error.ts";
import { inBytes } from "../in-bytes.ts";
import type { AnswerRoom } from "../limits/answer-room.ts";
import { startOfNext } from "../live/message.ts";
import type { Begun } from "./begun.ts";
import { cut, readOrWait, type Connection } from "./connection.ts";
import { textFrameHead } from "./text-frame.ts";

/**
 * Sends the answer of an operation that is not served live, on the first call of `next`, and yields nothing. Throws if
 * there is no room for the answer; graphql-ws then sends an `error`. From then on nothing holds the result: graphql-ws
 * holds `begun` until the client has read all that was sent.
 */
export function singleResult(
  connection: Connection,
  id: string,
  begun: Begun,
  options: {
    readonly answerRoom: AnswerRoom;
    readonly report: Pick<Report, "slowConsumerCut">;
  },
): AsyncIterable<never, void, void> {
  const { webSocket, socket, request } = connection;
  const giveWay = (): void => cut(connection, options);

  function answer(): void {
    const { result } = begun;
    begun.result = {};
    if (webSocket.readyState !== webSocket.OPEN) return;
    const message = `${startOfNext(id)}${inBytes(serialised(result))}}`;
    const release = options.answerRoom.add(message.length, socket.writableLength, request, giveWay);
    if (release === null) throw errorOf("SERVICE_UNAVAILABLE", noRoomToAnswer);
    // Not through ws: see `liveResults`. `release` is also called if the socket fails before all is sent.
    socket.write(textFrameHead(message.length) + message, "latin1", release);
    readOrWait(connection);
  }

  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        answer();
        return { done: true, value: undefined };
      },
    }),
  };
}
