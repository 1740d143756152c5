type Method = (...args: readonly unknown[]) => Promise<unknown>;

/** The same methods, each of which is called by `call`, which has to answer as the method does. */
export function calledBy<Methods extends object>(
  methods: Methods,
  call: (method: Method, args: readonly unknown[], name: keyof Methods) => Promise<unknown>,
): Methods {
  // A type of methods cannot say of all of them at once that each takes and answers what it does.
  const entries = Object.entries(methods) as [keyof Methods, Method][];
  return Object.fromEntries(
    entries.map(([name, method]) => [name, (...args: readonly unknown[]) => call(method, args, name)]),
  ) as Methods;
}
