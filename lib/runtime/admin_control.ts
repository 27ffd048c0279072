/** What the admin port can see and change of a balancer. */
import type { Control } from "../admin/control.ts";
import type { Reloaded } from "./reload.ts";
import { statusOf, type StatusSources } from "./status.ts";

export interface ControlParts extends StatusSources {
  readonly stop: () => void;
}

export function controlOf(parts: ControlParts): Control {
  const { byHand: { drain, ready, setWeight }, reloads, isStopping, stop } = parts;
  return {
    ...{ drain, ready, setWeight, stop },
    status: () => statusOf(parts),
    reload: async () =>
      isStopping() ? { kind: "stopping" } : asTold(await reloads.reload("the admin port")),
    preview: async () => asTold(await reloads.preview()),
  };
}

/** A reload that changes nothing applies no changes. */
function asTold(reloaded: Reloaded): Exclude<Reloaded, { readonly kind: "unchanged" }> {
  return reloaded.kind === "unchanged" ? { ...reloaded, kind: "applied", changes: [] } : reloaded;
}
