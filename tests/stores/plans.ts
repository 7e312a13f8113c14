import { CompiledQuery, createQueryId, type Kysely, type KyselyPlugin, type RootOperationNode } from 'kysely'
import type { Tables } from '../../server/src/platform/database/tables.ts'

/** A step of a plan, as `explain (format json)` tells it. */
export interface PlanStep {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Rows Removed by Filter'?: number
  Plans?: PlanStep[]
}

const stepsOf = (step: PlanStep): PlanStep[] => [step, ...(step.Plans ?? []).flatMap(stepsOf)]

/** Runs `work`, then each of its statements once more to learn how the database did it: the steps of all of them. */
export const plansOf = async (
  db: Kysely<Tables>,
  work: (db: Kysely<Tables>) => Promise<unknown>,
): Promise<PlanStep[]> => {
  const statements: RootOperationNode[] = []
  const listen: KyselyPlugin = {
    transformQuery: ({ node }) => {
      statements.push(node)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  await work(db.withPlugin(listen))
  const steps: PlanStep[] = []
  for (const statement of statements) {
    const { sql, parameters } = db.getExecutor().compileQuery(statement, createQueryId())
    const { rows } = await db.executeQuery<{ 'QUERY PLAN': { Plan: PlanStep }[] }>(
      CompiledQuery.raw(`explain (analyze, format json) ${sql}`, [...parameters]),
    )
    steps.push(...rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => stepsOf(Plan))))
  }
  return steps
}

const rowsOf = (step: PlanStep): number =>
  ((step['Actual Rows'] ?? 0) + (step['Rows Removed by Filter'] ?? 0)) * (step['Actual Loops'] ?? 1)

/** The most rows that any one step took or threw away: a plan that reads everything shows here. */
export const mostRows = (steps: readonly PlanStep[]): number => Math.max(...steps.map(rowsOf))

/** The tables that are read from end to end. */
export const scannedWhole = (steps: readonly PlanStep[]): string[] =>
  steps.filter((step) => step['Node Type'] === 'Seq Scan').map((step) => step['Relation Name'] ?? '')
