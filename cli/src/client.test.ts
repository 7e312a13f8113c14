import { expect, test } from 'vitest'
import { openClient } from './client.ts'
import { UsageProblem } from './command.ts'

test.each(['', '.', '..'])(
  'a name that is %j asks nobody: the address would be another one',
  async (appId) => {
    const client = openClient({ url: 'http://127.0.0.1:9', token: undefined, timeoutMs: 1000 })
    const asking = client.ask('GET /manage/v1/apps/{appId}', { params: { appId } })
    await expect(asking).rejects.toThrow(
      new UsageProblem(`<appId> is ${JSON.stringify(appId)}, which names nothing.`),
    )
  },
)
