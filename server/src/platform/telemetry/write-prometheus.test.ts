import { expect, it } from 'vitest'
import type { Metric } from './metric.ts'
import { prometheusName, writePrometheus } from './write-prometheus.ts'

it.each([
  [
    { name: 'http.server.request.duration', unit: 's', kind: 'histogram' },
    'http_server_request_duration_seconds',
  ],
  [{ name: 'process.cpu.time', unit: 's', kind: 'counter' }, 'process_cpu_time_seconds_total'],
  [{ name: 'process.memory.usage', unit: 'By', kind: 'updown' }, 'process_memory_usage_bytes'],
  [
    { name: 'parasol.limits.decisions', unit: '{decision}', kind: 'counter' },
    'parasol_limits_decisions_total',
  ],
  [{ name: 'parasol.seconds.left', unit: 's', kind: 'gauge' }, 'parasol_seconds_left'],
  [{ name: 'cache.share', unit: '1', kind: 'gauge' }, 'cache_share_ratio'],
] as const)('names %o as %s', (metric, name) => {
  expect(prometheusName(metric)).toBe(name)
})

it('writes buckets that add up, and values that break no line', () => {
  const metrics: Metric[] = [
    {
      ...{ name: 'took', unit: 's', description: 'How\nlong', kind: 'histogram' },
      points: [
        {
          attributes: { to: 'a "b"\\\n' },
          value: { bounds: [0.5, 1], counts: [2, 0, 1], count: 3, sum: 4.5 },
        },
      ],
    },
    {
      name: 'age',
      unit: 's',
      description: 'Age',
      kind: 'gauge',
      points: [{ attributes: {}, value: Infinity }],
    },
  ]
  expect(writePrometheus(metrics, { 'service.name': 'parasol' })).toBe(
    [
      '# HELP target_info The process.',
      '# TYPE target_info gauge',
      'target_info{service_name="parasol"} 1',
      '# HELP took_seconds How\\nlong',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{to="a \\"b\\"\\\\\\n",le="0.5"} 2',
      'took_seconds_bucket{to="a \\"b\\"\\\\\\n",le="1"} 2',
      'took_seconds_bucket{to="a \\"b\\"\\\\\\n",le="+Inf"} 3',
      'took_seconds_sum{to="a \\"b\\"\\\\\\n"} 4.5',
      'took_seconds_count{to="a \\"b\\"\\\\\\n"} 3',
      '# HELP age_seconds Age',
      '# TYPE age_seconds gauge',
      'age_seconds +Inf',
      '',
    ].join('\n'),
  )
})
