import type { RedisCommands } from '../redis/redis.ts'
import { runScript, scriptOf } from '../redis/run-script.ts'

/**
 * Compares and writes in one step, for writers race. It reads the head alone, for the document behind it may be a megabyte.
 * What `unstamp` cannot read, and another type of value, is overwritten. One key, so that a Cluster takes it.
 */
const script = scriptOf(`
local head = redis.pcall('GETRANGE', KEYS[1], 0, 99)
if type(head) == 'string' then
  local sequence, epoch = string.match(head, '^{"sequence":(%d+),"epoch":"([0-9a-f]+)"[,}]')
  local ours, theirs = tonumber(ARGV[1]), tonumber(sequence)
  local readable = theirs and theirs <= 9007199254740991 and redis.call('GETRANGE', KEYS[1], -1, -1) == '}'
  if readable and (ours < theirs or (ours == theirs and epoch == ARGV[2])) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[4])
return 1
`)

/** Runs the script on `key`; true when the text was stored. */
export const writeNewer = async (
  redis: RedisCommands,
  key: string,
  entry: { sequence: number; epoch: string; text: string },
  ttlSeconds: number,
): Promise<boolean> => {
  const values = [String(entry.sequence), entry.epoch, entry.text, String(ttlSeconds)]
  return (await runScript(redis, script, key, values)) === 1
}
