/** The module of the thread that checks passwords: bcrypt takes some 50 ms of a core for each. */
/// <reference lib="deno.worker" />
import { compareSync, truncates } from "bcryptjs";
import type { PasswordAnswer, PasswordQuestion } from "./passwords.ts";

self.addEventListener("message", ({ data }: MessageEvent<PasswordQuestion>) => {
  const answer: PasswordAnswer = { number: data.number, isRight: isRight(data) };
  self.postMessage(answer);
});

/** bcrypt compares 72 bytes only: of a longer password a part would do. */
function isRight({ password, hash }: PasswordQuestion): boolean {
  return !truncates(password) && compareSync(password, hash);
}
