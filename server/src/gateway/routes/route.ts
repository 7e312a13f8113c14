import type { Problem } from '../../../../contract/problems.ts'
import type { Peer } from '../../platform/peers/peer.ts'

/** One address of the gateway and everything below it, and what is known of it before a request goes on. */
export interface Route {
  /** What it is called in logs and metrics. */
  name: string
  /** Without a slash at its end; empty: every path. */
  prefix: string
  /** The addresses of it as the contract writes them, for metrics and traces; undefined: what nothing is at. */
  template: string | undefined
  /** The same of what stands below an app's own address; left out where nothing does. */
  below?: string
  /** What rate limits call the class of its requests. */
  policy: string
  /** `key`: nothing is passed on without a valid key; `service`: what is behind it sees to that itself. */
  auth: 'none' | 'key' | 'service'
  /** Whether the edge cache may keep its answers, as their headers say. */
  isCached: boolean
  /** What is stored of its answers is stored under this: another one where the route leads elsewhere since. */
  edition: string
  /** Whether it is one of Parasol's own, where an app's id follows the prefix and the answer does not depend on the host. */
  isOfApps: boolean
  /** What a body may have; undefined: what is behind it sees to that. Checked by `peer`. */
  maxBodyBytes: number | undefined
  /** Where its requests go; also refuses, with 503, more than may be under way at a time. */
  peer: Peer
  /** What went wrong on the way of one of its requests, in the form that its clients read. */
  problemOf: (error: unknown) => Problem
  /** The route of what stands below `/ofrep/v1/` there. */
  evaluations?: Route
}

/** Whether devices read configs there. */
export const isOfConfigs = ({ isOfApps, policy }: Route): boolean =>
  isOfApps && (policy === 'config' || policy === 'openfeature')
