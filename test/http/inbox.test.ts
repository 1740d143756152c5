import { expect, it } from "vitest";
import type { ClientMessage } from "../../src/http/websocket/client-message.ts";
import { createInbox } from "../../src/http/websocket/inbox.ts";
import { isGarbage } from "../garbage.ts";

it("keeps no message of an operation that has ended, however often its id is used again in time", async () => {
  const messages: WeakRef<ClientMessage>[] = [];
  let end = () => {};
  const inbox = createInbox({
    turnstile: { enter: () => true },
    client: "",
    isOpen: () => true,
    changed() {},
    close: (_code, reason) => expect.unreachable(reason),
    failed: (error) => expect.unreachable(String(error)),
    handle(message) {
      if (message.type !== "subscribe") return Promise.resolve();
      messages.push(new WeakRef(message));
      return new Promise((resolve) => {
        end = resolve;
      });
    },
  });
  const begin = () => inbox.add('{"id":"1","type":"subscribe","payload":{"query":"{ a }"}}');
  begin();
  for (let begun = 1; begun <= 3; begun += 1) {
    await expect.poll(() => messages.length).toBe(begun);
    inbox.add('{"id":"1","type":"complete"}');
    begin();
    await new Promise(setImmediate);
    end();
  }
  await expect.poll(() => messages.length).toBe(4);
  await expect.poll(() => isGarbage(messages[0]!)).toBe(true);
});
