import type { UseOfValue } from '../../contract/config.ts'
import { defineAskingCommand } from './asking-command.ts'
import { listOptions, showList } from './output/show-list.ts'

const fromText = ({ layer, overrides, override }: UseOfValue): string => {
  const from = overrides ? 'itself' : layer
  return override === undefined ? from : `${from}, override ${override}`
}

export const command = defineAskingCommand({
  summary: 'List every app that has a value, or removes it, and which layer or override that comes from.',
  takes: ['pointer'],
  options: {
    channel: { type: 'string', value: 'channel', doc: 'what is live there; else on stable' },
    extends: { type: 'string', value: 'template', doc: 'only apps that extend it directly' },
    ...listOptions,
  },
  examples: ['parasol where-used /theme/primary'],
  run: async (given, session) => {
    const query = { pointer: given.pointer, channel: given.channel, extends: given.extends }
    await showList(session, given, 'GET /manage/v1/where-used', { query }, [
      { head: 'APP', of: (use) => use.appId },
      { head: 'FROM', of: fromText },
      { head: 'REVISION', of: (use) => use.revision },
      { head: 'VALUE', of: (use) => (use.removed ? '(removed)' : JSON.stringify(use.value)) },
    ])
  },
})
