import { createHash } from 'node:crypto'
import type { RedisCommands } from '../redis/redis.ts'

/**
 * Compares and writes in one step, for writers race. It reads the head alone, for the document behind it may be a megabyte.
 * What `unstamp` cannot read, and another type of value, is overwritten. One key, so that a Cluster takes it.
 */
const script = `
local head = redis.pcall('GETRANGE', KEYS[1], 0, 99)
if type(head) == 'string' then
  local sequence, epoch = string.match(head, '^{"sequence":(%d+),"epoch":"([0-9a-f]+)"[,}]')
  local ours, theirs = tonumber(ARGV[1]), tonumber(sequence)
  local readable = theirs and theirs <= 9007199254740991 and redis.call('GETRANGE', KEYS[1], -1, -1) == '}'
  if readable and (ours < theirs or (ours == theirs and epoch == ARGV[2])) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
return 1
`
const sha = createHash('sha1').update(script).digest('hex')

/** Runs the script on `key`; true when the text was stored. */
export const writeNewer = async (
  redis: RedisCommands,
  key: string,
  entry: { sequence: number; epoch: string; text: string },
  ttlSeconds: number,
): Promise<boolean> => {
  const options = {
    keys: [key],
    arguments: [String(entry.sequence), entry.epoch, entry.text, String(ttlSeconds)],
  }
  try {
    return (await redis.evalSha(sha, options)) === 1
  } catch (error) {
    // A server that has just started does not know the script; EVAL teaches it.
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
    return (await redis.eval(script, options)) === 1
  }
}
