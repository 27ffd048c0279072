/** Who is at fault if a response is cut off. */
import type { Failed } from "../../../outcome.ts";
import { CLIENT_GONE } from "../../shared/failures.ts";
import type { BackendConnection } from "../backend/connection.ts";
import type { TcpRequest } from "./request.ts";

/** Why a response was not sent whole, as a failure of whoever is at fault; undefined if it was. */
export function blameFor(
  request: TcpRequest,
  { closeReason, head }: BackendConnection,
): Failed | undefined {
  if (request.broken === undefined) return undefined;
  const { upload, expired } = request;
  // The backend was late because the client was: it had not sent its whole body.
  const waitedForClient = closeReason?.failure === "http_response_timeout" &&
    (upload?.awaitsClient || upload?.broken);
  const blamesClient = closeReason === undefined || head.status === 101 || expired ||
    waitedForClient;
  return blamesClient ? CLIENT_GONE : closeReason;
}
