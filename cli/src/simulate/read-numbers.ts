import type { Client } from '../client.ts'

interface AdoptionAnswer {
  rows: { configVersion: string | null; share: number | null; at: string }[]
}
interface ErrorsAnswer {
  rows: { group: string | null; appErrorDevices: number | null }[]
}
interface DevicesAnswer {
  rows: { group: string | null; count: number; devices: number | null }[]
}

const barWidth = 20

/** Who has which config version, and how many of them had errors, since a moment: one line, as the server counts it. */
export const readNumbers = async (client: Client, appId: string, since: string): Promise<string> => {
  const ask = <Answer>(question: string, query: Record<string, string>): Promise<Answer> =>
    client.send({
      method: 'GET',
      path: `/v1/api/analytics/${appId}/${question}?${new URLSearchParams({ from: since, ...query })}`,
    }) as Promise<Answer>
  const [adoption, errors, sessions] = await Promise.all([
    ask<AdoptionAnswer>('adoption', { interval: 'minute', groupBy: 'configVersion' }),
    ask<ErrorsAnswer>('errors', { interval: 'total', groupBy: 'configVersion' }),
    ask<DevicesAnswer>('events', { interval: 'total', event: 'session_start', groupBy: 'configVersion' }),
  ])
  // A minute that has only just begun may have nothing yet.
  const newest = adoption.rows.findLast(({ share }) => share !== null)?.at
  const now = adoption.rows.filter(({ at, share }) => at === newest && share !== null)
  return now
    .map(({ configVersion, share }) => {
      const failed = errors.rows.find(({ group }) => group === configVersion)?.appErrorDevices ?? 0
      const seen = sessions.rows.find(({ group }) => group === configVersion)?.devices ?? 0
      const rate = seen > 0 ? `, ${((100 * failed) / seen).toFixed(1)} % of devices failing` : ''
      return `${configVersion} ${bar(share ?? 0)} ${Math.round(100 * (share ?? 0))} %${rate}`
    })
    .join('   ')
}

const bar = (share: number): string => {
  const filled = Math.round(share * barWidth)
  return '#'.repeat(filled) + '.'.repeat(barWidth - filled)
}
