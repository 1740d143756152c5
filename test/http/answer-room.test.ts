import { describe, expect, it } from "vitest";
import { createAnswerRoom } from "../../src/http/answer-room.ts";

describe("the room for answers that wait", () => {
  it("is taken by each until it is given back", () => {
    const { add } = createAnswerRoom(100_000);
    const [first, second] = [add(60_000, 0)!, add(40_000, 0)!];
    expect(add(20_000, 0)).toBeNull();
    first();
    expect(add(60_001, 0)).toBeNull();
    const third = add(60_000, 0)!;
    second();
    third();
    expect(add(100_000, 0)).not.toBeNull();
  });

  it("is always there for what is little on its connection, and not taken by that", () => {
    const { add } = createAnswerRoom(20_000);
    const all = add(20_000, 0)!;
    for (let time = 0; time < 10; time += 1) expect(add(16_384, 0)).not.toBeNull();
    expect(add(16_385, 0)).toBeNull();
    expect(add(1, 16_384)).toBeNull();
    add(16_384, 0)!();
    all();
    expect(add(20_001, 0)).toBeNull();
    expect(add(20_000, 0)).not.toBeNull();
  });
});
