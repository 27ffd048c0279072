/** What the admin port can see and change of a balancer. */
import type { Control } from "../admin/control.ts";
import type { Status } from "../admin/status.ts";
import type { ByHand } from "./by_hand.ts";
import type { Reloaded, Reloads } from "./reload.ts";

export interface ControlParts {
  readonly byHand: ByHand;
  readonly reloads: Reloads;
  readonly status: () => Status;
  readonly isStopping: () => boolean;
  readonly stop: () => void;
}

export function controlOf({ byHand, reloads, status, isStopping, stop }: ControlParts): Control {
  const { drain, ready, setWeight } = byHand;
  return {
    ...{ drain, ready, setWeight, status, stop },
    reload: async () =>
      isStopping() ? { kind: "stopping" } : asTold(await reloads.reload("the admin port")),
    preview: async () => asTold(await reloads.preview()),
  };
}

/** A reload that changes nothing applies no changes. */
function asTold(reloaded: Reloaded): Exclude<Reloaded, { readonly kind: "unchanged" }> {
  return reloaded.kind === "unchanged" ? { ...reloaded, kind: "applied", changes: [] } : reloaded;
}
