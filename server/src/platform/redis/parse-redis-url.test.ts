import { describe, expect, test } from 'vitest'
import { parseRedisUrl } from './parse-redis-url.ts'

describe('a Redis URL', () => {
  test('names host, port, database, user and password', () => {
    expect(parseRedisUrl('redis://ops:p%40ss@cache.example:6380/3')).toEqual({
      servers: [{ host: 'cache.example', port: 6380 }],
      cluster: false,
      database: 3,
      username: 'ops',
      password: 'p@ss',
      tls: false,
    })
  })
  test('leaves out what is usual', () => {
    expect(parseRedisUrl('rediss://[::1]')).toEqual({
      servers: [{ host: '::1', port: 6379 }],
      cluster: false,
      database: 0,
      tls: true,
    })
  })
  test('names a Cluster when there are several', () => {
    expect(parseRedisUrl('redis://:secret@a:7000, redis://b:7001')).toEqual({
      servers: [
        { host: 'a', port: 7000 },
        { host: 'b', port: 7001 },
      ],
      cluster: true,
      database: 0,
      password: 'secret',
      tls: false,
    })
  })
  test.each([
    'redis://:secret@host:port',
    'http://:secret@host',
    'redis://:secret@host/cache',
    'redis://:secret@a/1,redis://b',
    ':secret@',
    '',
  ])('that is wrong is refused without its password: %s', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(/Redis/)
    expect(() => parseRedisUrl(url)).not.toThrow(/secret/)
  })
})
