/** What the admin port can see and change of a balancer. */
import type { Control } from "../admin/control.ts";
import type { Status } from "../admin/status.ts";
import type { ByHand } from "./by_hand.ts";
import type { Reloads } from "./reload.ts";

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
    async reload() {
      if (isStopping()) return { kind: "stopping" };
      const reloaded = await reloads.reload("the admin port");
      return reloaded.kind === "unchanged"
        ? { kind: "applied", number: reloaded.number, changes: [] }
        : reloaded;
    },
  };
}
