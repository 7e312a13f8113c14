import { z } from 'zod'
import { isPassedOn } from '../../platform/peers/forwarded-headers.ts'

const whole = (min: number, max: number, unit: string) =>
  z.int({ error: `must be a whole number of ${unit}` }).refine((value) => value >= min && value <= max, {
    error: `must be from ${min} to ${max} ${unit}`,
  })

const text = (form: RegExp, error: string) => z.string({ error }).regex(form, { error })

/** Segments as they stand in a path that is normalised: no escapes, and neither `.` nor `..`. */
const isPrefix = (prefix: string): boolean =>
  prefix === '/' || (/^(\/[\w~!$&'()+,;=:@.-]+)+$/.test(prefix) && !/\/\.\.?(\/|$)/.test(prefix))

const isUpstream = (value: string): boolean => {
  const url = URL.parse(value)
  const { protocol = '', username, password, search, hash } = url ?? {}
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash
}

const upstreamForm = 'must be a URL as http://10.0.0.5:3000, without user, password or query'
const upstream = z.string({ error: upstreamForm }).refine((url) => isUpstream(url) && !url.includes(','), {
  error: upstreamForm,
})

const headerForm = 'must be the name of a header that is passed on, such as x-team'
const headerName = z
  .string({ error: headerForm })
  .transform((name) => name.toLowerCase())
  .refine((name) => /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && isPassedOn(name), { error: headerForm })
const headerValue = text(/^[\t\x20-\x7e]*$/, 'must be a text of ASCII on one line; put numbers in quotes')

const rules = z
  .strictObject(
    {
      set: z
        .record(headerName, headerValue, { error: 'must be names of headers with their values' })
        .default({}),
      strip: z.array(headerName, { error: 'must be a list of names of headers' }).default([]),
    },
    { error: 'must have set, strip or both' },
  )
  .prefault({})

const longestMs = 600_000
const path = text(/^\/[\x21-\x7e]*$/, 'must be a path that begins with /')
const word = 'must be 1 to 64 small letters, digits and -'

/** One entry of a routes file. Each message completes the sentence "upstreams[0] ...". */
export const routeSchema = z.strictObject(
  {
    prefix: z
      .string({ error: 'must be a path as /shop, below which everything belongs to the route' })
      .refine(isPrefix, {
        error:
          'must be a path as /shop/v1: no / at its end, no escapes, no patterns; everything below belongs to it',
      }),
    name: text(/^[a-z0-9-]{1,64}$/, word).optional(),
    upstreams: z
      .array(upstream, { error: 'must be a list of URLs' })
      .min(1, { error: 'must have one URL at least' })
      .refine((urls) => new Set(urls).size === urls.length, { error: 'must have each URL once' }),
    policy: text(/^[a-z0-9-]{1,64}$/, word).optional(),
    auth: z.enum(['none', 'key'], { error: 'must be none or key' }).default('none'),
    cached: z.boolean({ error: 'must be true or false' }).default(false),
    maxBodyBytes: whole(0, 2 ** 40, 'bytes').default(1_048_576),
    maxUnderWay: whole(1, 100_000, 'requests').default(256),
    retries: whole(0, 5, 'retries').default(2),
    timeouts: z
      .strictObject(
        {
          connectMs: whole(1, longestMs, 'milliseconds').default(2_000),
          headersMs: whole(1, longestMs, 'milliseconds').default(10_000),
          bodyMs: whole(1, longestMs, 'milliseconds').default(60_000),
        },
        { error: 'must have connectMs, headersMs or bodyMs' },
      )
      .prefault({}),
    health: z
      .strictObject(
        { path, intervalMs: whole(100, longestMs, 'milliseconds').default(2_000) },
        { error: 'must have a path, and intervalMs if you like' },
      )
      .optional(),
    request: rules,
    answer: rules,
  },
  { error: 'must be a route: prefix and upstreams at least' },
)

export type RouteSpec = z.infer<typeof routeSchema> & { name: string; policy: string }

/** What a file may say; used for names that are not known, too. */
export const fields = Object.keys(routeSchema.shape)
