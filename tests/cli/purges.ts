import { expect, test } from 'vitest'
import type { Purged } from '../../contract/purge.ts'
import type { Cli } from './run.ts'

/** `parasol purge` and what came of it. */
export const purges = (cli: () => Cli): void => {
  test('a purge tells what is forgotten and where; one of nothing is refused', async () => {
    await cli().done('apps', 'create', 'purged.shop', '--name', 'Shop')
    const purged = await cli().done(
      'purge',
      '--app',
      'purged.shop',
      '--tag',
      'pages',
      '--reason',
      'A picture',
    )
    expect(purged.stdout).toBe('purged: app-purged.shop, pages\nat: gateways; no CDN is set\n')
    const all = await cli().done('purge', '--everything', '--json')
    expect(all.json<Purged>()).toEqual({ everything: true, tags: [], cdns: [] })
    expect(await cli().run(['purge'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('name apps or tags'),
    })
    expect((await cli().done('purges', 'list', '--state', 'failed')).stdout).toBe('')
  })
}
