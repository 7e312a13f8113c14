import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface AdminToken {
  token: string
  /** Where it comes from: the settings, a file kept by an earlier start, or made just now. */
  origin: 'settings' | 'file' | 'made'
  path: string | null
}

/** The admin token: the one of the settings, else the one in `<dataDir>/admin-token` (mode 0600), made at the first start. */
export const openAdminToken = async (given: string | undefined, dataDir: string): Promise<AdminToken> => {
  if (given) return { token: given, origin: 'settings', path: null }
  const path = join(dataDir, 'admin-token')
  await mkdir(dataDir, { recursive: true })
  const token = `parasol_${randomBytes(24).toString('base64url')}`
  try {
    await writeFile(path, `${token}\n`, { mode: 0o600, flag: 'wx' })
    return { token, origin: 'made', path }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const kept = (await readFile(path, 'utf8')).trim()
  if (kept.length < 16)
    throw new Error(`${path} holds no token. Delete it, and the next start makes a new one.`)
  await chmod(path, 0o600)
  return { token: kept, origin: 'file', path }
}
