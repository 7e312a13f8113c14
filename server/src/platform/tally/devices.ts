import {
  addBucket,
  type BucketSet,
  copyBuckets,
  createBucketSet,
  mergeBuckets,
  mostBuckets,
} from './bucket-set.ts'
import { type DeviceHash, hashBucket } from './hash-device.ts'
import {
  addHash,
  copyHashes,
  createHyperLogLog,
  estimateHashes,
  type HyperLogLog,
  isNoHash,
  mergeHashes,
} from './hyper-log-log.ts'

/** Which devices there were. Of an app: the exact set of their buckets. Above apps: a sketch of (app, bucket), or of any text. */
export type Devices = BucketSet | HyperLogLog

/** Beyond this share of the buckets one device more or less changes too much: from here on the number is "at least". */
const fullShare = 0.9933

export const createDevices = (kind: Devices['kind']): Devices =>
  kind === 'buckets' ? createBucketSet() : createHyperLogLog()

/** Adds a device by its bucket (0..9999; a RangeError otherwise). A sketch above apps also needs the app's `hashText(appId)`. */
export const addDevice = (devices: Devices, bucket: number, app?: DeviceHash): void => {
  if (devices.kind === 'buckets') {
    addBucket(devices, bucket)
    return
  }
  if (app === undefined) throw new TypeError('a bucket means a device only together with its app')
  const hash = { high: 0, low: 0 }
  hashBucket(app, bucket, hash)
  addHash(devices, hash)
}

/** Adds all devices of `from`. Throws a TypeError where one is of an app and the other above apps, and neither is empty. */
export const mergeDevices = (into: Devices, from: Devices): void => {
  if (into.kind === 'buckets' && from.kind === 'buckets') mergeBuckets(into, from)
  else if (into.kind === 'hashes' && from.kind === 'hashes') mergeHashes(into, from)
  else if (!hasNoDevice(from))
    throw new TypeError('devices of an app cannot be merged with devices above apps')
}

export const copyDevices = (devices: Devices): Devices =>
  devices.kind === 'buckets' ? copyBuckets(devices) : copyHashes(devices)

export const hasNoDevice = (devices: Devices): boolean =>
  devices.kind === 'buckets' ? devices.size === 0 : isNoHash(devices)

/**
 * How many devices these are. A bucket is one of 10,000 cells, so d of them in use stand for n = -m ln(1 - d/m) devices (linear
 * counting; Whang, Vander-Zanden, Taylor 1990): within 2 % up to 40,000. With more than 99.33 % in use, about 50,000 devices,
 * `atLeast` is true. Above apps it is the number of different (app, bucket): low by what shares buckets within an app.
 */
export const estimateDevices = (devices: Devices): { devices: number; atLeast: boolean } => {
  if (devices.kind === 'hashes') return { devices: Math.round(estimateHashes(devices)), atLeast: false }
  const share = Math.min(devices.size / mostBuckets, fullShare)
  return { devices: Math.round(-mostBuckets * Math.log(1 - share)), atLeast: share === fullShare }
}
