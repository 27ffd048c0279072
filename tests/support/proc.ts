/** What Linux says about processes and connections under /proc. */

/** Resident memory of a process in MB, now or (VmHWM) at its peak. */
export function residentMemory(pid: number, name: "VmRSS" | "VmHWM" = "VmRSS"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)![1]) / 1024);
}

/** On Linux, bytes written and not yet read on all IPv4 connections to or from these ports: what the kernel holds of them. */
export function inKernel(ports: readonly number[]): number {
  if (Deno.build.os !== "linux") return 0;
  const portOf = (address: string) => parseInt(address.split(":")[1]!, 16);
  let bytes = 0;
  for (const line of Deno.readTextFileSync("/proc/net/tcp").trim().split("\n").slice(1)) {
    const [, local, remote, , queues] = line.trim().split(/\s+/);
    if (![local, remote].some((address) => ports.includes(portOf(address!)))) continue;
    for (const size of queues!.split(":")) bytes += parseInt(size, 16);
  }
  return bytes;
}
