import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { TlsOptions } from './listener.ts'

/** A certificate or key that cannot be used; the message says which file, and how to go on. */
export class CertificateProblem extends Error {
  override name = 'CertificateProblem'
}

export interface Certificate {
  cert: string
  key: string
}

const everyMsUsually = 5_000

const read = async (path: string, setting: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
    throw new CertificateProblem(`${setting} is ${path}, but ${why}.`, { cause })
  }
}

const parse = <T>(make: () => T, path: string, setting: string, what: string): T => {
  try {
    return make()
  } catch (cause) {
    throw new CertificateProblem(`${setting} is ${path}, but that file holds no ${what} in PEM.`, { cause })
  }
}

/** Both files, which must belong together. Throws {@link CertificateProblem}. */
export const readCertificate = async (files: Pick<TlsOptions, 'cert' | 'key'>): Promise<Certificate> => {
  const cert = await read(files.cert, 'PARASOL_TLS_CERT')
  const key = await read(files.key, 'PARASOL_TLS_KEY')
  const certificate = parse(() => new X509Certificate(cert), files.cert, 'PARASOL_TLS_CERT', 'certificate')
  const privateKey = parse(
    () => createPrivateKey(key),
    files.key,
    'PARASOL_TLS_KEY',
    'private key without a passphrase',
  )
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new CertificateProblem(
      `The private key in ${files.key} (PARASOL_TLS_KEY) does not belong to the certificate in ${files.cert} (PARASOL_TLS_CERT). ` +
        'Where the file holds several certificates, that of this server stands first.',
    )
  }
  // The first certificate was looked at; this reads those behind it too.
  parse(() => createSecureContext({ cert, key }), files.cert, 'PARASOL_TLS_CERT', 'chain of certificates')
  return { cert, key }
}

/**
 * Looks at both files again and again, because whoever renews them tells nobody, and hands changed ones to `use`. Files that do
 * not belong together, as between two writes, are told once and looked at again.
 */
export const watchCertificate = (
  options: TlsOptions,
  inUse: Certificate,
  use: (certificate: Certificate) => void,
): (() => void) => {
  let now = inUse
  let told = ''
  const look = async (): Promise<void> => {
    try {
      const next = await readCertificate(options)
      told = ''
      if (next.cert === now.cert && next.key === now.key) return
      use(next)
      now = next
      options.onReload()
    } catch (error) {
      const message = String(error)
      if (message !== told) options.onReload(error)
      told = message
    }
  }
  const timer = setInterval(look, options.everyMs ?? everyMsUsually)
  timer.unref()
  return () => clearInterval(timer)
}
