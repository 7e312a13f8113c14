import type { FleetReleaseMade, FleetResult } from '../../../contract/fleet.ts'
import { changesText } from '../config/diff-text.ts'
import { tableText } from '../output/table.ts'

/** As many as a person looks through; programs get all. */
const shownMost = 200

const changeOf = ({ previousVersion, configVersion }: FleetResult): string =>
  `${previousVersion ?? 'nothing'} -> ${configVersion ?? 'nothing'}`

const tableOf = (results: readonly FleetResult[]): string =>
  tableText(results, [
    { head: 'APP', of: (row) => row.appId },
    { head: 'CHANNEL', of: (row) => row.channel },
    { head: 'RESULT', of: (row) => row.result },
    { head: 'VERSION', of: changeOf },
    { head: 'REVISION', of: (row) => row.revision },
    { head: 'STEP', of: (row) => row.diff?.bump },
    { head: 'PROBLEM', of: (row) => row.problem?.detail },
  ])

const countsOf = (results: readonly FleetResult[]): string =>
  (['released', 'unchanged', 'refused'] as const)
    .map((result) => `${results.filter((row) => row.result === result).length} ${result}`)
    .join(', ')

/** What became, or would become, of each app; the refused ones first. */
export const resultsText = (made: FleetReleaseMade, options: { withDiffs: boolean }): string => {
  const refused = made.results.filter(({ result }) => result === 'refused')
  const rows = [...refused, ...made.results.filter(({ result }) => result !== 'refused')]
  const shown = rows.slice(0, shownMost)
  const more =
    rows.length > shown.length ? [`... and ${rows.length - shown.length} more: --json tells all.`] : []
  const diffs = options.withDiffs
    ? shown.flatMap(({ appId, diff }) => (diff?.text ? [`\n${appId}\n${changesText(diff.text)}`] : []))
    : []
  return [tableOf(shown), ...more, ...diffs, '', summaryOf(made)].join('\n')
}

const summaryOf = ({ fleetReleaseId, rolloutId, results }: FleetReleaseMade): string => {
  if (fleetReleaseId === null) return `Dry run, nothing was done: ${countsOf(results)}.`
  const rollout = rolloutId === null ? '' : ` In stages: parasol rollouts show ${rolloutId}`
  return `Fleet release ${fleetReleaseId}: ${countsOf(results)}.${rollout}`
}
