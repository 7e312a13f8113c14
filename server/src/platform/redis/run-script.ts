import { createHash } from 'node:crypto'
import type { RedisCommands } from './redis.ts'

/** A Lua script that touches one key, so that a Cluster takes it. */
export interface Script {
  text: string
  sha: string
}

export const scriptOf = (text: string): Script => ({
  text,
  sha: createHash('sha1').update(text).digest('hex'),
})

/** Runs a script on a key; what it answers. */
export const runScript = async (
  redis: RedisCommands,
  { text, sha }: Script,
  key: string,
  values: readonly string[],
): Promise<unknown> => {
  const options = { keys: [key], arguments: [...values] }
  try {
    return await redis.evalSha(sha, options)
  } catch (error) {
    // A server that has just started does not know the script; EVAL teaches it.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return redis.eval(text, options)
  }
}
