import type { LoggedEvent } from "../../domain/event.ts";
import type { Issue, Project } from "../../domain/issue.ts";
import type { TransitionEvent } from "../../domain/transition.ts";
import type { Delivery } from "../../store/reader.ts";
import { builder } from "../builder.ts";

/** The types whose fields lead to each other. Each is implemented in its own file, and the others import it from here. */
export const IssueType = builder.objectRef<Issue>("Issue");
export const IssueEventType = builder.objectRef<LoggedEvent>("IssueEvent");
export const StatusTransitionType = builder.objectRef<TransitionEvent>("StatusTransition");
export const ProjectType = builder.objectRef<Project>("Project");
export const DeliveryType = builder.objectRef<Delivery>("Delivery");
