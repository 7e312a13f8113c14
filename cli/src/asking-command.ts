import type { Client } from './client.ts'
import {
  type Command,
  type CommandSpec,
  defineCommand,
  exitCodes,
  type Given,
  type Options,
} from './command.ts'
import { connect, connectionOptions } from './connect.ts'
import { openPrint, type Print } from './output/print.ts'
import { inOptions, Refusal } from './refusal.ts'

type Connected = typeof connectionOptions

/** What a command that asks a server works with. */
export interface Session {
  client: Client
  print: Print
}

/** Declares a command that asks a server: beside its own options it takes those of the connection, and --json. */
export const defineAskingCommand = <const O extends Options, const P extends readonly string[]>(
  spec: CommandSpec<O, P> & {
    /** how long an answer may take unless --timeout says otherwise; 30 where it is not told */
    timeoutSeconds?: number
    /** Resolves with the exit code; with nothing for 0. */
    run: (given: Given<O & Connected, P>, session: Session) => Promise<number | undefined>
  },
): Command => {
  const options: O & Connected = { ...spec.options, ...connectionOptions } as O & Connected
  return defineCommand<O & Connected, P>({
    ...spec,
    options,
    run: async (given) => {
      const { url, timeout, json, 'token-file': tokenFile } = given as Given<Connected, []>
      const timeoutSeconds = timeout ?? spec.timeoutSeconds ?? 30
      const client = await connect({ url, timeoutSeconds, 'token-file': tokenFile })
      const ran = spec.run(given, { client, print: openPrint(json) }).catch((error: unknown) => {
        if (error instanceof Refusal) error.message = inOptions(error.message, Object.keys(options))
        throw error
      })
      return (await ran) ?? exitCodes.done
    },
  })
}
