import { describe, expect, it, vi } from "vitest";
import { createBell } from "../../src/stream/bell.ts";

const never = new AbortController().signal;

describe("a bell", () => {
  it("wakes at once who heard fewer rings than there were", async () => {
    const bell = createBell();
    const heard = bell.rings;
    bell.ring();
    await bell.after(heard, never);
    expect(bell.rings).toBe(heard + 1);
  });

  it("wakes everybody who waits", async () => {
    const bell = createBell();
    const waits = [bell.after(bell.rings, never), bell.after(bell.rings, never)];
    bell.ring();
    await Promise.all(waits);
  });

  it("lets go of who waits when the signal aborts", async () => {
    const bell = createBell();
    const stop = new AbortController();
    const wait = bell.after(bell.rings, stop.signal);
    stop.abort();
    await wait;
    expect(bell.rings).toBe(0);
  });

  it("lets go of who waits when the time is up", async () => {
    await createBell().after(0, never, 1);
  });

  it("leaves no timer behind when it rings before the time is up", async () => {
    vi.useFakeTimers();
    try {
      const bell = createBell();
      const wait = bell.after(0, never, 1_000);
      bell.ring();
      await wait;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("forgets whom it woke", async () => {
    const bell = createBell();
    const { signal } = new AbortController();
    const letGo = vi.spyOn(signal, "removeEventListener");
    const wait = bell.after(bell.rings, signal);
    bell.ring();
    bell.ring();
    await wait;
    expect(letGo).toHaveBeenCalledTimes(1);
  });

  it("does not wake who waits for the next ring", async () => {
    const bell = createBell();
    bell.ring();
    let isAwake = false;
    const wait = bell.after(bell.rings, never).then(() => (isAwake = true));
    await Promise.resolve();
    expect(isAwake).toBe(false);
    bell.ring();
    await wait;
  });
});
