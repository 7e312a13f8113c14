import { type IncomingHttpHeaders, request } from 'node:http'
import { parseEvents, type Told } from '../../server/src/platform/http/parse-events.fixture.ts'

/** A stream of events that somebody listens to, on a connection of its own. */
export interface Listening {
  status: number
  headers: IncomingHttpHeaders
  /** The next block that is no comment; undefined once the stream has ended properly. Rejects where it was broken off. */
  next(): Promise<Told | undefined>
  /** All until one has this id, which is the last. */
  until(id: number): Promise<Told[]>
  leave(): void
}

/** Begins to listen; resolves with the head of the answer, whatever it is. */
export const listen = (url: string, headers: Record<string, string> = {}): Promise<Listening> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { agent: false, headers }, (incoming) => {
      const parse = parseEvents()
      const told: Told[] = []
      let wake = Promise.withResolvers<void>()
      incoming.setEncoding('utf8').on('data', (text: string) => {
        told.push(...parse(text).filter(({ isBeat }) => !isBeat))
        wake.resolve()
      })
      incoming.on('close', () => wake.resolve()).on('error', () => {})
      const next = async (): Promise<Told | undefined> => {
        while (told.length === 0) {
          if (incoming.complete) return undefined
          if (incoming.destroyed) throw new Error('the stream was broken off')
          await wake.promise
          wake = Promise.withResolvers<void>()
        }
        return told.shift()
      }
      const until = async (id: number): Promise<Told[]> => {
        const all: Told[] = []
        for (let one = await next(); one; one = await next()) {
          all.push(one)
          if (one.id === id) return all
        }
        throw new Error(`the stream has ended without ${id}`)
      }
      const { statusCode: status = 0, headers: answered } = incoming
      resolve({ status, headers: answered, next, until, leave: () => void asked.destroy() })
    })
    asked.on('error', reject)
    asked.end()
  })
