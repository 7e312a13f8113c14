import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of the test's own, on a free port; `close` cuts what is open. */
export interface Backend {
  url: string
  server: Server
  close(): void
}

export const startBackend = async (listener: RequestListener): Promise<Backend> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, close }
}
