import { beforeAll, expect, test } from 'vitest'
import type { ReleaseMade } from '../../contract/release.ts'
import type { Freeze, Proposal, Schedule } from '../../contract/review.ts'
import type { Rollout } from '../../contract/rollout.ts'
import { type Cli, fileOf } from './run.ts'

/** Releases in stages, at a time, after approval, and what holds them back. */
export const goingLive = (cli: () => Cli): void => {
  beforeAll(async () => {
    await cli().done('apps', 'create', 'g.shop', '--name', 'Shop')
    for (const [at, version] of ['1.0.0', '1.0.1', '1.0.2', '1.0.3'].entries()) {
      await cli().done('config', 'save', 'g.shop', version, '--file', fileOf({ at }))
    }
    await cli().done('config', 'release', 'g.shop', '1.0.0')
  })

  test('a rollout is listed, shown, held, paused, resumed and promoted', async () => {
    const made = await cli().done(
      'config',
      'release',
      'g.shop',
      '1.0.1',
      '--rollout',
      'Canary10Percent20Minutes',
    )
    const id =
      /^g\.shop 1\.0\.1 is on its way on stable .+: parasol rollouts show (\d+)\n$/.exec(made.stdout)?.[1] ??
      ''
    expect((await cli().done('rollouts', 'show', id)).stdout).toMatch(/^state +running\ndevices +10 %\n/m)
    expect((await cli().done('apps', 'channels', 'g.shop')).stdout).toContain(`1.0.1 on 10 % (rollout ${id})`)
    const hold = ['--source', 'crash-monitor', '--decision', 'hold', '--expires', '900']
    await cli().done('rollouts', 'signal', id, ...hold)
    expect((await cli().done('rollouts', 'pause', id, '--reason', 'Look')).stdout).toMatch(/^state +paused$/m)
    expect((await cli().done('rollouts', 'resume', id)).stdout).toMatch(/^state +running$/m)
    const open = await cli().done('rollouts', 'list', '--app', 'g.shop', '--open', 'true', '--json')
    expect(open.jsonLines<Rollout>().map(({ rolloutId }) => String(rolloutId))).toEqual([id])
    expect((await cli().done('rollouts', 'promote', id)).stdout).toMatch(/^devices +100 %$/m)
  })

  test('a guarded rollout shows what its guards have found; there is none without a rollout', async () => {
    const staged = [
      '--rollout',
      'Canary10Percent20Minutes',
      '--guard',
      'errors',
      '--guard',
      'checkout_failed',
    ]
    const made = await cli().done('config', 'release', 'g.shop', '1.0.2', ...staged, '--json')
    const id = String(made.json<ReleaseMade>().rolloutId)
    expect((await cli().done('rollouts', 'show', id)).stdout).toMatch(/^guards +errors, checkout_failed$/m)
    expect((await cli().done('rollouts', 'guards', id)).stdout).toMatch(
      /^GUARD .*\nerrors +hold .*\ncheckout_failed +hold /,
    )
    await cli().done('rollouts', 'abort', id)
    expect(await cli().run(['config', 'release', 'g.shop', '1.0.2', '--guard', 'errors'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--guard needs --rollout'),
    })
  })

  test('an aborted rollout is taken back; a plan of one’s own is JSON', async () => {
    const plan = '{"growth":"linear","growthFactorPercent":25,"durationSeconds":600,"bakeSeconds":0}'
    const made = await cli().done('config', 'release', 'g.shop', '1.0.2', '--rollout', plan, '--json')
    const id = String(made.json<ReleaseMade>().rolloutId)
    expect((await cli().done('rollouts', 'abort', id, '--reason', 'Crashes')).stdout).toMatch(
      /^state +aborted$/m,
    )
    expect(await cli().run(['rollouts', 'resume', id])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('(rollout_not_possible, request '),
    })
  })

  test('a scheduled release is listed until it is cancelled', async () => {
    const args = [
      'schedules',
      'create',
      'g.shop',
      '1.0.3',
      '--at',
      '2099-01-01T00:00:00Z',
      '--reason',
      'New year',
    ]
    const schedule = (await cli().done(...args, '--json')).json<Schedule>()
    const listed = await cli().done('schedules', 'list', '--app', 'g.shop', '--state', 'pending')
    expect(listed.stdout).toMatch(/^\d+ +g\.shop +1\.0\.3 +2099-01-01T00:00:00\S* +pending +admin$/m)
    const cancelled = await cli().done('schedules', 'cancel', String(schedule.scheduleId))
    expect(cancelled.stdout).toMatch(/^state +cancelled$/m)
    expect(await cli().run(['schedules', 'create', 'g.shop', '--at', '2099-01-01T00:00:00Z'])).toMatchObject({
      code: 2,
      stderr: 'parasol: Give one of <version>, --rollback-to and --promote-from.\n',
    })
  })

  test('a proposal is told, commented on, and released when another person approves it', async () => {
    await cli().done('apps', 'change', 'g.shop', '--requires-approval', 'yes')
    expect(await cli().run(['config', 'release', 'g.shop', '1.0.3'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('(approval_required, request '),
    })
    const propose = ['proposals', 'propose', 'g.shop', '1.0.3', '--reason', 'Prices', '--comment', 'Tested']
    const id = String((await cli().done(...propose, '--json')).json<Proposal>().proposalId)
    await cli().done('proposals', 'comment', id, 'On which devices?')
    const shown = await cli().done('proposals', 'show', id)
    expect(shown.stdout).toMatch(/^state +open$[\s\S]+ admin: Tested\n\S+ admin: On which devices\?\n$/m)
    expect(await cli().run(['proposals', 'approve', id])).toMatchObject({ code: 5 })
    const key = await cli().done('keys', 'create', 'approver of the cli', '--role', 'publisher', '--json')
    const env = { PARASOL_URL: cli().url, PARASOL_TOKEN: key.json<{ key: string }>().key }
    const approved = await cli().run(['proposals', 'approve', id, '--comment', 'Fine'], { env })
    expect(approved.stdout, approved.stderr).toMatch(/^state +released$/m)
    const again = await cli()
      .done('proposals', 'propose', 'g.shop', '--rollback-to', '1', '--json')
      .catch(() => null)
    expect(again).toBeNull()
    const next = await cli().done('proposals', 'propose', 'g.shop', '1.0.0', '--json')
    await cli().done('proposals', 'reject', String(next.json<Proposal>().proposalId), '--comment', 'No')
    const listed = await cli().done('proposals', 'list', '--app', 'g.shop')
    expect(
      listed.stdout
        .split('\n')
        .slice(1, -1)
        .map((line) => / (released|withdrawn) /.exec(line)?.[1]),
    ).toEqual(['withdrawn', 'released'])
    await cli().done('apps', 'change', 'g.shop', '--requires-approval', 'no')
  })

  test('a freeze refuses releases with exit code 5 until it is lifted', async () => {
    const args = ['freeze', 'g.shop', '--until', '2099-01-01T00:00:00Z', '--reason', 'Black Friday', '--json']
    const freeze = (await cli().done(...args)).json<Freeze>()
    const refused = await cli().run(['config', 'release', 'g.shop', '1.0.0'])
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('Black Friday') })
    expect(refused.stderr).toContain('An administrator may give --override with a reason.')
    const overridden = await cli().run([
      'config',
      'release',
      'g.shop',
      '1.0.0',
      '--override',
      '--reason',
      'Fire',
    ])
    expect(overridden.code, overridden.stderr).toBe(0)
    const staged = ['config', 'release', 'g.shop', '1.0.1', '--rollout', 'Canary10Percent20Minutes', '--json']
    const started = await cli().done(...staged, '--override', '--reason', 'Fire')
    const promote = ['rollouts', 'promote', String(started.json<ReleaseMade>().rolloutId)]
    expect(await cli().run(promote)).toMatchObject({
      ...{ code: 5, stderr: expect.stringContaining('may promote it with --override and a reason') },
    })
    expect((await cli().done(...promote, '--override', '--reason', 'Fire')).stdout).toMatch(
      /^devices +100 %$/m,
    )
    const listed = await cli().done('freezes', 'list', '--active', 'true')
    expect(listed.stdout).toMatch(/^\d+ +g\.shop +2099-\S+ +active +admin +Black Friday$/m)
    const lifted = await cli().done('freezes', 'lift', String(freeze.freezeId))
    expect(lifted.stdout).toMatch(/^state +lifted$/m)
  })
}
