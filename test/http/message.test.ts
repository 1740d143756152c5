import { describe, expect, it } from "vitest";
import { bodyOf, createMessage, joinedMessages, startOfNext } from "../../src/http/live/message.ts";

/** The texts in some frames (RFC 6455, 5.2), each unmasked and whole. */
function textsIn(frames: string): readonly string[] {
  const texts: string[] = [];
  for (let bytes = Buffer.from(frames, "latin1"); bytes.length > 0;) {
    expect(bytes[0]).toBe(0x81);
    const kind = bytes[1]!;
    const [start, length] =
      kind < 126
        ? [2, kind]
        : kind === 126
          ? [4, bytes.readUInt16BE(2)]
          : [10, Number(bytes.readBigUInt64BE(2))];
    expect(bytes.length).toBeGreaterThanOrEqual(start + length);
    texts.push(bytes.toString("utf8", start, start + length));
    bytes = bytes.subarray(start + length);
  }
  return texts;
}

const message = (json: string, cursor: string | null = "c") =>
  createMessage(json, { cursor, failed: "nowhere" });

describe("a message", () => {
  it("counts for as much memory as its text and one of its forms take, and several for all of them", () => {
    const [one, other] = [message(JSON.stringify("x".repeat(1_000))), message("null")];
    expect(one.bytes).toBeGreaterThan(2_000);
    expect(joinedMessages([one, other]).bytes).toBe(one.bytes + other.bytes);
  });

  const around = startOfNext("1").length + 1;
  const lengths = [125, 126, 65_535, 65_536].map((length) => JSON.stringify("x".repeat(length - around - 2)));
  it.each([...lengths, '"É 漢字 😀"', "null"])("is a whole frame for each operation: %.12s", (json) => {
    const made = message(json);
    for (const id of ["1", "2", "ü", '"', "2"])
      expect(textsIn(made.frames(startOfNext(id)))).toEqual([
        `{"id":${JSON.stringify(id)},"type":"next","payload":${json}}`,
      ]);
  });

  it("is one chunk with its cursor for an id, where it has one", () => {
    const [json, id] = ['{"é":1}', "id: c\n"];
    const event = (first: string) => `${first}event: next\ndata: ${json}\n\n`;
    expect(String(message(json).chunk)).toBe(`22\r\n${event(id)}\r\n`);
    expect(String(message(json, null).chunk)).toBe(`1c\r\n${event("")}\r\n`);
    expect(String(bodyOf(message(json).chunk))).toBe(event(id));
  });

  it("of several says all of them in their order", () => {
    const all = [1, 2, 3].map((number) => message(String(number), `c${number}`));
    const joined = joinedMessages(all);
    expect(textsIn(joined.frames(startOfNext("a")))).toEqual(
      [1, 2, 3].map((number) => `{"id":"a","type":"next","payload":${number}}`),
    );
    expect(bodyOf(joined.chunk)).toEqual(Buffer.concat(all.map(({ chunk }) => bodyOf(chunk))));
  });
});
