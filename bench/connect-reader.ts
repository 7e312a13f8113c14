import { Agent, get } from 'node:http'

export interface Reader {
  /** Throws for any status but 200. */
  get(path: string): Promise<{ body: string }>
  close(): void
}

/** Reads over a few connections that stay open. */
export const connectReader = (url: string, connections: number): Reader => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    get: (path) =>
      new Promise((resolve, reject) => {
        const request = get(url + path, { agent }, (response) => {
          let body = ''
          response.setEncoding('utf8')
          response.on('data', (text: string) => {
            body += text
          })
          response.on('end', () => {
            if (response.statusCode === 200) resolve({ body })
            else reject(new Error(`GET ${path} was answered with ${response.statusCode}: ${body}`))
          })
        })
        request.on('error', reject)
      }),
    close: () => agent.destroy(),
  }
}
