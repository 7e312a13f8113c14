import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

const idLetters = 'abcdefghijklmnopqrstuvwxyz0123456789'
const keyPattern = /^parasol_([a-z0-9]{12})_[A-Za-z0-9_-]{32}$/

/** An id for a key: 12 of a-z and 0-9, which is enough that no two are drawn alike. */
export const drawKeyId = (): string =>
  Array.from({ length: 12 }, () => idLetters[randomInt(idLetters.length)]).join('')

/** `parasol_<keyId>_<192 random bits, base64url>`: what its holder sends as bearer token. */
export const drawKey = (keyId: string): string => `parasol_${keyId}_${randomBytes(24).toString('base64url')}`

/** The id inside a key; undefined for what cannot be one. */
export const keyIdOf = (key: string): string | undefined => keyPattern.exec(key)?.[1]

/** SHA-256: a key is random, so nothing slower is needed to keep it from being guessed. */
export const hashKey = (key: string): Buffer => createHash('sha256').update(key).digest()

/** Takes the same time wherever they differ. */
export const isSameHash = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other)
