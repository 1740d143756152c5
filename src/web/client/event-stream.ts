/** One event of a stream of server-sent events. A ping has no data, and at most an id. */
export type StreamEvent = {
  readonly event: string;
  readonly data: string;
  readonly id: string | null;
};

/** The most characters of one event. A larger one ends the stream. */
const maxEventLength = 8 * 1024 * 1024;

/**
 * The events of a body, as they arrive. A comment is an event without data and id: it, too, says that the other end is
 * there. Ends with the body; an incomplete last event is left out.
 * @throws RangeError for an event that is too large.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<StreamEvent, void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const blocks = (rest + read.value).split(/\r?\n\r?\n/);
      rest = blocks.pop()!;
      if (rest.length > maxEventLength) throw new RangeError("An event of the stream is too large.");
      for (const block of blocks) yield eventOf(block);
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function eventOf(block: string): StreamEvent {
  let event = "message";
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ""] = /^(\w+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id") id = value;
  }
  return { event, data: data.join("\n"), id };
}
