/** The ways in which one backend fails: how each begins, how it ends, and what clients may see of it. */
import type { BackendProcess } from "./backend_process.ts";
import type { BehaviourName } from "./behaviours.ts";
import { hasOwnNetwork, swallowSyns } from "./own_network.ts";

type Step = (backend: BackendProcess) => void | Promise<void>;

export interface Fault {
  readonly begin: Step;
  readonly end: Step;
  /** What happens when half of the outage is over. */
  readonly halfway?: Step;
  /** Settings of the balancer's that it takes to see something. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What a GET may come to by design, other than its answer, and of how many of all GETs. */
  readonly tolerated?: { readonly result: RegExp; readonly share: number };
  /** Whether it is of interest how its share grows once it is back. */
  readonly returns?: true;
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  /** The process is killed, and started again on the same port. */
  refuse: { begin: (backend) => backend.kill(), end: (backend) => backend.restart() },
  reset: behaving("reset"),
  close: behaving("close"),
  /** The process stands still: the kernel accepts connections and requests, and no process reads them. */
  stall: {
    settings: { FIRST_BYTE_TIMEOUT: "1s" },
    begin: (backend) => backend.signal("SIGSTOP"),
    end: (backend) => backend.signal("SIGCONT"),
  },
  connect: { begin: swallow, end: ceaseToSwallow },
  /** With ejection only the first few may reach clients, and one or two whenever it is tried again. */
  500: {
    ...behaving("500"),
    settings: { EJECT_ON_5XX: "on" },
    tolerated: { result: /^500 of the backend$/, share: 0.01 },
  },
  /** The default: what a backend answers is the client's to see. */
  "500_passed": {
    ...behaving("500"),
    tolerated: { result: /^500 of the backend$/, share: 1 },
  },
  flap: {
    begin: (backend) => backend.sendCommand("flap"),
    end: (backend) => backend.sendCommand("serve"),
  },
  garbage: behaving("garbage"),
  /** The first half has reached the client, who learns of the failure only by the end of the connection. */
  half: { ...behaving("half"), tolerated: { result: /^200, cut short$/, share: 1 } },
  /** Killed, and back at half-time, but slow. By default it would be left out until it is slow no more. */
  slow_return: {
    settings: { EJECT_TIME: "2s" },
    begin: (backend) => backend.kill(),
    halfway: returnSlowly,
    end: (backend) => backend.sendCommand("serve"),
    returns: true,
  },
};

function behaving(name: BehaviourName): Fault {
  return {
    begin: (backend) => backend.sendCommand(name),
    end: (backend) => backend.sendCommand("serve"),
  };
}

/** Connects hang from now on, and no connection from before hides it. */
async function swallow(backend: BackendProcess): Promise<void> {
  if (!hasOwnNetwork) return backend.sendCommand("swallow");
  await swallowSyns(backend.port, "begin");
  await backend.sendCommand("break");
}

async function ceaseToSwallow(backend: BackendProcess): Promise<void> {
  if (!hasOwnNetwork) return backend.sendCommand("serve");
  await swallowSyns(backend.port, "cease");
}

async function returnSlowly(backend: BackendProcess): Promise<void> {
  await backend.restart();
  await backend.sendCommand("slow");
}
