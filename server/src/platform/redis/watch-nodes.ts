import { type Guard, guardCommands } from './guard-commands.ts'
import { readRunId } from './read-run-id.ts'
import type { RedisClient, RedisEvent } from './redis.ts'

export interface WatchedNode {
  client: RedisClient
  guard: Guard
  runId(): string | undefined
}

const watchNode = (
  client: RedisClient,
  timeoutMs: number,
  tell: (state: RedisEvent['state'], error?: unknown) => void,
): WatchedNode => {
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
  const forget = (error?: unknown) => {
    connections++
    if (runId !== undefined) tell('lost', error)
    runId = undefined
  }
  client.on('ready', learn)
  client.on('error', forget)
  client.on('end', forget)
  if (client.isReady) void learn()

  return { client, guard: guardCommands(client, timeoutMs, tell), runId: () => runId }
}

/** Follows the connections that the Cluster client opens by itself: which process answers there, and whether it does. */
export const watchNodes = (timeoutMs: number, onState: (event: RedisEvent) => void) => {
  const nodes = new WeakMap<RedisClient, WatchedNode>()
  return {
    watch: (client: RedisClient, server: string): WatchedNode => {
      const known = nodes.get(client)
      if (known !== undefined) return known
      const node = watchNode(client, timeoutMs, (state, error) =>
        onState({ state, server, ...(error !== undefined && { error }) }),
      )
      nodes.set(client, node)
      return node
    },
  }
}
