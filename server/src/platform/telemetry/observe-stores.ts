import type { Health } from '../../../../contract/health.ts'
import type { Meters } from './meters.ts'

/** Shows which stores answer, as /health finds it. */
export const observeStores = (
  { observe }: Meters,
  measure: () => Promise<Pick<Health, 'services'>>,
): void => {
  observe(
    {
      name: 'parasol.store.up',
      kind: 'gauge',
      unit: '',
      description: '1 while a store answers, 0 while it does not.',
    },
    async () => {
      const { database, redis } = (await measure()).services
      return Object.entries({ database, redis })
        .filter(([, { state }]) => state !== 'not_configured')
        .map(([store, { state }]) => ({
          attributes: { 'parasol.store': store },
          value: state === 'down' ? 0 : 1,
        }))
    },
  )
}
