/** Buckets are 0..9999 (contract/bucket-of.ts). */
export const mostBuckets = 10_000

const sparseMost = 512
const words = Math.ceil(mostBuckets / 32)

/**
 * A set of buckets (0..9999), exact: as a sorted list while there are few, then as a bitmap of 1,252 bytes. `isShared`: the list or
 * bitmap also belongs to another set, and is copied before it changes.
 */
export interface BucketSet {
  kind: 'buckets'
  size: number
  list: Uint16Array
  bitmap: Uint32Array | null
  isShared: boolean
}

const none = new Uint16Array(0)

export const createBucketSet = (): BucketSet => ({
  kind: 'buckets',
  size: 0,
  list: none,
  bitmap: null,
  isShared: false,
})

/** A set with these buckets, which must rise. Keeps the list, so do not change it. */
export const bucketSetOf = (rising: Uint16Array): BucketSet => {
  const set: BucketSet = { ...createBucketSet(), size: rising.length, list: rising }
  if (rising.length > sparseMost) spread(set)
  return set
}

/** A set of its own with the same buckets; shares memory until one of the two changes. */
export const copyBuckets = (set: BucketSet): BucketSet => {
  set.isShared = true
  return { ...set }
}

export const hasBucket = (set: BucketSet, bucket: number): boolean => {
  if (set.bitmap !== null) return (((set.bitmap[bucket >> 5] ?? 0) >>> (bucket & 31)) & 1) === 1
  return set.list[placeOf(set, bucket)] === bucket && placeOf(set, bucket) < set.size
}

/** Throws a RangeError for what is no bucket. */
export const addBucket = (set: BucketSet, bucket: number): void => {
  if (!Number.isInteger(bucket) || bucket < 0 || bucket >= mostBuckets)
    throw new RangeError(`no bucket: ${bucket}`)
  if (set.bitmap === null) {
    addToList(set, bucket)
    return
  }
  const bit = 1 << (bucket & 31)
  if (((set.bitmap[bucket >> 5] ?? 0) & bit) !== 0) return
  const bitmap = ownBitmap(set, set.bitmap)
  bitmap[bucket >> 5] = (bitmap[bucket >> 5] ?? 0) | bit
  set.size++
}

export const mergeBuckets = (into: BucketSet, from: BucketSet): void => {
  if (from.size === 0 || (into.bitmap === from.bitmap && into.list === from.list && into.size === from.size))
    return
  if (into.size === 0) {
    Object.assign(into, copyBuckets(from))
    return
  }
  if (into.bitmap === null && from.bitmap !== null) spread(into)
  if (from.bitmap !== null) mergeBitmaps(into, from.bitmap)
  else if (into.bitmap !== null) addListToBitmap(into, into.bitmap, from)
  else mergeLists(into, from)
}

/** The buckets in rising order. Belongs to the set: only to be read, and only until the set changes. */
export const bucketsOf = (set: BucketSet): Uint16Array => {
  if (set.bitmap === null) return set.size === set.list.length ? set.list : set.list.subarray(0, set.size)
  const buckets = new Uint16Array(set.size)
  let length = 0
  for (let word = 0; word < words; word++) {
    for (let rest = set.bitmap[word] ?? 0; rest !== 0; rest &= rest - 1) {
      buckets[length++] = word * 32 + 31 - Math.clz32(rest & -rest)
    }
  }
  return buckets
}

const addToList = (set: BucketSet, bucket: number): void => {
  // Most makers of sets add by rising bucket.
  const isLast = set.size === 0 || (set.list[set.size - 1] ?? 0) < bucket
  const at = isLast ? set.size : placeOf(set, bucket)
  if (!isLast && set.list[at] === bucket) return
  if (set.size === sparseMost) {
    spread(set)
    addBucket(set, bucket)
    return
  }
  if (set.isShared || set.size === set.list.length) {
    const larger = new Uint16Array(Math.max(4, set.size * 2))
    larger.set(set.list.subarray(0, set.size))
    set.list = larger
    set.isShared = false
  }
  if (!isLast) set.list.copyWithin(at + 1, at, set.size)
  set.list[at] = bucket
  set.size++
}

/** Where the bucket stands in the list, or would stand. */
const placeOf = (set: BucketSet, bucket: number): number => {
  let low = 0
  let high = set.size
  while (low < high) {
    const middle = (low + high) >> 1
    if ((set.list[middle] ?? 0) < bucket) low = middle + 1
    else high = middle
  }
  return low
}

const spread = (set: BucketSet): void => {
  const bitmap = new Uint32Array(words)
  for (let at = 0; at < set.size; at++) {
    const bucket = set.list[at] ?? 0
    bitmap[bucket >> 5] = (bitmap[bucket >> 5] ?? 0) | (1 << (bucket & 31))
  }
  set.bitmap = bitmap
  set.list = none
  set.isShared = false
}

const ownBitmap = (set: BucketSet, bitmap: Uint32Array): Uint32Array => {
  if (!set.isShared) return bitmap
  const own = bitmap.slice()
  set.bitmap = own
  set.isShared = false
  return own
}

const addListToBitmap = (into: BucketSet, shared: Uint32Array, { list, size }: BucketSet): void => {
  const bitmap = ownBitmap(into, shared)
  for (let at = 0; at < size; at++) {
    const bucket = list[at] ?? 0
    const word = bitmap[bucket >> 5] ?? 0
    into.size += ~(word >>> (bucket & 31)) & 1
    bitmap[bucket >> 5] = word | (1 << (bucket & 31))
  }
}

/** One pass over both, where adding one by one would move the rest of the list for each. */
const mergeLists = (into: BucketSet, from: BucketSet): void => {
  const merged = new Uint16Array(into.size + from.size)
  let size = 0
  let at = 0
  for (let index = 0; index < from.size; index++) {
    const bucket = from.list[index] ?? 0
    while (at < into.size && (into.list[at] ?? 0) < bucket) merged[size++] = into.list[at++] ?? 0
    if (at < into.size && into.list[at] === bucket) at++
    merged[size++] = bucket
  }
  while (at < into.size) merged[size++] = into.list[at++] ?? 0
  Object.assign(into, { size, list: merged, isShared: false })
  if (size > sparseMost) spread(into)
}

const mergeBitmaps = (into: BucketSet, from: Uint32Array): void => {
  if (into.bitmap === null) return
  const bitmap = ownBitmap(into, into.bitmap)
  let size = 0
  for (let word = 0; word < words; word++) {
    const bits = (bitmap[word] ?? 0) | (from[word] ?? 0)
    bitmap[word] = bits
    size += onesIn(bits)
  }
  into.size = size
}

/** Hacker's Delight, figure 5-2. */
const onesIn = (word: number): number => {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
