import { describe, expect, it } from "vitest";
import { createSubscriptionRoom } from "../../src/http/limits/subscription-room.ts";

const bytes = { once: 100, each: 10 };

describe("what is followed", () => {
  it("takes memory once for each operation, and for each who follows it", () => {
    const { add } = createSubscriptionRoom(250);
    const leave = [add({ key: "a", bytes }), add({ key: "a", bytes }), add({ key: "b", bytes })];
    expect(leave).not.toContain(null);
    // 230 are taken.
    expect(add({ key: "c", bytes })).toBeNull();
    expect(add({ key: "b", bytes })).not.toBeNull();
    expect(add({ key: "b", bytes })).not.toBeNull();
    expect(add({ key: "b", bytes })).toBeNull();
  });

  it("gives all of it back, once, when nobody follows an operation any more", () => {
    const { add } = createSubscriptionRoom(120);
    const [first, second] = [add({ key: "a", bytes })!, add({ key: "a", bytes })!];
    first();
    first();
    expect(add({ key: "b", bytes })).toBeNull();
    second();
    const other = add({ key: "b", bytes })!;
    expect(add({ key: "a", bytes })).toBeNull();
    other();
    expect(add({ key: "a", bytes })).not.toBeNull();
  });
});
