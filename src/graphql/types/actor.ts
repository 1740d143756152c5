import type { Actor } from "../../domain/issue.ts";
import { builder } from "../builder.ts";
import { ActorTypeType } from "./issue-enums.ts";

export const ActorType = builder.objectRef<Actor>("Actor").implement({
  description: "Who did it: a person, an application, or Sentry itself.",
  fields: (t) => ({
    type: t.expose("type", { type: ActorTypeType, description: "What kind of actor it is." }),
    sentryId: t.exposeString("sentryId", {
      description: "Sentry's id: a user's number, an application's UUID, or `sentry`.",
    }),
    name: t.exposeString("name", {
      description: "The name, as Sentry sent it. It can be an e-mail address.",
    }),
  }),
});
