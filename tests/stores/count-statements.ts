import type { Kysely, KyselyPlugin } from 'kysely'

/** A handle of the same database that counts what is asked through it. */
export const countStatements = <Tables>(
  db: Kysely<Tables>,
): { db: Kysely<Tables>; count(): number; take(): number } => {
  let count = 0
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      count += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return {
    db: db.withPlugin(plugin),
    /** Those since the last time they were taken. */
    count: () => count,
    /** Those since the last time this was asked. */
    take: () => {
      const taken = count
      count = 0
      return taken
    },
  }
}
