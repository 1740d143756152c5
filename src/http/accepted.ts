/**
 * Returns the media types of an `Accept` header, the most preferred first and without weights (RFC 9110, 12.4.2 and
 * 12.5.1). Those with `q=0` are left out, so a reader that knows no weights can take the first type that it has.
 * Without a header, or with an empty one, every type is accepted; if all are refused, the result is `none`.
 */
export function accepted(header: string | undefined): string {
  const ranges = (header || "*/*").split(",").map((range) => {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    const weights = parameters.map((parameter) => /^q=([01](?:\.\d{0,3})?)$/i.exec(parameter)?.[1]);
    const weight = Number(weights.find((one) => one !== undefined) ?? 1);
    return { weight, text: [type, ...parameters.filter((_, at) => weights[at] === undefined)].join(";") };
  });
  const taken = ranges.filter(({ weight }) => weight > 0).toSorted((one, other) => other.weight - one.weight);
  // An empty text would count as no header, which accepts everything.
  return taken.map(({ text }) => text).join(", ") || "none";
}

/** Returns the preferred of the two JSON media types of GraphQL over HTTP; the older one if neither is named. */
export function jsonAccepted(header: string | undefined): string {
  const [named = "application/json"] =
    /application\/(?:graphql-response\+)?json\b/i.exec(accepted(header)) ?? [];
  return named.toLowerCase();
}
