/**
 * Makes GraphiQL show every event of a subscription, the newest first, where by itself it shows the last one alone.
 *
 * Runs in the page, before GraphiQL: its text is put there, so it uses nothing from outside itself. It hands on each event
 * of a stream with `data` replaced by the list of what this one and the last hundred before it held; of those that come
 * together the last, for it shows them all, and GraphiQL takes its time to show one.
 */
export function listLiveEvents(): void {
  const mostEvents = 100;
  const togetherMs = 200;
  const fetchPlainly = globalThis.fetch;

  globalThis.fetch = async (...request) => {
    const response = await fetchPlainly(...request);
    const isStream = response.headers.get("content-type")?.includes("text/event-stream") ?? false;
    if (!isStream || response.body === null) return response;
    const told: unknown[] = [];
    let rest = "";
    /** The newest event, until it is handed on. */
    let newest: { readonly block: string; readonly payload: object } | null = null;
    let showing: ReturnType<typeof setTimeout> | undefined;
    const show = (controller: TransformStreamDefaultController<string>) => {
      clearTimeout(showing);
      showing = undefined;
      if (newest === null) return;
      const { block, payload } = newest;
      newest = null;
      const data = JSON.stringify({ ...payload, data: told });
      try {
        controller.enqueue(`${block.replace(/^data: .*$/m, () => `data: ${data}`)}\n\n`);
      } catch {
        // It was stopped meanwhile.
      }
    };
    const blocks = new TransformStream<string, string>({
      transform(text, controller) {
        const parts = (rest + text).split("\n\n");
        rest = parts.pop()!;
        for (const block of parts) {
          const [, json] = (/^event: next$/m.test(block) && /^data: (.*)$/m.exec(block)) || [];
          const payload = JSON.parse(json ?? "{}") as { readonly data?: unknown };
          if (payload.data === undefined || payload.data === null) {
            // A ping, or an error, which ends the stream and is shown by itself.
            show(controller);
            controller.enqueue(`${block}\n\n`);
            continue;
          }
          told.unshift(payload.data);
          told.length = Math.min(told.length, mostEvents);
          newest = { block, payload };
        }
        if (newest !== null) showing ??= setTimeout(show, togetherMs, controller);
      },
      flush: show,
    });
    const body = response.body
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(blocks)
      .pipeThrough(new TextEncoderStream());
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
