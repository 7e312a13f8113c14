import type { Policy } from './policy.ts'

/** What one gateway asks of the counts that all share, for one client. */
export interface Ask {
  client: string
  /** What waits to be admitted. */
  want: number
  /** What may be needed soon: at most an eighth of what is free then is given. */
  spare: number
  /** Granted before and not used. */
  returned: number
  /** Admitted and not counted yet, in this window and in the one before it. */
  untold: number
  untoldBefore: number
}

export interface Granted {
  granted: number
  /** What is free for all after that. */
  free: number
  used: number
  usedBefore: number
  /** The clock of the counts, in milliseconds since 1970. */
  nowMs: number
}

/** Counts of admitted requests by policy and client, over all gateways. */
export interface SharedCounts {
  /** Rejects in bounded time where the counts are away. */
  take(policy: Policy, ask: Ask): Promise<Granted>
  /** The server that holds a client's counts, by its run id: another one knows nothing of what was told to this one. */
  epoch(policy: Policy, client: string): string | undefined
  /** Notes that this gateway is here, and answers how many were in the last seconds. */
  countGateways(gatewayId: string): Promise<number>
}
