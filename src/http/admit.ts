import type { IncomingMessage } from "node:http";
import { unlimitedAdmin, type Viewer } from "../domain/viewer.ts";
import { isLocal } from "./local.ts";

/** Whether somebody may read, and until when (epoch milliseconds; null for as long as they like). */
export type Admission =
  | { readonly is: "admitted"; readonly viewer: Viewer; readonly until: number | null }
  | { readonly is: "refused"; readonly message: string };

/**
 * Finds out who asks. `connectionParams` is the payload of a WebSocket's `connection_init`, as the client sent it.
 * Never rejects for what was sent.
 */
export type Admit = (request: IncomingMessage, connectionParams?: unknown) => Promise<Admission>;

/** Lets this machine read everything, and nobody else anything. */
export const admitLocal: Admit = async (request) =>
  isLocal(request)
    ? { is: "admitted", viewer: unlimitedAdmin, until: null }
    : {
        is: "refused",
        message:
          "This gateway answers readers on its own machine only: open it as http://localhost, without a proxy in between.",
      };
