import type { NoteStoreCall } from '../telemetry/note-store-calls.ts'
import type { Redis, RedisCommands } from './redis.ts'

/** Tells `note` of each command, by its name alone: keys and values are nobody's business. */
export const observeRedis = (redis: Redis, note: NoteStoreCall): Redis => {
  const noting = async <Result>(operationOf: () => string, work: () => Promise<Result>): Promise<Result> => {
    const startedAt = performance.now()
    const done = (failure?: { error: unknown }): void =>
      note({ system: 'redis', operation: operationOf(), tookMs: performance.now() - startedAt, ...failure })
    try {
      const result = await work()
      done()
      return result
    } catch (error) {
      done({ error })
      throw error
    }
  }
  return {
    ...redis,
    run: (key, command) => {
      let operation = 'NONE'
      const named = nameCommands((name) => {
        operation = name
      })
      return noting(
        () => operation,
        () => redis.run(key, (commands) => command(named(commands))),
      )
    },
    publish: (channel, message) =>
      noting(
        () => 'PUBLISH',
        () => redis.publish(channel, message),
      ),
  }
}

/** The same commands; `name` hears which one is given. */
const nameCommands =
  (name: (command: string) => void) =>
  (commands: RedisCommands): RedisCommands =>
    new Proxy(commands, {
      get(target, property) {
        const command: unknown = Reflect.get(target, property)
        if (typeof command !== 'function') return command
        name(String(property).toUpperCase())
        return command.bind(target)
      },
    })
