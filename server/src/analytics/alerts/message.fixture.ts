import type { Message } from './message.ts'

/** A message about one alert, as far as it is not told otherwise. */
export const messageOf = (given: Partial<Message> = {}): Message => ({
  kind: 'firing',
  rule: 'shop-errors',
  severity: 'critical',
  note: 'Call Ann & Bob <now>',
  alerts: [
    {
      alertId: 12,
      appId: 'shop',
      subject: '',
      state: 'firing',
      summary: 'Share of answers 5xx of shop: 4.16 % within 5 min (limit 1 %)',
      value: 0.0416,
      limit: 0.01,
      pendingAt: '2027-03-01T12:33:10.000Z',
      firedAt: '2027-03-01T12:34:10.000Z',
      resolvedAt: null,
      resolvedBecause: null,
    },
  ],
  changes: [
    {
      revision: 42,
      appId: 'shop',
      channel: 'stable',
      configVersion: '1.4.0',
      kind: 'publish',
      actor: 'ann',
      reason: 'Black Friday <!channel> @here',
      releasedAt: '2027-03-01T12:30:00.000Z',
      apps: 1,
    },
  ],
  link: 'https://parasol.example.com/manage/v1/alerts?rule=shop-errors',
  at: '2027-03-01T12:34:10.000Z',
  ...given,
})
