/** The line that a response gets if its backend sent no Date (RFC 9110, 6.6.1). */
import { httpDate } from "../../../http/date.ts";
import { bytesOf } from "./bytes.ts";

let date = "";
let line = bytesOf("");

/** @param now the wall-clock time in milliseconds since 1970 @returns bytes that must not be changed */
export function dateLine(now: number): Uint8Array<ArrayBuffer> {
  const current = httpDate(now);
  if (current !== date) {
    date = current;
    line = bytesOf(`date: ${date}\r\n`);
  }
  return line;
}
