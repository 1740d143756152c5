import { expect, it } from "vitest";
import { slowReader } from "../../src/http/limits/slow-reader.ts";

it("reads 45 kB a second of what is written, of which no more than 4 MiB is on the way", () => {
  const socket = { bytesWritten: 1_000_000 };
  const mayBeReading = slowReader(socket);
  const seconds = (): number => {
    let count = 0;
    while (mayBeReading()) count += 1;
    return count;
  };
  expect(seconds()).toBe(0);
  socket.bytesWritten += 45_000;
  expect(seconds()).toBe(0);
  socket.bytesWritten += 450_000;
  expect(seconds()).toBe(9);
  socket.bytesWritten += 1_000_000_000;
  expect(seconds()).toBe(93);
});
