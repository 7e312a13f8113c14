import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testEnvironment } from '../environment.ts'

/** A server program on this machine. */
export interface Binary {
  folder: string
  version: number
}

interface Wanted {
  /** Programs that must lie in one folder; the first one tells its version. */
  programs: string[]
  atLeast: number
  debianPackage: string
  title: string
}

const wanted = {
  postgres: {
    programs: ['postgres', 'initdb'],
    atLeast: 15,
    debianPackage: 'postgresql',
    title: 'PostgreSQL 15 or newer',
  },
  redis: { programs: ['redis-server'], atLeast: 7, debianPackage: 'redis-server', title: 'Redis 7 or newer' },
} satisfies Record<string, Wanted>

const subfolders = (parent: string, pattern: RegExp, below: string): string[] =>
  existsSync(parent)
    ? readdirSync(parent)
        .filter((name) => pattern.test(name))
        .map((name) => join(parent, name, below))
    : []

const folders = (): string[] => [
  ...testEnvironment.path.split(':').filter((folder) => folder !== ''),
  ...subfolders('/usr/lib/postgresql', /^\d+$/, 'bin'),
  ...subfolders('/usr', /^pgsql-\d+$/, 'bin'),
  ...['/opt/homebrew', '/usr/local'].flatMap((prefix) => [
    join(prefix, 'bin'),
    ...subfolders(join(prefix, 'opt'), /^(postgresql|redis)(@|$)/, 'bin'),
  ]),
  '/usr/local/pgsql/bin',
]

const versionOf = (program: string): number => {
  try {
    const line = execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(/(?:v=|\) )(\d+)/.exec(line)?.[1] ?? 0)
  } catch {
    return 0
  }
}

const look = (want: Wanted): Binary | undefined =>
  [...new Set(folders())]
    .filter((folder) => want.programs.every((program) => existsSync(join(folder, program))))
    .map((folder) => ({ folder, version: versionOf(join(folder, want.programs[0] ?? '')) }))
    .filter((binary) => binary.version >= want.atLeast)
    .toSorted((a, b) => b.version - a.version)[0]

/** Keeps a package from starting its service on the standard port while `install` runs. */
const withoutServices = (install: () => void): void => {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
}

const installOnDebian = (want: Wanted): void => {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return
  console.log(
    `tests: installing the Debian package ${want.debianPackage}, because this machine has no ${want.title}`,
  )
  const apt = (...args: string[]) =>
    execFileSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { ...testEnvironment.whole(), DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  try {
    apt('update')
    withoutServices(() => apt('install', '-y', '--no-install-recommends', want.debianPackage))
  } catch (error) {
    const lines = error instanceof Error ? error.message.trim().split('\n') : []
    console.error(`tests: that failed: ${lines.at(-1)}`)
  }
}

/**
 * Finds the newest fitting server program: on PATH and in the usual folders of Debian, Red Hat, Homebrew and source
 * builds. Root on Debian installs a missing one. Throws one line that says what to install.
 */
export const findBinary = (kind: keyof typeof wanted): Binary => {
  const want: Wanted = wanted[kind]
  const found = look(want)
  if (found !== undefined) return found
  installOnDebian(want)
  const installed = look(want)
  if (installed !== undefined) return installed
  throw new Error(`the tests need ${want.title}: install it (Debian: apt-get install ${want.debianPackage})`)
}
