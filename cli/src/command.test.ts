import { describe, expect, test } from 'vitest'
import { defineCommand, UsageProblem } from './command.ts'

let given: unknown
const command = defineCommand({
  summary: 'Try things.',
  details: 'At your own risk.',
  takes: ['appId', 'version?'],
  options: {
    name: { type: 'string', value: 'text', required: true, doc: 'what it is called' },
    label: { type: 'string', value: 'name=value', multiple: true, doc: 'a label; may be repeated' },
    note: { type: 'string', value: 'text', doc: 'for later' },
    kind: { type: 'choice', of: ['good', 'bad'], doc: 'which' },
    limit: { type: 'integer', value: 'n', min: 1, max: 9, doc: 'how many' },
    force: { type: 'boolean', doc: 'do it all the same' },
  },
  examples: ['parasol try shop --name x'],
  run: async (all) => {
    given = all
    return 0
  },
})
const run = (...args: string[]): Promise<number | undefined> => command.run(args, 'try')

test('each argument and option comes by its name, as its type says', async () => {
  await run(
    'shop',
    '1.0.0',
    '--name',
    'x',
    '--label',
    'a=1',
    '--label=b=2',
    '--kind',
    'bad',
    '--limit',
    '9',
    '--force',
  )
  expect(given).toEqual({
    appId: 'shop',
    version: '1.0.0',
    name: 'x',
    label: ['a=1', 'b=2'],
    note: undefined,
    kind: 'bad',
    limit: 9,
    force: true,
  })
})

test('what is absent is undefined, an empty list, or false', async () => {
  await run('--name', '', 'shop')
  expect(given).toMatchObject({ appId: 'shop', name: '', label: [], kind: undefined, force: false })
})

describe('is refused', () => {
  test.each([
    [[], '<appId> is missing; see parasol try --help.'],
    [['a', 'b', 'c', '--name', 'x'], 'Unexpected argument "c"; see parasol try --help.'],
    [['a'], '--name <text> is missing.'],
    [['a', '--name', 'x', '--kind', 'ugly'], '--kind is "ugly", but it must be one of good, bad.'],
    [['a', '--name', 'x', '--limit', '10'], '--limit is "10", but it must be a whole number from 1 to 9.'],
    [['a', '--name', 'x', '--limit', '1.5'], '--limit is "1.5", but it must be a whole number from 1 to 9.'],
  ])('%j', async (args, message) => {
    await expect((async () => run(...args))()).rejects.toThrow(new UsageProblem(message))
  })

  test.each([[['a', '--frob']], [['a', '--force=yes']], [['a', '--name']]])(
    'by the runtime: %j',
    async (args) => {
      await expect((async () => run(...args))()).rejects.toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_PARSE_ARGS_/) }),
      )
    },
  )
})

test('help says what it takes, and how to write it', () => {
  expect(command.help('try')).toBe(`usage: parasol try <appId> [version] --name <text> [options]

Try things.
At your own risk.

  --name <text>         what it is called
  --label <name=value>  a label; may be repeated
  --note <text>         for later
  --kind <good|bad>     which
  --limit <n>           how many
  --force               do it all the same

Examples:
  parasol try shop --name x`)
})
