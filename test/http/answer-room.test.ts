import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { createAnswerRoom } from "../../src/http/limits/answer-room.ts";

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

  describe("of several clients", () => {
    /** Connections of clients that are called by their first letter. */
    function roomFor(mostBytes: number) {
      const { add } = createAnswerRoom(mostBytes, ({ headers }) => headers.from!);
      const cut: string[] = [];
      const addOf = (name: string, bytes: number, giveWay?: () => void) => {
        const socket = { resetAndDestroy: () => cut.push(name) } as unknown as Socket;
        return add(bytes, 0, { socket, headers: { from: name[0]! } }, giveWay);
      };
      return { add, addOf, cut };
    }

    it("has the oldest answers of who has most of it give way to who has less", () => {
      const { addOf, cut } = roomFor(200_000);
      for (const name of ["b1", "a1", "a2", "a3"]) expect(addOf(name, 50_000)).not.toBeNull();
      expect(addOf("b2", 45_000)).not.toBeNull();
      expect(addOf("c1", 45_000)).not.toBeNull();
      expect(cut).toEqual(["a1", "a2"]);
    });

    it("refuses whoever has as much of it as anybody, and ends nothing for that", () => {
      const { addOf, cut } = roomFor(200_000);
      for (const name of ["a1", "a2", "b1", "b2"]) addOf(name, 50_000);
      expect([addOf("a3", 20_000), addOf("b3", 20_000)]).toEqual([null, null]);
      // Nor does what is too large, or what is left of it, end any in vain.
      expect([addOf("c1", 200_001), addOf("c1", 150_000)]).toEqual([null, null]);
      expect(cut).toEqual([]);
    });

    it("is given back by whoever is told to end, in its own way", () => {
      const { addOf, cut } = roomFor(200_000);
      const ended: string[] = [];
      addOf("a1", 150_000, () => ended.push("a1"));
      expect(addOf("b1", 100_000)).not.toBeNull();
      expect([ended, cut]).toEqual([["a1"], []]);
    });

    it("counts what gave way no more, also once its connection has closed", () => {
      const { add, addOf, cut } = roomFor(200_000);
      const [first] = [addOf("a1", 100_000)!, addOf("a2", 100_000)!];
      const other = addOf("b1", 80_000)!;
      expect(cut).toEqual(["a1"]);
      first();
      expect(add(20_001, 0)).toBeNull();
      other();
      expect(add(100_001, 0)).toBeNull();
      expect(add(100_000, 0)).not.toBeNull();
    });
  });
});
