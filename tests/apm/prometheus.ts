import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { eventually } from '../eventually.ts'
import { freshFolder } from '../stores/own-server.ts'
import { hasPrometheus, runPromtool, startPrometheus } from './own-prometheus.ts'
import type { Watched } from './watched.ts'

const shipped = (name: string): string => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url))
const alerts = readFileSync(shipped('prometheus/parasol-alerts.yml'), 'utf8')

interface Panel {
  title: string
  targets?: { expr: string }[]
}
/** What the dashboard asks, with what Grafana puts in for its variables. */
const asked = (): { title: string; expr: string }[] => {
  const { panels } = JSON.parse(readFileSync(shipped('grafana/parasol.json'), 'utf8')) as { panels: Panel[] }
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(job|instance)/g, '.*'),
    })),
  )
}

const grouping = /by \(([^)]*)\)/g
/** Labels that queries group by; those of Prometheus itself, of workers, and of failures need not be there. */
const labelsIn = (text: string): string[] =>
  [...text.matchAll(grouping)]
    .flatMap(([, labels = '']) => labels.split(', '))
    .filter((label) => !['job', 'instance', 'le', 'parasol_worker', 'error_type'].includes(label))

/** Names of metrics in a text of queries; what the rules record themselves has a colon. */
const namesIn = (text: string): Set<string> =>
  new Set(
    text.replaceAll(grouping, '').match(/\b(parasol|http|db|process|nodejs)_\w+?(?=\{|\[|\)| [=>])/g) ?? [],
  )

/** What Prometheus reads, and what we ship for it. */
export const prometheus = (watched: () => Watched): void => {
  const read = async (): Promise<string[]> => {
    const { gateway, config, analytics } = watched()
    return Promise.all(
      [gateway, config, analytics].map(async ({ url }) => {
        const answer = await fetch(`${url}/metrics`)
        expect([answer.status, answer.headers.get('content-type')]).toEqual([
          200,
          'text/plain; version=0.0.4; charset=utf-8',
        ])
        return answer.text()
      }),
    )
  }

  it('has every metric that the alerts and the dashboard ask for', async () => {
    const used = [...namesIn(alerts), ...asked().flatMap(({ expr }) => [...namesIn(expr)])]
    expect(new Set(used).size).toBeGreaterThan(25)
    const labels = [alerts, ...asked().map(({ expr }) => expr)].flatMap(labelsIn)
    // What was never measured yet is not there, as how long news of a release took.
    await eventually(async () => {
      const text = (await read()).join('')
      const names = new Set(text.match(/^\w+/gm))
      const missing = used.filter((name) => !names.has(name))
      expect(missing).toEqual([])
      expect(labels.filter((label) => !text.includes(`${label}="`))).toEqual([])
    })
  })

  it('shows every queue that docs/apm.md names', async () => {
    const page = readFileSync(new URL('../../docs/apm.md', import.meta.url), 'utf8')
    const [, queues = ''] = /`parasol\.queue\.depth` .* what waits: (.*) \|/.exec(page) ?? []
    const names = [...queues.matchAll(/`(\w+)`/g)].map(([, name]) => name)
    const shown = (await read()).join('').matchAll(/parasol_queue_depth\{parasol_queue="(\w+)"/g)
    expect([...new Set([...shown].map(([, name]) => name))].sort()).toEqual(names.sort())
  })

  it('tells no id of an app, no token and no address', async () => {
    const text = (await read()).join('\n')
    expect(text).not.toContain('shop')
    expect(text).not.toContain('nobody')
    expect(text).not.toContain('watched')
    expect(text).toContain('http_client_request_duration_seconds_count{')
    expect(text).not.toContain('127.0.0.1')
  })

  it('tells how long a release took to each node that held the one before', async () => {
    await eventually(async () => {
      for (const text of (await read()).slice(0, 2))
        expect(text).toContain('parasol_config_revision_lag_seconds_count 1')
    })
  })

  it.skipIf(!hasPrometheus)('writes what promtool finds no fault with', async () => {
    for (const text of await read()) expect(await runPromtool(['check', 'metrics'], text)).toBe('')
  })

  it.skipIf(!hasPrometheus)('has alerts that fire when they should, as promtool says', async () => {
    await runPromtool(['check', 'config', shipped('prometheus/prometheus.yml')])
    expect(await runPromtool(['check', 'rules', shipped('prometheus/parasol-alerts.yml')])).toContain(
      'SUCCESS',
    )
    expect(await runPromtool(['test', 'rules', shipped('prometheus/parasol-alerts.test.yml')])).toContain(
      'SUCCESS',
    )
  })

  it.skipIf(!hasPrometheus)(
    'is read by Prometheus with the settings that we ship, rules, dashboard and all',
    async () => {
      const { gateway, config, analytics } = watched()
      const hosts = [gateway, config, analytics].map(({ url }) => new URL(url).host)
      const folder = freshFolder('prometheus-settings')
      let settings = readFileSync(shipped('prometheus/prometheus.yml'), 'utf8').replaceAll('15s', '1s')
      for (const [index, host] of hosts.entries())
        settings = settings.replace(`127.0.0.1:${8080 + index}`, host)
      writeFileSync(join(folder, 'prometheus.yml'), settings)
      writeFileSync(join(folder, 'parasol-alerts.yml'), alerts)
      const own = await startPrometheus(join(folder, 'prometheus.yml'))
      try {
        const ask = (expr: string) => own.ask(`query?query=${encodeURIComponent(expr)}`)
        await eventually(async () => {
          const { result } = (await ask('up == 1')) as { result: { metric: { job: string } }[] }
          expect(result.map(({ metric }) => metric.job).sort()).toEqual([
            'parasol-analytics',
            'parasol-config',
            'parasol-gateway',
          ])
        })
        const { groups } = (await own.ask('rules')) as {
          groups: { rules: { health: string; name: string }[] }[]
        }
        await eventually(async () => {
          const { result } = (await ask(
            'sum(parasol_config_fetch_duration_seconds_count{job="parasol-gateway"})',
          )) as {
            result: { value: [number, string] }[]
          }
          expect(Number(result[0]?.value[1])).toBeGreaterThanOrEqual(3)
        })
        expect(groups.flatMap(({ rules }) => rules).length).toBeGreaterThan(10)
        for (const { title, expr } of asked())
          expect([title, await ask(expr)]).toEqual([title, expect.anything()])
      } finally {
        await own.stop()
      }
    },
  )
}
