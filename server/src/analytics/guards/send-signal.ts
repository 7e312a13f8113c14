import { sourceOf } from '../../../../contract/guard.ts'
import type { RolloutSignalInput } from '../../../../contract/rollout.ts'
import type { Peer } from '../../platform/peers/peer.ts'

interface GuardSignal extends Pick<RolloutSignalInput, 'decision'> {
  /** Of the guard. */
  name: string
  reason: string
  expiresInSeconds: number
}

/** Tells a rollout what a guard says; does nothing where it has ended meanwhile. Rejects where it was not told. */
export type SendSignal = (rolloutId: number, signal: GuardSignal) => Promise<void>

/** Signals of guards go the way of any other: to the Config API, which alone moves rollouts. */
export const sendSignals =
  (config: Peer, token: string): SendSignal =>
  async (rolloutId, { name, decision, reason, expiresInSeconds }) => {
    const body: RolloutSignalInput = {
      ...{ source: sourceOf(name), decision, reason: reason.slice(0, 2000) },
      // What was found does not go away: only a hold and a go have to be said again.
      ...(decision !== 'rollback' && { expiresInSeconds }),
    }
    const response = await config(
      new Request(`http://config/manage/v1/rollouts/${rolloutId}/signal`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    )
    const text = await response.text()
    if (response.ok || response.status === 409) return
    throw new Error(
      `the config service answered ${response.status} to the signal of ${name}: ${text.slice(0, 500)}`,
    )
  }
