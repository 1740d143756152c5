/**
 * Makes GraphiQL list the events of a subscription, newest first; by itself it shows only the last one.
 *
 * Runs in the page, before GraphiQL: its text is put there, so it uses nothing from outside itself. In each event of a
 * stream it replaces `data` by a list: the data of this event and of the last hundred before it. Of events that arrive
 * together it passes on only the last, which lists them all, because GraphiQL is slow to show one. An error or the loss
 * of the connection is passed on as an event with the list and the errors: alone it would replace the list on the
 * screen.
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
    /** The newest event, without its data, until it is handed on. */
    let newest: { readonly block: string; readonly others: object } | null = null;
    let showing: ReturnType<typeof setTimeout> | undefined;
    const show = (controller: ReadableStreamDefaultController<string>) => {
      clearTimeout(showing);
      showing = undefined;
      if (newest === null) return;
      const { block, others } = newest;
      newest = null;
      const data = JSON.stringify(told.length === 0 ? others : { ...others, data: told });
      controller.enqueue(`${block.replace(/^data: .*$/m, () => `data: ${data}`)}\n\n`);
    };
    const hear = (block: string, controller: ReadableStreamDefaultController<string>) => {
      const [, json] = (/^event: next$/m.test(block) && /^data: (.*)$/m.exec(block)) || [];
      if (json === undefined) {
        // A ping, or the end.
        show(controller);
        controller.enqueue(`${block}\n\n`);
        return;
      }
      const { data, ...others } = JSON.parse(json) as { readonly data?: unknown };
      newest = { block, others };
      if (data === undefined || data === null) return show(controller);
      told.unshift(data);
      told.length = Math.min(told.length, mostEvents);
      showing ??= setTimeout(show, togetherMs, controller);
    };
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const blocks = new ReadableStream<string>({
      async start(controller) {
        try {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) break;
            const parts = (rest + value).split("\n\n");
            rest = parts.pop()!;
            for (const block of parts) hear(block, controller);
          }
        } catch (error) {
          const errors = [{ message: `The stream broke: ${String(error)}` }];
          hear(`event: next\ndata: ${JSON.stringify({ errors })}`, controller);
        }
        show(controller);
        controller.close();
      },
      async cancel(reason) {
        clearTimeout(showing);
        await reader.cancel(reason);
      },
    });
    const body = blocks.pipeThrough(new TextEncoderStream());
    return new Response(body, { status: response.status, headers: response.headers });
  };
}
