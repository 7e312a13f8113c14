import { expect, test } from 'vitest'
import { inOptions } from './refusal.ts'

const options = ['force', 'override', 'dry-run']

test.each([
  [
    '1.3.9 is too low, or send "force": true (version_too_low)',
    '1.3.9 is too low, or give --force (version_too_low)',
  ],
  [
    'Send "dryRun": true for the list; an administrator may send "force": true.',
    'Give --dry-run for the list; an administrator may give --force.',
  ],
  ['"dryRun": true tells it for each app.', '--dry-run tells it for each app.'],
  ['may promote it with "override": true and a reason', 'may promote it with --override and a reason'],
])('%s: in options', (api, words) => {
  expect(inOptions(api, options)).toBe(words)
})

test('a word that the command has no option for stays as it is', () => {
  expect(inOptions('or send "force": true', ['json'])).toBe('or send "force": true')
})
