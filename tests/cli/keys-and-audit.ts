import { expect, test } from 'vitest'
import type { AuditCheck, AuditEntry } from '../../contract/audit.ts'
import type { Key } from '../../contract/key.ts'
import type { Cli } from './run.ts'

/** `parasol keys` and `parasol audit`. */
export const keysAndAudit = (cli: () => Cli): void => {
  test('a key is shown once, listed without itself, rotated and revoked', async () => {
    await cli().done('apps', 'create', 'k.shop', '--name', 'Shop')
    const made = await cli().done(
      'keys',
      'create',
      'ci of k',
      '--role',
      'publisher',
      '--app',
      'k.shop',
      '--expires',
      '2099-12-31',
    )
    const [, keyId = '', secret = ''] =
      /^keyId +(\S+)\n[\s\S]+\n\n(parasol_\S+)\n\nThis is the key\./.exec(made.stdout) ?? []
    const env = { PARASOL_URL: cli().url, PARASOL_TOKEN: secret }
    expect(await cli().run(['apps', 'show', 'k.shop', '--json'], { env })).toMatchObject({ code: 0 })
    const listed = await cli().done('keys', 'list')
    expect(listed.stdout).toMatch(
      new RegExp(`^${keyId} +ci of k +publisher +k\\.shop +active +2099-12-31`, 'm'),
    )
    expect(listed.stdout).not.toContain(secret)
    const rotated = await cli().done('keys', 'rotate', keyId, '--overlap', '60', '--json')
    const { key } = rotated.json<{ key: string }>()
    expect(key).not.toBe(secret)
    const revoked = await cli().done('keys', 'revoke', keyId, '--json')
    expect(revoked.json<Key>().state).toBe('revoked')
    expect(await cli().run(['apps', 'list'], { env: { ...env, PARASOL_TOKEN: key } })).toMatchObject({
      code: 4,
    })
  })

  test('the audit log is listed by what it is asked for', async () => {
    const listed = await cli().done('audit', 'list', '--app', 'k.shop')
    expect(listed.stdout).toMatch(
      /^ROW +AT +BY +ACTION +APP +WHAT +REASON\n\d+ +\S+ +admin +app\.create +k\.shop +k\.shop\n$/,
    )
    const keys = await cli().done('audit', 'list', '--action', 'key', '--limit', '3', '--json')
    expect(keys.jsonLines<AuditEntry>().map(({ action }) => action)).toEqual([
      'key.revoke',
      'key.rotate',
      'key.create',
    ])
    const none = await cli().done(
      'audit',
      'list',
      '--from',
      '2020-01-01',
      '--to',
      '2020-01-02',
      '--actor',
      'admin',
    )
    expect(none.stdout).toBe('')
  })

  test('verify says that the log is whole, and since which head', async () => {
    const first = await cli().done('audit', 'verify')
    const [, head = ''] = /\nhead (\d+:[0-9a-f]{64})\n$/.exec(first.stdout) ?? []
    await cli().done('apps', 'create', 'k.other', '--name', 'Other')
    const check = await cli().done('audit', 'verify', '--since', head, '--json')
    expect(check.json<AuditCheck>()).toMatchObject({ intact: true, brokenAt: null, next: null })
    const wrong = await cli().run([
      'audit',
      'verify',
      '--since',
      head.replace(/:./, (two) => (two === ':0' ? ':1' : ':0')),
    ])
    expect(wrong.code).toBe(1)
  })
}
