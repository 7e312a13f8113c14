const { env } = process

/** The only reader of the environment among the tests; what each variable is for stands in CONTRIBUTING.md. */
export const testEnvironment = {
  /** The long form of every test that has one. */
  campaign: env.CAMPAIGN === '1',
  /** What the nodes of the fault tests run on. */
  faultsOn: env.FAULTS_ON === 'bun' ? 'bun' : 'node',
  /** Servers of the suite's own, whatever there is on the standard ports. */
  ownServers: env.TEST_OWN_SERVERS === '1',
  /** Servers to use; empty: not named. */
  named: { TEST_DATABASE_URL: env.TEST_DATABASE_URL ?? '', TEST_REDIS_URL: env.TEST_REDIS_URL ?? '' },
  /** Threads that file operations have in this process. */
  fileThreads: Number(env.UV_THREADPOOL_SIZE ?? 4),
  path: env.PATH ?? '',
  /** As the operating system's own programs need it. */
  whole: (): NodeJS.ProcessEnv => ({ ...env }),
  /** Of ours, what a started program gets too. */
  passedOn: (): Record<string, string> =>
    Object.fromEntries(
      ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => {
        const value = env[name]
        return value === undefined ? [] : [[name, value] as const]
      }),
    ),
  /** A folder that all test processes of a run share: made by the first one, and inherited by those it starts. */
  runFolder: (make: () => string): string => {
    env.PARASOL_TEST_RUN_FOLDER ??= make()
    return env.PARASOL_TEST_RUN_FOLDER
  },
} as const
