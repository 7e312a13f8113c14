import { describe, expect, it } from 'vitest'
import { contextHeaders, contextOf } from './request-context.ts'

const contextWith = (headers: Record<string, string>) =>
  contextOf(new Request('http://localhost/', { headers }))
const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'

describe('the context of a request', () => {
  it('takes the request id and the trace that were sent', () => {
    const context = contextWith({ 'x-request-id': 'order-17', traceparent: `00-${traceId}-${parentId}-01` })
    expect(context).toMatchObject({ requestId: 'order-17', traceId, parentId, sampled: true })
  })

  it('is made where nothing was sent, and stays the same for the same request', () => {
    const request = new Request('http://localhost/')
    const context = contextOf(request)
    expect(context.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
    expect(context.requestId).toBe(context.traceId)
    expect(contextOf(request)).toBe(context)
    expect(contextWith({}).traceId).not.toBe(context.traceId)
  })

  it.each([
    [`00-${'0'.repeat(32)}-${parentId}-01`],
    [`00-${traceId}-${'0'.repeat(16)}-01`],
    [`ff-${traceId}-${parentId}-01`],
    [`00-${traceId.toUpperCase()}-${parentId}-01`],
    [`00-${traceId}-${parentId}-01-more`],
    [`00-${traceId}-${parentId}-01-`],
    ['00-123-456-01'],
    [''],
  ])('ignores the trace %s, which is none', (traceparent) => {
    expect(contextWith({ traceparent })).toMatchObject({ parentId: undefined, sampled: false })
  })

  it('reads a later version of the trace header by its first four fields', () => {
    expect(contextWith({ traceparent: `cc-${traceId}-${parentId}-01-what-comes` }).traceId).toBe(traceId)
  })

  it.each([['has space'], ['x'.repeat(129)], ['quote"'], ['']])(
    'makes its own id rather than take %j',
    (id) => {
      expect(contextWith({ 'x-request-id': id }).requestId).toMatch(/^[0-9a-f]{32}$/)
    },
  )

  it('goes on to the next process unchanged', () => {
    const sent = { 'x-request-id': 'order-17', traceparent: `00-${traceId}-${parentId}-01` }
    expect(contextHeaders(contextWith(sent))).toEqual(sent)
    const made = contextWith({})
    expect(contextWith(contextHeaders(made))).toMatchObject({
      requestId: made.requestId,
      traceId: made.traceId,
    })
  })
})
