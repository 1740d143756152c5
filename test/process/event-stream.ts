/** One event of an event stream as it came. Pings are included and have only an id. */
export type StreamedEvent = {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string | null;
};

/** The events of a subscription over SSE until the stream ends. Throws if it breaks or the signal aborts. */
export async function* streamOf(
  url: string,
  body: { readonly query: string; readonly variables?: object },
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent, void> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify(body),
    signal,
  });
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1] ?? null;
      yield { id: field("id"), event: field("event"), data: field("data") };
    }
  }
}
