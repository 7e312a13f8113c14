import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands for the analytics service. */
export interface Shipments {
  url: string
  count(): number
  bytes(): number
  close(): void
}

/** Takes what gateways have counted, and answers as the analytics service does. */
export const takeShipments = async (): Promise<Shipments> => {
  let [count, bytes] = [0, 0]
  const server = createServer((request, response) => {
    const isShipment = request.method === 'POST'
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => {
      response.writeHead(isShipment ? 204 : 200).end()
      if (isShipment) count += 1
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    bytes: () => bytes,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
