/**
 * What the answers of a balancer have at least, as far as commands print it or rely on it: another program
 * on that port may answer in JSON, too.
 */
import { z } from "zod";
import type { Status } from "../admin/status.ts";

/** What the balancer says of a backend that was changed. */
export interface ChangedBackend {
  readonly pool: string;
  readonly backend: string;
  readonly inFlight: number;
  readonly draining: boolean;
  readonly weight: number;
}

/** What came of a reload that was not refused. */
export interface AppliedReload {
  readonly number: number;
  readonly changes: readonly string[];
}

const BACKEND = z.object({
  id: z.string(),
  weight: z.number(),
  inFlight: z.number(),
  latencyMs: z.number().nullable(),
});

const STATUS = z.object({
  instance: z.string(),
  draining: z.boolean(),
  workers: z.array(z.object({ serving: z.boolean() })),
  configuration: z.object({ number: z.number(), file: z.string().nullable() }),
  listeners: z.array(z.object({ address: z.string() })),
  pools: z.array(
    z.object({ name: z.string(), backends: z.array(BACKEND), discovery: z.array(z.object({})) }),
  ),
});

const CHANGED_BACKEND = z.object({
  pool: z.string(),
  backend: z.string(),
  inFlight: z.number(),
  draining: z.boolean(),
  weight: z.number(),
});

const APPLIED_RELOAD = z.object({ number: z.number(), changes: z.array(z.string()) });

export function isStatus(answer: unknown): answer is Status {
  return STATUS.safeParse(answer).success;
}

export function isChangedBackend(answer: unknown): answer is ChangedBackend {
  return CHANGED_BACKEND.safeParse(answer).success;
}

export function isAppliedReload(answer: unknown): answer is AppliedReload {
  return APPLIED_RELOAD.safeParse(answer).success;
}
