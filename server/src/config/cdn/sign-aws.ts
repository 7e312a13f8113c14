import { createHash, createHmac } from 'node:crypto'
import type { PurgeRequest } from './cdn.ts'

export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  /** Of credentials that end. */
  sessionToken?: string | undefined
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/**
 * A request with the headers of AWS Signature Version 4: all that it has and `Host` are signed. Its address has no query, and a
 * path that needs no escapes. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const signAws = (
  request: PurgeRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service, at }: { region: string; service: string; at: Date },
): PurgeRequest => {
  const { host, pathname } = new URL(request.url)
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '')
  const headers = {
    ...request.headers,
    'X-Amz-Date': time,
    ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
  }
  const signed = Object.entries({ ...headers, Host: host })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const lines = signed.map(([name, value]) => `${name}:${value}\n`).join('')
  const canonical = [request.method, pathname, '', lines, names, sha256(request.body ?? '')].join('\n')
  const scope = [time.slice(0, 8), region, service, 'aws4_request']
  const key = scope.reduce<string | Buffer>((from, part) => hmac(from, part), `AWS4${secretAccessKey}`)
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n')
  const signature = hmac(key, text).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.join('/')}, SignedHeaders=${names}, Signature=${signature}`
  return { ...request, headers: { ...headers, Authorization: authorization } }
}
