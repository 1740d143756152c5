/** What is wrong with what was asked for, in words for whoever typed it. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}
