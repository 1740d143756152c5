const silenceMs = 30_000;

/**
 * Like `fetch`, for event streams. Pings come every 12 s: after 30 s of silence the connection is dead, even if nobody
 * has closed it, and reading fails. graphql-sse does not report pings, so the bytes are watched below it.
 */
export async function streamFetch(url: string, init: RequestInit): Promise<Response> {
  const dead = new AbortController();
  let silence: ReturnType<typeof setTimeout>;
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => dead.abort(), silenceMs);
  };
  const signals = init.signal == null ? [] : [init.signal];
  const response = await fetch(url, { ...init, signal: AbortSignal.any([...signals, dead.signal]) });
  const listening = new TransformStream<Uint8Array, Uint8Array>({
    start: heard,
    transform(chunk, stream) {
      heard();
      stream.enqueue(chunk);
    },
    flush: () => clearTimeout(silence),
  });
  return new Response(response.body?.pipeThrough(listening) ?? null, response);
}
