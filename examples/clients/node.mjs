// Keeps an app's config on a Node, Bun or Deno server: node examples/clients/node.mjs [appId]
import { readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `config()` is the newest config known (null before the first success ever); `refresh()` never throws and says
 * what happened. Validator and body live in ONE file, so they can't come apart; the last known good never expires.
 */
export const openConfig = async ({ server, appId, directory = tmpdir(), timeoutMs = 5000 }) => {
  const file = join(directory, `parasol-${appId}.json`)
  const url = `${server}/v1/api/config/${encodeURIComponent(appId)}`
  let running

  const lastKnown = async () => {
    try {
      const found = JSON.parse(await readFile(file, 'utf8'))
      return found.url === url ? found : null
    } catch {
      return null // absent or broken: as on the very first start
    }
  }
  let kept = await lastKnown()

  const ask = async () => {
    const headers = kept?.etag ? { 'If-None-Match': kept.etag } : {}
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) })
    if (answer.status === 304) return 'current'
    if (!answer.ok) return `kept the old one: the server answered ${answer.status}`
    const config = await answer.json()
    if (typeof config?.data !== 'object') return 'kept the old one: the answer is not a config'
    kept = { url, etag: answer.headers.get('etag'), config }
    return save().then(
      () => 'new',
      (error) => `new, but not saved: ${error.message}`,
    )
  }
  const save = async () => {
    await writeFile(`${file}.${process.pid}`, JSON.stringify(kept))
    await rename(`${file}.${process.pid}`, file) // a crash leaves the old file or the new one
  }
  const once = () => ask().catch((error) => `kept the old one: ${error.message}`)

  return {
    config: () => kept?.config ?? null,
    refresh: () => {
      running ??= once().finally(() => {
        running = undefined
      })
      return running
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const server = process.env.PARASOL_URL ?? 'http://localhost:8080'
  const remote = await openConfig({ server, appId: process.argv[2] ?? 'shop' })
  const outcome = await remote.refresh()
  process.stdout.write(`${outcome}: config ${remote.config()?.configVersion ?? 'not known yet'}\n`)
}
