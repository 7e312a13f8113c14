/**
 * How services meet: the neighbour's `fetch` when it lives in this process, an HTTP call when it does not.
 * An answer that needs no waiting is returned as it is: that keeps a cached read free of promises.
 */
export type Peer = (request: Request) => Response | Promise<Response>
