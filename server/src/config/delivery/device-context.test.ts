import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readDeviceContext } from './device-context.ts'

const read = (query: string) => readDeviceContext(`http://localhost/v2/api/config/shop${query}`)

describe('the context of a device', () => {
  it('has each bucket from 0 to 9999, wherever it stands in the query', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.constantFrom('?', '?a=1&', '?&&x&'),
        (bucket, before) => {
          expect(read(`${before}bucket=${bucket}&platform=ios`)).toEqual({ bucket })
        },
      ),
    )
  })

  it('is empty without a bucket, whatever else there is', () => {
    const parameter = fc.stringMatching(/^[a-zA-Z0-9%=&+]{0,20}$/).filter((text) => !/bucket|%/i.test(text))
    fc.assert(
      fc.property(parameter, (text) => {
        expect(read(`?${text}`)).toEqual({ bucket: undefined })
      }),
    )
    expect(read('')).toEqual({ bucket: undefined })
    expect(read('?BUCKET=5&buckets=6')).toEqual({ bucket: undefined })
  })

  it('is refused with any other bucket', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^(0|[1-9]\d{0,3})$/.test(text))
        const asked = () => read(`?bucket=${encodeURIComponent(text.toWellFormed())}`)
        expect(asked).toThrow(expect.objectContaining({ code: 'invalid_parameter', status: 400 }))
      }),
    )
    expect(() => read('?bucket=1&bucket=1')).toThrow('given once')
  })
})
