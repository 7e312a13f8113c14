import { type Guard, guardCommands } from './guard-commands.ts'
import { readRunId } from './read-run-id.ts'
import type { RedisClient, RedisEvent } from './redis.ts'

export interface WatchedNode {
  client: RedisClient
  guard: Guard
  runId(): string | undefined
}

const watchNode = (options: {
  client: RedisClient
  timeoutMs: number
  tell: (state: RedisEvent['state'], error?: unknown) => void
  stuck: () => void
}): WatchedNode => {
  const { client, timeoutMs, tell } = options
  let runId: string | undefined
  let connections = 0

  const learn = async () => {
    const connection = ++connections
    // The first answer of a busy node may be late; as long as this connection stands, it is asked again.
    while (client.isReady && connection === connections) {
      try {
        const answer = await readRunId(client, Math.max(timeoutMs, 1000))
        if (connection !== connections) return
        runId = answer
        return tell('connected')
      } catch (error) {
        if (connection === connections && client.isReady) tell('stalled', error)
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
  }
  const forget = () => {
    connections++
    runId = undefined
  }
  client.on('ready', learn)
  client.on('error', (error) => {
    if (runId !== undefined) tell('lost', error)
    forget()
  })
  // Closed by us, or no longer a node of the Cluster: nothing to tell.
  client.on('end', forget)
  if (client.isReady) void learn()

  return { client, guard: guardCommands(options), runId: () => runId }
}

/**
 * Follows the connections that the Cluster client opens by itself: which process answers there, and whether it does.
 * `stuck` is called while a node does not.
 */
export const watchNodes = (options: {
  timeoutMs: number
  onState: (event: RedisEvent) => void
  stuck: () => void
}) => {
  const { timeoutMs, onState, stuck } = options
  const nodes = new WeakMap<RedisClient, WatchedNode>()
  return (client: RedisClient, server: string): WatchedNode => {
    const known = nodes.get(client)
    if (known !== undefined) return known
    const tell = (state: RedisEvent['state'], error?: unknown) =>
      onState({ state, server, ...(error !== undefined && { error }) })
    const node = watchNode({ client, timeoutMs, tell, stuck })
    nodes.set(client, node)
    return node
  }
}
