type Method = (...args: readonly unknown[]) => Promise<unknown>;

/** Wraps the methods so that `call` makes each call; it must resolve as the method does. */
export function wrapMethods<Methods extends object>(
  methods: Methods,
  call: (method: Method, args: readonly unknown[], name: keyof Methods) => Promise<unknown>,
): Methods {
  // TypeScript cannot say here that each wrapped method keeps its own parameters and result.
  const entries = Object.entries(methods) as [keyof Methods, Method][];
  return Object.fromEntries(
    entries.map(([name, method]) => [name, (...args: readonly unknown[]) => call(method, args, name)]),
  ) as Methods;
}
