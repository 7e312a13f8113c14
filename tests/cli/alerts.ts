import { expect, test } from 'vitest'
import type { AlertRule } from '../../contract/alert-rule.ts'
import type { Silence } from '../../contract/alert-silence.ts'
import { type Cli, fileOf } from './run.ts'

/** `parasol alerts`. What is watched here is watched of nobody. */
export const alerts = (cli: () => Cli): void => {
  const done = (...args: string[]) => cli().done('alerts', ...args)
  const run = (...args: string[]) => cli().run(['alerts', ...args])

  test('a rule is made of a file, changed, listed, shown and removed', async () => {
    const file = fileOf('on: {question: usage, measure: count}\ncondition: {kind: absence}\n', 'rule.yaml')
    const made = await done('rules', 'set', 'c-quiet', '--file', file, '--severity', 'info', '--json')
    expect(made.json<AlertRule>()).toMatchObject({
      name: 'c-quiet',
      severity: 'info',
      scope: { kind: 'fleet' },
    })
    const changed = await done('rules', 'set', 'c-quiet', '--enabled', 'no', '--note', 'of a test')
    expect(changed.stdout).toMatch(
      /^severity +info\ntells +each channel by default\nenabled +no\nnote +of a test$/m,
    )
    const listed = await done('rules', 'list')
    expect(listed.stdout).toMatch(/^RULE +ASKS FOR +OF +CONDITION +SEVERITY +ENABLED +ERROR$/m)
    expect(listed.stdout).toMatch(/^c-quiet +usage count +the fleet +absence +info +no$/m)
    expect(listed.stdout).toMatch(/^read-errors +errors rate +the fleet +burnRate +critical +yes/m)
    expect((await done('rules', 'show', 'c-quiet')).stdout).toMatch(/^is broken by +\{"kind":"absence"/m)
    await done('rules', 'remove', 'c-quiet')
    expect(await run('rules', 'set', 'c-quiet', '--enabled', 'yes')).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('give --file') },
    })
  })

  test('a channel is made, changed, tested, and removed; its secret is shown once', async () => {
    const made = await done('channels', 'set', 'c-hook', '--webhook', 'http://10.0.0.1/x', '--default', 'no')
    expect(made.stdout).toMatch(/^leads to +http:\/\/10\.0\.0\.1\/…\nby default +no$/m)
    expect(made.stdout).toMatch(/^secret +whsec_\S+ \(shown once\)$/m)
    const renewed = await done('channels', 'renew-secret', 'c-hook')
    expect(renewed.stdout).toMatch(/^secret +whsec_/m)
    const changed = await done('channels', 'set', 'c-hook', '--least', 'critical')
    expect(changed.stdout).toMatch(/^severity +critical or more$/m)
    expect(changed.stdout).not.toContain('whsec_')
    expect(await run('channels', 'test', 'c-hook')).toMatchObject({
      ...{ code: 1, stdout: expect.stringMatching(/^not delivered in \d+ ms: .*PARASOL_ALERT_NETWORKS/) },
    })
    expect((await done('channels', 'list')).stdout).toMatch(
      /^c-hook +webhook +http:\/\/10\.0\.0\.1\/… +no +yes$/m,
    )
    await done('channels', 'remove', 'c-hook')
    expect(
      await run('channels', 'set', 'c-hook', '--slack', 'https://a.example', '--mail', 'a@a.example'),
    ).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('one of --webhook') },
    })
  })

  test('silences are made, listed and ended', async () => {
    const made = await done(
      ...['silences', 'create', '--rule', 'slow-reads', '--weekly', 'sun 02:00 120 Europe/Berlin'],
      ...['--reason', 'of a test', '--json'],
    )
    const { silenceId } = made.json<Silence>()
    expect((await done('silences', 'list', '--open', 'true')).stdout).toMatch(
      /^\d+ +slow-reads +(yes|no) +sun 02:00 120 min Europe\/Berlin +admin +of a test$/m,
    )
    expect((await done('silences', 'end', String(silenceId))).stdout).toMatch(/^ended +\S+ by admin$/m)
    expect(await run('silences', 'create', '--weekly', 'sometimes', '--reason', 'x')).toMatchObject({
      ...{ code: 2, stderr: expect.stringContaining('sat,sun 02:00 120') },
    })
  })

  test('what is wrong, and what was told, is listed', async () => {
    expect(await run('list')).toMatchObject({ code: 0 })
    expect(await run('deliveries', '--state', 'failed')).toMatchObject({
      code: 0,
      stderr: 'There is none.\n',
    })
  })
}
