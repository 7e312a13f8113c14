import type { Kysely } from 'kysely'
import { ensurePartition } from '../../platform/database/partitions.ts'
import type { Tables } from '../../platform/database/tables.ts'
import { type Level, partitionOf, tableOf } from './levels.ts'

/** Makes the partition that a minute, hour or day goes into, where it is not there. */
export const makePartition = (db: Kysely<Tables>, level: Level, at: number): Promise<void> =>
  ensurePartition(db, tableOf(level), partitionOf(level, at))
