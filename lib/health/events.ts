/** What a pool tells of its backends' health, once each time it changes, and how the log puts it. */

export type PoolEvent =
  /** Its first failure after it worked; told once a minute at most. */
  | { readonly kind: "fails"; readonly backend: string; readonly reason: string }
  /** It answers after `fails` was told, and was not ejected in between. */
  | { readonly kind: "answers"; readonly backend: string }
  | {
    readonly kind: "ejected";
    readonly backend: string;
    readonly reason: string;
    /** In a row. */
    readonly failures: number;
    readonly milliseconds: number;
  }
  /** It would have been ejected, but EJECT_MAX of the pool are. */
  | { readonly kind: "spared"; readonly backend: string; readonly reason: string }
  | { readonly kind: "reinstated"; readonly backend: string }
  /** What the probes found. */
  | { readonly kind: "down"; readonly backend: string; readonly reason: string }
  | { readonly kind: "up"; readonly backend: string; readonly reason: string }
  /** No backend is usable: all are used. */
  | { readonly kind: "panic" }
  | { readonly kind: "calm" };

/** As the log tells it. */
export function formatEvent(event: PoolEvent): readonly ["info" | "warn", string] {
  switch (event.kind) {
    case "fails":
      return ["warn", `${event.backend} fails: ${event.reason}`];
    case "answers":
      return ["info", `${event.backend} answers again`];
    case "ejected": {
      const { backend, failures, milliseconds, reason } = event;
      const seconds = `${Number((milliseconds / 1000).toFixed(2))} s`;
      return ["warn", `${backend} is ejected for ${seconds}, failures: ${failures}: ${reason}`];
    }
    case "spared":
      return [
        "warn",
        `${event.backend} fails and stays in use, as EJECT_MAX is reached: ${event.reason}`,
      ];
    case "reinstated":
      return ["info", `${event.backend} is reinstated`];
    case "down":
      return ["warn", `${event.backend} is down, its probes say: ${event.reason}`];
    case "up":
      return ["info", `${event.backend} is up, its probes say: ${event.reason}`];
    case "panic":
      return ["warn", "no backend is usable: requests go to all of them until one is"];
    case "calm":
      return ["info", "a backend is usable again: requests go to those that are"];
  }
}
