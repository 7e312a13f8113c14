import { defineAskingCommand } from '../asking-command.ts'
import { onceKey, onceOptions } from '../once.ts'

export const command = defineAskingCommand({
  summary: 'Have gateways and CDNs forget what they hold of apps, under tags, or altogether.',
  details:
    'Releases do so by themselves. Gateways forget at once, CDNs in the background: "parasol purges list".',
  options: {
    app: { type: 'string', value: 'appId', multiple: true, doc: 'what is about this app; may be repeated' },
    tag: { type: 'string', value: 'tag', multiple: true, doc: 'what carries this tag; may be repeated' },
    everything: { type: 'boolean', doc: 'all that is stored' },
    reason: { type: 'string', value: 'text', doc: 'why, for the audit log' },
    ...onceOptions,
  },
  examples: [
    'parasol purge --app shop --app bank --reason "A picture was replaced"',
    'parasol purge --tag pages',
    'parasol purge --everything',
  ],
  run: async (given, { client, print }) => {
    const purged = await client.ask('POST /manage/v1/purge', {
      body: {
        ...(given.app.length > 0 && { apps: given.app }),
        ...(given.tag.length > 0 && { tags: given.tag }),
        ...(given.everything && { everything: true as const }),
        ...(given.reason !== undefined && { reason: given.reason }),
      },
      idempotencyKey: onceKey(given),
    })
    print.document(purged, () => {
      const what = purged.everything ? 'everything' : purged.tags.join(', ')
      const where = purged.cdns.length > 0 ? `gateways, ${purged.cdns.join(', ')}` : 'gateways; no CDN is set'
      return `purged: ${what}\nat: ${where}`
    })
  },
})
