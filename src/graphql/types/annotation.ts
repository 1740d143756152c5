import type { Annotation } from "../../domain/issue.ts";
import { builder } from "../builder.ts";

export const AnnotationType = builder.objectRef<Annotation>("Annotation").implement({
  description: "A link from an issue to something outside Sentry, such as a ticket.",
  fields: (t) => ({
    displayName: t.exposeString("displayName", { nullable: true, description: "What the link is called." }),
    url: t.expose("url", {
      type: "URL",
      nullable: true,
      description: "Where it leads; null when that is not http or https.",
    }),
  }),
});
