/** What a pool reports of its backends' health, once for each change, and the log lines for it. */

export type PoolEvent =
  /** Its first failure after it worked; reported at most once a minute. */
  | { readonly kind: "fails"; readonly backend: string; readonly reason: string }
  /** It answers after `fails` was reported, and was not ejected in between. */
  | { readonly kind: "answers"; readonly backend: string }
  | {
    readonly kind: "ejected";
    readonly backend: string;
    readonly reason: string;
    /** In a row. */
    readonly failures: number;
    /** How long the ejection lasts; undefined if it lasts until the backend can be connected to. */
    readonly milliseconds: number | undefined;
  }
  /** It would have been ejected, but as many are as ejection.max allows; reported at most once a minute. */
  | { readonly kind: "kept in use"; readonly backend: string; readonly reason: string }
  | { readonly kind: "reinstated"; readonly backend: string }
  /** Its probes find it down, or up again. */
  | { readonly kind: "down"; readonly backend: string; readonly reason: string }
  | { readonly kind: "up"; readonly backend: string; readonly reason: string }
  /** No backend is usable, so requests go to all of them. */
  | { readonly kind: "panic" }
  /** The panic is over. */
  | { readonly kind: "calm" };

/** The level and the text of an event's log line. @param names to call backends by, by their ids */
export function formatEvent(
  event: PoolEvent,
  names?: ReadonlyMap<string, string>,
): readonly ["info" | "warn", string] {
  if (event.kind === "panic") {
    return ["warn", "no backend is usable: requests go to all of them until one is"];
  }
  if (event.kind === "calm") {
    return ["info", "a backend is usable again: requests go to those that are"];
  }
  const backend = names?.get(event.backend) ?? event.backend;
  switch (event.kind) {
    case "fails":
      return ["warn", `${backend} fails: ${event.reason}`];
    case "answers":
      return ["info", `${backend} answers again`];
    case "ejected": {
      const { failures, milliseconds, reason } = event;
      const cause = `failures: ${failures}: ${reason}`;
      if (milliseconds === undefined) {
        return ["warn", `${backend} is ejected until it can be connected to, ${cause}`];
      }
      const seconds = `${Number((milliseconds / 1000).toFixed(2))} s`;
      return ["warn", `${backend} is ejected for ${seconds}, ${cause}`];
    }
    case "kept in use":
      return [
        "warn",
        `${backend} fails and stays in use, as ejection.max is reached: ${event.reason}`,
      ];
    case "reinstated":
      return ["info", `${backend} is reinstated`];
    case "down":
      return ["warn", `${backend} is down, its probes say: ${event.reason}`];
    case "up":
      return ["info", `${backend} is up, its probes say: ${event.reason}`];
  }
}
