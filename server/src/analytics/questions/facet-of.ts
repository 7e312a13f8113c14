import type { Asked } from './asked.ts'

/** The facet that `groupBy` names; above apps revisions are counted by what they were worth. */
export const facetOf = ({ appId }: Pick<Asked, 'appId'>, groupBy: string): string =>
  appId === null && groupBy === 'revision' ? 'adoption' : groupBy
