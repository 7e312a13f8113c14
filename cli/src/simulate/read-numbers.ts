import type { Client } from '../client.ts'

interface AdoptionAnswer {
  rows: { group: string | null; configVersion: string | null; requests: number }[]
}
interface ErrorsAnswer {
  rows: { group: string | null; appErrorDevices: number | null }[]
}
interface EventsAnswer {
  rows: { group: string | null; devices: number | null }[]
}

/** Since it was last asked: which part of the reads got which version. */
type Shares = ReadonlyMap<string, number>

const barWidth = 20

/**
 * Reads how a rollout stands, as the server counts it: who gets which config version, and how many of them had errors since `since`.
 * Reads are compared with those of the look before: a minute of the clock is days of the simulated fleet.
 */
export const openNumbers = (client: Client, appId: string, since: string): (() => Promise<string>) => {
  const ask = <Answer>(question: string, query: Record<string, string>): Promise<Answer> =>
    client.send({
      method: 'GET',
      path: `/v1/api/analytics/${appId}/${question}?${new URLSearchParams({ from: since, interval: 'total', ...query })}`,
    }) as Promise<Answer>
  const groupBy = 'configVersion'
  let before: ReadonlyMap<string, number> = new Map()
  let shares: Shares = new Map()
  return async () => {
    const [adoption, errors, sessions] = await Promise.all([
      ask<AdoptionAnswer>('adoption', {}),
      ask<ErrorsAnswer>('errors', { groupBy }),
      ask<EventsAnswer>('events', { event: 'session_start', groupBy }),
    ])
    const reads = readsOf(adoption)
    shares = sharesSince(before, reads) ?? shares
    before = reads
    return [...shares]
      .filter(([, share]) => share > 0)
      .map(([version, share]) => {
        const failed = errors.rows.find(({ group }) => group === version)?.appErrorDevices ?? 0
        const seen = sessions.rows.find(({ group }) => group === version)?.devices ?? 0
        const rate = seen > 0 ? `, ${((100 * failed) / seen).toFixed(1)} % of devices failing` : ''
        return `${version} ${bar(share)} ${Math.round(100 * share)} %${rate}`
      })
      .join('   ')
  }
}

/** A version that was rolled back to is there twice, as two revisions. */
const readsOf = ({ rows }: AdoptionAnswer): Map<string, number> => {
  const reads = new Map<string, number>()
  for (const { configVersion, requests } of rows) {
    if (configVersion !== null) reads.set(configVersion, (reads.get(configVersion) ?? 0) + requests)
  }
  return reads
}

/** Undefined where nothing was counted since: the server counts every few seconds. */
const sharesSince = (
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>,
): Shares | undefined => {
  const news = [...now].map(([version, reads]) => [version, reads - (before.get(version) ?? 0)] as const)
  const all = news.reduce((sum, [, reads]) => sum + reads, 0)
  return all > 0 ? new Map(news.map(([version, reads]) => [version, reads / all])) : undefined
}

const bar = (share: number): string => {
  const filled = Math.round(share * barWidth)
  return '#'.repeat(filled) + '.'.repeat(barWidth - filled)
}
