/** The value of Date (RFC 9110, 5.6.7 and 6.6.1). It changes once a second, and so is made once a second. */
let second = NaN;
let text = "";

/** @param now the wall-clock time in milliseconds since 1970 */
export function httpDate(now: number): string {
  const current = Math.floor(now / 1000);
  if (current !== second) {
    second = current;
    text = new Date(now).toUTCString();
  }
  return text;
}
