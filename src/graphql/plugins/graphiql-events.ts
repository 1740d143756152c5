/**
 * Makes GraphiQL show every event of a subscription, the newest first, where by itself it shows the last one alone.
 *
 * Runs in the page, before GraphiQL: its text is put there, so it uses nothing from outside itself. It hands on each event
 * of a stream with `data` replaced by the list of what this one and the last hundred before it held.
 */
export function listLiveEvents(): void {
  const mostEvents = 100;
  const fetchPlainly = globalThis.fetch;

  /** One block of the stream; `told` gets what it holds. */
  const withEarlier = (block: string, told: unknown[]): string => {
    if (!/^event: next$/m.test(block)) return block;
    return block.replace(/^data: (.*)$/m, (line, json: string) => {
      const payload = JSON.parse(json) as { readonly data?: unknown };
      // An error ends the stream, and is shown by itself.
      if (payload.data === undefined || payload.data === null) return line;
      told.unshift(payload.data);
      told.length = Math.min(told.length, mostEvents);
      return `data: ${JSON.stringify({ ...payload, data: told })}`;
    });
  };

  globalThis.fetch = async (...request) => {
    const response = await fetchPlainly(...request);
    const isStream = response.headers.get("content-type")?.includes("text/event-stream") ?? false;
    if (!isStream || response.body === null) return response;
    const told: unknown[] = [];
    let rest = "";
    const blocks = new TransformStream<string, string>({
      transform(text, controller) {
        const parts = (rest + text).split("\n\n");
        rest = parts.pop()!;
        for (const part of parts) controller.enqueue(`${withEarlier(part, told)}\n\n`);
      },
    });
    const body = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(blocks)
      .pipeThrough(new TextEncoderStream());
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
