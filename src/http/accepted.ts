/**
 * What an `Accept` header takes, with what it likes best first and without the weights (RFC 9110, 12.4.2 and 12.5.1): what
 * it refuses by `q=0` is left out. Of what is left, whoever knows no weights can take the first that there is. Without a
 * header, or with an empty one, everything is taken.
 */
export function accepted(header: string | undefined): string {
  const ranges = (header || "*/*").split(",").map((range) => {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    const weights = parameters.map((parameter) => /^q=([01](?:\.\d{0,3})?)$/i.exec(parameter)?.[1]);
    const weight = Number(weights.find((one) => one !== undefined) ?? 1);
    return { weight, text: [type, ...parameters.filter((_, at) => weights[at] === undefined)].join(";") };
  });
  const taken = ranges.filter(({ weight }) => weight > 0).toSorted((one, other) => other.weight - one.weight);
  // An empty header would be as good as none, which takes everything.
  return taken.map(({ text }) => text).join(", ") || "none";
}

/** Of the two kinds of JSON that GraphQL over HTTP has, the one that is liked best; the older one where neither is named. */
export function jsonAccepted(header: string | undefined): string {
  const [named = "application/json"] =
    /application\/(?:graphql-response\+)?json\b/i.exec(accepted(header)) ?? [];
  return named.toLowerCase();
}
