import { Problem } from '../../../../contract/problems.ts'

/** What a device tells about itself with a read of /v2 or /beta. */
export interface DeviceContext {
  /** 0..9999, a stable hash of the install id, computed on the device. */
  bucket: number | undefined
}

const tellsNothing: DeviceContext = { bucket: undefined }
const bucketPattern = /^(?:0|[1-9]\d{0,3})$/

const invalidBucket = (value: string): Problem => {
  const detail = `bucket is ${JSON.stringify(value.slice(0, 50))}, but it must be a whole number from 0 to 9999, given once.`
  return new Problem('invalid_parameter', {
    detail,
    errors: [{ code: 'invalid_parameter', parameter: 'bucket', detail }],
  })
}

/** Reads the query of a request's URL; parameters that are not known change nothing. Throws 400. */
export const readDeviceContext = (url: string): DeviceContext => {
  const start = url.indexOf('?')
  // Most devices tell nothing, and a parameter may be written with percent signs.
  if (start < 0) return tellsNothing
  const buckets = new URLSearchParams(url.slice(start + 1)).getAll('bucket')
  const [value, ...others] = buckets
  if (value === undefined) return tellsNothing
  if (others.length > 0) throw invalidBucket(buckets.join(', '))
  if (!bucketPattern.test(value)) throw invalidBucket(value)
  return { bucket: Number(value) }
}
